// What the SDK alone takes to start: a connection, or a worker with the same bundle of workflows.
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';

const { role, address, taskQueue } = JSON.parse(process.argv[2]);
const connection = await NativeConnection.connect({ address });
// The SDK's own handler waits for workers.
process.on('SIGTERM', () => process.exit(0));
if (role === 'api') {
  await new Client({ connection }).workflowService.getSystemInfo({});
  console.log('ready');
  setInterval(() => {}, 60_000);
} else {
  const codePath = fileURLToPath(new URL('../dist/workflow-bundle.js', import.meta.url));
  const worker = await Worker.create({ connection, taskQueue, workflowBundle: { codePath } });
  const run = worker.run();
  console.log('ready');
  await run;
}
