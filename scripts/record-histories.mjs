// Records the history of each sample workflow, as the code is now, into test/histories/<name>.json. Run it once
// per release, after `npm run build`, under a new prefix; what is recorded stays, and the tests replay all of it
// against the code of the day.
//
//   node scripts/record-histories.mjs [prefix]
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { hostname, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(join(root, 'package.json'));
const { Client } = require('@temporalio/client');
const { createActivities } = require('./dist/activities/index.js');
const { bundleWorkflowCode, NativeConnection, Runtime, DefaultLogger } = require('@temporalio/worker');
const { TaskBridge } = require('./dist/bridge/bridge.js');
const { loadAgents } = require('./dist/config/load-agents.js');
const { startDevServer } = require('./dist/temporal/dev-server.js');
const { findTemporalCli } = require('./dist/temporal/temporal-cli.js');
const { createA2AWorker } = require('./dist/temporal/worker.js');

const ORDER = { customer: 'Ada', items: [{ sku: 'pen', quantity: 2, unitPrice: 1.5 }] };

const CONTINUING = [
  { working: 'first run', metadata: { run: 1 } },
  { chunks: { artifactId: 'a', texts: ['1', '2'] } },
  { sleep: 10 },
  { continueAsNew: true },
  { artifact: { artifactId: 'b', text: 'x' } },
  { ask: 'more?' },
  { complete: { text: 'end', message: 'bye' } },
];

/** What is sent to each agent, message after message. */
const CONVERSATIONS = {
  echo: ['echo', [{ text: 'hello' }]],
  ticker: ['ticker', [{ data: { count: 3, intervalMs: 20 } }]],
  'ticker-rejected': ['ticker', [{ data: { count: 0 } }]],
  interview: ['interview', [{ text: 'twice' }], [{ text: 'Ada' }], [{ text: 'green' }]],
  invoice: ['invoice', [{ data: ORDER }]],
  'invoice-failed': ['invoice', [{ data: { customer: 'Ada' } }]],
  // Of the tests' own workflow, which can do everything that a2aTask() offers.
  'continued-as-new': ['script', [{ data: { steps: CONTINUING } }], [{ text: 'yes' }]],
};

const prefix = process.argv[2] ?? '';
const directory = join(root, 'test/histories');
mkdirSync(directory, { recursive: true });
Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: [] });

const samples = loadAgents(join(root, 'agents.yaml'));
const script = { ...samples[0], id: 'script', workflow: { ...samples[0].workflow, type: 'script' } };
const agents = [...samples, script];
const taskQueue = agents[0].workflow.taskQueue;
const onProgress = (line) => console.error(line);
const { path: cli } = await findTemporalCli({ onProgress });
const server = await startDevServer({ binary: cli });
try {
  const connection = await NativeConnection.connect({ address: server.address });
  const client = new Client({ connection });
  const worker = await createA2AWorker({
    connection,
    taskQueue,
    agents,
    workflowBundle: await bundle(),
    activities: createActivities({ agents }),
  });
  const bridge = new TaskBridge({ client });
  await worker.runUntil(async () => {
    for (const [name, [agentId, ...messages]] of Object.entries(CONVERSATIONS)) {
      const taskId = await converse(bridge, name, agentId, messages);
      const path = join(directory, `${prefix}${name}.json`);
      writeFileSync(path, show(taskId));
      console.log(path);
    }
  });
  bridge.close();
  await connection.close();
} finally {
  await server.stop();
}

/** The history in Temporal's own JSON, without what tells of this machine and matters to no replay. */
function show(workflowId) {
  const args = [
    'workflow',
    'show',
    '--address',
    server.address,
    '--workflow-id',
    workflowId,
    '--output',
    'json',
  ];
  const history = JSON.parse(
    execFileSync(cli, args, { encoding: 'utf8', maxBuffer: 2 ** 26 }),
    (key, value) => (['identity', 'stackTrace'].includes(key) ? undefined : value),
  );
  return `${JSON.stringify(history, null, 1).replaceAll(hostname(), 'recorder')}\n`;
}

/** As the tests bundle them. */
async function bundle() {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, 'test/support/workflows.ts'),
    workflowInterceptorModules: [join(root, 'src/workflows/interceptors.ts')],
  });
  const path = join(mkdtempSync(join(tmpdir(), 'histories-')), 'workflow-bundle.js');
  writeFileSync(path, code);
  return path;
}

/** Sends the messages one after the other; the ID of their task. */
async function converse(bridge, name, agentId, messages) {
  const agent = agents.find(({ id }) => id === agentId);
  let taskId;
  for (const [index, parts] of messages.entries()) {
    const message = { messageId: `${name}-${index}`, role: 'ROLE_USER', parts, ...(taskId && { taskId }) };
    const { task } = await bridge.sendMessage({ message }, { agent, owner: 'recorder' });
    taskId = task.id;
  }
  return taskId;
}
