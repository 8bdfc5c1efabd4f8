// Records the history of each sample workflow, as the code is now, into test/histories/<version>/<name>.json. Run
// it once per release, after `npm run build`; what is recorded stays (a file that is there is not written again),
// and the tests replay all of it against the code of the day.
//
//   node scripts/record-histories.mjs [version]     the one in package.json unless named
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(join(root, 'package.json'));
const { Client } = require('@temporalio/client');
const { pino } = require('pino');
const { createActivities } = require('./dist/activities/index.js');
const { bundleWorkflowCode, NativeConnection, Runtime, DefaultLogger } = require('@temporalio/worker');
const { createApp } = require('./dist/api/app.js');
const { startServer } = require('./dist/api/server.js');
const { TaskBridge } = require('./dist/bridge/bridge.js');
const { agentsFile } = require('./dist/config/agents-file.js');
const { loadAgents } = require('./dist/config/load-agents.js');
const { startDevServer } = require('./dist/dev-server/dev-server.js');
const { findTemporalCli } = require('./dist/dev-server/temporal-cli.js');
const { createA2AWorker } = require('./dist/worker/worker.js');

// The server that plays the model is one of the tests, and so written in TypeScript.
require.extensions['.ts'] = (module, path) => {
  const jsc = { target: 'es2022', parser: { syntax: 'typescript' } };
  const options = { filename: path, swcrc: false, jsc, module: { type: 'commonjs' } };
  module._compile(require('@swc/core').transformSync(readFileSync(path, 'utf8'), options).code, path);
};
const { startFakeOpenAI } = require('./test/model/fake-openai.ts');

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

/** A chain that does all that chains do. */
const TOUR = {
  steps: [
    { name: 'left_out', agent: 'echo', when: '{% false %}' },
    { name: 'failing', agent: 'invoice', message: 'no data', onError: 'continue' },
    {
      name: 'retried',
      agent: 'script',
      message: { steps: [{ fail: 'no luck' }] },
      retry: { maximumAttempts: 2, initialInterval: '10ms' },
      onError: 'echo',
    },
    {
      name: 'each',
      forEach: '{% $input.items %}',
      concurrency: 2,
      steps: [
        { name: 'inner', agent: 'echo', message: '{% $index %}: {% $item %}' },
        { name: 'outer', agent: 'echo', message: '{% $steps.inner.text & "!" %}' },
      ],
    },
    {
      name: 'both',
      parallel: [
        { name: 'asks', agent: 'interview', message: 'Hello' },
        { name: 'counts', agent: 'ticker', message: '3 every 20ms', timeout: '1m' },
      ],
    },
  ],
  result: {
    each: '{% $steps.each.text %}',
    name: '{% $steps.asks.text %}',
    error: '{% $steps.failing.error %}',
  },
};

const CALLS = {
  atOnce: true,
  calls: [
    { to: 'interview', say: 'Hello' },
    { to: 'ticker', say: '3 every 20ms' },
    { to: 'invoice', say: [{ data: ORDER }] },
  ],
};

/** A model that calls agents at once, asks, and answers; the last one is held to its limit of turns. */
const MODEL_TURNS = [
  {
    text: ['Let me see.'],
    calls: [
      { name: 'echo', arguments: { message: 'hello' } },
      { name: 'interview', arguments: { message: 'Hello' } },
      { name: 'nobody', arguments: {} },
    ],
  },
  { calls: [{ name: 'ask_user', arguments: { question: 'Which color?' } }] },
  { text: ['So be', ' it.'] },
  { calls: [{ name: 'echo', arguments: { message: 'again' } }] },
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
  'calling-agents': ['caller', [{ data: CALLS }], [{ text: 'Ada' }]],
  chain: ['welcome', [{ text: 'Hello!' }], [{ text: 'Ada' }]],
  'chain-tour': ['tour', [{ data: { items: ['a', 'b', 'c'] } }], [{ text: 'Ada' }]],
  model: ['model', [{ text: 'Hi' }], [{ text: 'Ada' }], [{ text: 'green' }]],
  'model-limited': ['brief-model', [{ text: 'Hi' }]],
  proxy: ['front', [{ text: 'twice' }], [{ text: 'Ada' }], [{ text: 'green' }]],
  'proxy-failed': ['front-of-script', [{ data: { steps: [{ working: 'on' }, { reject: 'not mine' }] } }]],
};

const version = process.argv[2] ?? require('./package.json').version;
const directory = join(root, 'test/histories', version);
mkdirSync(directory, { recursive: true });
Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });

