import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { progressBar } from '../../src/dev-server/cli/progress-bar';
import { type DevServer, startDevServer } from '../../src/dev-server/dev-server';

declare global {
  var testSupport: { server: DevServer; directory: string };
}

/**
 * For the whole run: one real Temporal dev server in memory (TEST_TEMPORAL_ADDRESS) and the workflows,
 * bundled once from their sources (TEST_WORKFLOW_BUNDLE).
 */
export default async function globalSetup(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'temporal-a2a-test-'));
  const [server, bundle] = await Promise.all([
    startDevServer({
      onProgress: (line) => process.stderr.write(`${line}\n`),
      onDownload: progressBar(),
      // Off unless set, and experimental.
      dynamicConfig: { 'frontend.WorkflowPauseEnabled': true },
    }),
    bundleWorkflows(directory),
  ]);
  globalThis.testSupport = { server, directory };
  process.env.TEST_TEMPORAL_ADDRESS = server.address;
  process.env.TEST_WORKFLOW_BUNDLE = bundle;
}

async function bundleWorkflows(directory: string): Promise<string> {
  const root = join(__dirname, '../..');
  const own = join(root, 'test/support/workflows.ts');
  const { code } = await bundleWorkflowCode({
    workflowsPath: existsSync(own) ? own : join(root, 'src/workflows/index.ts'),
    workflowInterceptorModules: [join(root, 'src/workflows/interceptors.ts')],
    logger: new DefaultLogger('WARN'),
  });
  const path = join(directory, 'workflow-bundle.js');
  await writeFile(path, code);
  return path;
}
