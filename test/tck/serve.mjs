// Serves the agents of the compatibility kit: Temporal in memory, a worker, and for each agent the API and gRPC
// on free ports. The program is the built one; only the workflow comes from here.
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { withFreshMessageIds } from './fresh-message-ids.mjs';

const require = createRequire(import.meta.url);
const { createApp } = require('../../dist/api/app.js');
const { startServer } = require('../../dist/api/server.js');
const { TaskBridge } = require('../../dist/bridge/bridge.js');
const { loadAgents } = require('../../dist/config/load-agents.js');
const { EncryptionKeys } = require('../../dist/contract/encryption-keys.js');
const { startGrpcServer } = require('../../dist/grpc/server.js');
const { connectTemporal } = require('../../dist/temporal/connection.js');
const { startDevServer } = require('../../dist/dev-server/dev-server.js');
const { installRuntime } = require('../../dist/temporal/runtime.js');
const { ensureSearchAttributes } = require('../../dist/temporal/search-attributes.js');
const { pushTaskQueue } = require('../../dist/worker/push-worker.js');
const { createA2AWorker } = require('../../dist/worker/worker.js');

/**
 * @param logger pino
 * @param shutdown takes what stops each part; see src/cli/shutdown.ts
 * @param keepMessageIds hand message IDs on as the kit sends them; see fresh-message-ids.mjs
 * @returns the URL at which each agent is the default one, by its ID: the kit's gRPC client names no tenant
 */
export async function serveTck({ logger, shutdown, keepMessageIds = false }) {
  installRuntime(logger);
  const agents = loadAgents(file('agents.yaml'));
  const { taskQueue } = agents[0].workflow;
  const [devServer, workflowBundle] = await Promise.all([
    startTemporal({ logger, shutdown }),
    bundleWorkflow(),
  ]);

  const { address } = devServer;
  const namespace = 'default';
  const { client, connection } = await connectTemporal({
    address,
    namespace,
    connectionOptions: { address },
  });
  shutdown.add('connection', () => connection.close());
  await ensureSearchAttributes(connection, namespace);

  // The kit's webhooks are on this machine.
  const outboundAllow = ['127.0.0.0/8', '::1/128'];
  const sealingKeys = new EncryptionKeys({ tck: randomBytes(32) });
  const worker = await createA2AWorker({
    connection,
    namespace,
    taskQueue,
    workflowBundle,
    push: { outboundAllow, sealingKeys },
  });
  const run = worker.run();
  run.catch((error) => logger.error({ err: error }, 'the worker has failed'));
  shutdown.add('worker', async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await run;
  });

  const bridge = new TaskBridge({
    client,
    eagerTaskQueues: [taskQueue],
    push: { taskQueue: pushTaskQueue(taskQueue), outboundAllow, sealingKeys },
  });
  shutdown.add('bridge', () => bridge.close());
  const operations = keepMessageIds ? bridge : withFreshMessageIds(bridge);
  const urls = {};
  for (const { id } of agents) {
    const own = agents.map((agent) => ({ ...agent, default: agent.id === id }));
    urls[id] = await serve({ agents: own, operations, logger }, shutdown);
  }
  return urls;
}

async function serve(offered, shutdown) {
  const at = { host: '127.0.0.1', port: 0 };
  const grpc = await startGrpcServer(offered, at);
  shutdown.add('grpc', () => grpc.close(1_000));
  const app = createApp({ ...offered, grpc: { url: grpc.address, port: grpc.port } });
  const server = await startServer(app, at);
  shutdown.add('api', () => server.close(1_000));
  return server.url;
}

async function startTemporal({ logger, shutdown }) {
  const server = await startDevServer({ onProgress: (line) => logger.info(line), signal: shutdown.signal });
  shutdown.add('temporal', () => server.stop());
  shutdown.addLastResort(() => server.kill());
  return server;
}

function bundleWorkflow() {
  return bundleWorkflowCode({
    workflowsPath: file('workflow.ts'),
    workflowInterceptorModules: [file('../../src/workflows/interceptors.ts')],
    logger: new DefaultLogger('WARN'),
  });
}

function file(name) {
  return fileURLToPath(new URL(name, import.meta.url));
}