const samples = loadAgents(join(root, 'agents.yaml'));
const script = { ...samples[0], id: 'script', workflow: { ...samples[0].workflow, type: 'script' } };
const caller = { ...script, id: 'caller', workflow: { ...script.workflow, type: 'caller' } };
const card = { description: 'For the recorder', skills: [{ id: 's', name: 's', description: 's' }] };
const define = (...agents) => agentsFile.parse({ agents }).agents;
const tour = define({ id: 'tour', name: 'tour', ...card, chain: TOUR });
const agents = [...samples, script, caller, ...tour];
const remote = { outboundAllow: ['127.0.0.0/8'] };
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
    push: remote,
    workflowBundle: await bundle(),
    activities: createActivities({ agents, remote }),
  });
  const bridge = new TaskBridge({ client, push: { taskQueue: `${taskQueue}-push`, ...remote } });
  const logger = pino({ level: 'silent' });
  const api = await startServer(createApp({ agents, operations: bridge, logger }), {
    host: '127.0.0.1',
    port: 0,
  });
  for (const agent of agents.filter(({ definition }) => definition !== undefined)) {
    // The samples call each other at the port that \`npm start\` listens on.
    const json = JSON.stringify(agent.definition).replaceAll('http://127.0.0.1:4000', api.url);
    agent.definition = JSON.parse(json);
  }
  const front = (id, of) => ({ id, name: id, ...card, proxy: { url: `${api.url}/a2a/${of}` } });
  agents.push(...define(front('front', 'interview'), front('front-of-script', 'script')));
  const openai = await startFakeOpenAI();
  openai.answer(...MODEL_TURNS);
  const prompted = (id, more) => ({
    ...{ id, name: id, ...card },
    model: { baseUrl: openai.baseUrl, model: 'fake', tools: ['echo', 'interview'], askUser: true, ...more },
  });
  const known = [prompted('model', {}), prompted('brief-model', { limits: { turns: 1 } })];
  agents.push(...agentsFile.parse({ agents: known }).agents.slice(-2));
  await worker.runUntil(async () => {
    for (const [name, [agentId, ...messages]] of Object.entries(CONVERSATIONS)) {
      const path = join(directory, `${name}.json`);
      if (existsSync(path)) continue;
      const taskId = await converse(bridge, name, agentId, messages);
      writeFileSync(path, show(taskId));
      console.log(path);
    }
    await recordPush(bridge, client, join(directory, 'push.json'));
  });
  await openai.close();
  await api.close(0);
  bridge.close();
  await connection.close();
} finally {
  await server.stop();
}

/** A delivery that ends, one that is deleted, and one that its receiver ends, all of one task. */
async function recordPush(bridge, client, path) {
  if (existsSync(path)) return;
  const receiver = createServer((request, response) => {
    request.resume();
    response.writeHead(request.url === '/gone' ? 410 : 200).end();
  });
  await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${receiver.address().port}`;
  const call = { agent: agents.find(({ id }) => id === 'interview'), owner: 'recorder' };
  const message = { messageId: 'push-0', role: 'ROLE_USER', parts: [{ text: 'Hello' }] };
  const configuration = { taskPushNotificationConfig: { url } };
  const { task } = await bridge.sendMessage({ message, configuration }, call);
  const taskId = task.id;
  await bridge.createTaskPushNotificationConfig({ taskId, id: 'gone', url: `${url}/gone` }, call);
  await bridge.createTaskPushNotificationConfig({ taskId, id: 'deleted', url }, call);
  await bridge.deleteTaskPushNotificationConfig({ taskId, id: 'deleted' }, call);
  const answer = { messageId: 'push-1', role: 'ROLE_USER', parts: [{ text: 'Ada' }], taskId };
  await bridge.sendMessage({ message: answer }, call);
  const more = { messageId: 'push-2', role: 'ROLE_USER', parts: [{ text: 'green' }], taskId };
  await bridge.sendMessage({ message: more }, call).catch(() => {});
  await bridge.cancelTask({ id: taskId }, call).catch(() => {});
  const workflowId = `a2a-push:${taskId}`;
  await client.workflow.getHandle(workflowId).result();
  writeFileSync(path, show(workflowId));
  console.log(path);
  receiver.close();
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
function bundle() {
  return bundleWorkflowCode({
    workflowsPath: join(root, 'test/support/workflows.ts'),
    workflowInterceptorModules: [join(root, 'src/workflows/interceptors.ts')],
  });
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
