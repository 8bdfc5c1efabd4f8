// One process of the bench: the API, a worker, or both, put together as `src/cli/serve.ts` does it. Its parent
// tells it what to be, and asks it things over the IPC channel.
import { fileURLToPath } from 'node:url';
import activities from '../dist/activities/index.js';
import app from '../dist/api/app.js';
import server from '../dist/api/server.js';
import bridges from '../dist/bridge/bridge.js';
import logging from '../dist/cli/logger.js';
import connecting from '../dist/temporal/connection.js';
import runtime from '../dist/temporal/runtime.js';
import pushWorkers from '../dist/worker/push-worker.js';
import workers from '../dist/worker/worker.js';
import { tickers } from './activities.mjs';
import { benchAgents } from './lib/agents.mjs';
import { answerParent } from './lib/ipc.mjs';
import { memoryInUse } from './lib/measure.mjs';

const { role, address, taskQueue, workflowSlots } = JSON.parse(process.argv[2]);
const agents = benchAgents(taskQueue);
const pushTaskQueue = pushWorkers.pushTaskQueue(taskQueue);
const remote = { outboundAllow: ['127.0.0.1/32'] };
const logger = logging.createLogger({ logLevel: 'info' });
runtime.installRuntime(logger);
const temporal = await connecting.connectTemporal({
  address,
  namespace: 'default',
  connectionOptions: { address },
});
const polls = countLongPolls(temporal.connection.workflowService);
const rpcs = countCalls(temporal.connection.workflowService);
const parts = [];
let url;

if (role !== 'api') {
  const worker = await workers.createA2AWorker({
    connection: temporal.connection,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('workflows.js', import.meta.url)),
    activities: { ...activities.createActivities({ agents, remote }), ...tickers },
    push: remote,
    maxConcurrentWorkflowTaskExecutions: workflowSlots,
  });
  const run = worker.run();
  parts.push(async () => {
    worker.shutdown();
    await run;
  });
}
if (role !== 'worker') {
  const operations = new bridges.TaskBridge({
    client: temporal.client,
    eagerTaskQueues: role === 'both' ? [taskQueue] : [],
    push: { taskQueue: pushTaskQueue, ...remote },
  });
  const listening = await server.startServer(
    app.createApp({
      agents,
      operations,
      logger,
      maxStreamsPerCaller: 100_000,
      authenticate: ({ header }) => header('x-owner') || 'anonymous',
    }),
    {
      host: '127.0.0.1',
      port: 0,
    },
  );
  ({ url } = listening);
  parts.push(async () => {
    await listening.close(500);
    operations.close();
  });
}

answerParent({
  longPolls: () => polls.open,
  rpcs: () => ({ ...rpcs }),
  memory: memoryInUse,
  async stop() {
    for (const part of parts.reverse()) await part();
    await temporal.connection.close();
    // After the answer has left; profiles are written on the way out.
    setTimeout(() => process.exit(0), 20);
  },
});
process.send({ ready: { url } });

/** History long polls that this process holds, whoever in it asks. */
function countLongPolls(service) {
  const counter = { open: 0 };
  const original = service.getWorkflowExecutionHistory;
  service.getWorkflowExecutionHistory = async function (request) {
    if (request.waitNewEvent !== true) return original.call(this, request);
    counter.open += 1;
    try {
      return await original.call(this, request);
    } finally {
      counter.open -= 1;
    }
  };
  return counter;
}

/** Calls by name, of those that reads make. */
function countCalls(service) {
  const counts = {};
  for (const name of ['getWorkflowExecutionHistory', 'describeWorkflowExecution', 'queryWorkflow']) {
    const original = service[name];
    service[name] = function (...args) {
      counts[name] = (counts[name] ?? 0) + 1;
      return original.apply(this, args);
    };
  }
  return counts;
}
