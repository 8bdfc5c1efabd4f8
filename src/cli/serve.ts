import { resolve } from 'node:path';
import type { Logger } from 'pino';
import { createApp } from '../api/app';
import { startServer } from '../api/server';
import { createAuthenticator } from '../auth/authenticator';
import type { Authenticate } from '../auth/caller';
import { TaskBridge } from '../bridge/bridge';
import { CallbackInbox } from '../bridge/callbacks';
import { createPushSigner, type PushSigner } from '../bridge/push-signer';
import type { AgentConfig } from '../config/agents';
import { ConfigError } from '../config/config-error';
import { loadAgents } from '../config/load-agents';
import { assertSafeToServe, type Settings, servedNames } from '../config/settings';
import type { CallbackOptions } from '../contract/callback';
import { progressBar } from '../dev-server/cli/progress-bar';
import { type DevServer, startDevServer } from '../dev-server/dev-server';
import { connectTemporal, readTemporalTarget, type TemporalConnection } from '../temporal/connection';
import { identityOf } from '../temporal/identity';
import { installRuntime } from '../temporal/runtime';
import { ensureSearchAttributes } from '../temporal/search-attributes';
import { pushTaskQueue } from '../worker/push-worker';
import { createA2AWorker } from '../worker/worker';
import { banner } from './banner';
import { deploymentOptions } from './deployment';
import { serveGrpc } from './serve-grpc';
import type { Shutdown } from './shutdown';

/** Time in ms that running calls and activities get when the process stops. */
const GRACE_MS = 3_000;

export interface ServeContext {
  settings: Settings;
  env: NodeJS.ProcessEnv;
  logger: Logger;
  shutdown: Shutdown;
}

/** `start`: Temporal unless there is one, the worker and the API in this process. */
export async function start(context: ServeContext): Promise<void> {
  const { settings, logger } = context;
  const agents = loadAgents(settings.agentsFile);
  assertSafeToServe(settings, agents);
  const authenticate = authenticatorOf(context, agents);
  warnOfIdleWorker(context, agents);
  installRuntime(logger);
  const devServer = hasOwnTemporal(context) ? undefined : await startTemporal(context);
  const temporal = await connect(context, { devServer });
  await startWorker(context, temporal, agents);
  const { url, grpc } = await startApi(context, temporal, { agents, authenticate }, [settings.taskQueue]);
  const database = devServer === undefined ? undefined : settings.dataDir;
  process.stdout.write(banner({ agents, url, grpc, temporal, uiUrl: devServer?.uiUrl, database }));
}

/** `api`: the API alone, for a Temporal that others run. */
export async function api(context: ServeContext): Promise<void> {
  const { settings, logger } = context;
  const agents = loadAgents(settings.agentsFile);
  assertSafeToServe(settings, agents);
  const authenticate = authenticatorOf(context, agents);
  installRuntime(logger);
  const temporal = await connect(context);
  const { url, grpc } = await startApi(context, temporal, { agents, authenticate }, []);
  logger.info({ url, grpc, temporal: temporal.address, agents: agents.map(({ id }) => id) }, 'api is ready');
}

/** `worker`: the worker alone. */
export async function worker(context: ServeContext): Promise<void> {
  const { settings, logger } = context;
  const agents = loadAgents(settings.agentsFile);
  warnOfIdleWorker(context, agents);
  installRuntime(logger);
  const temporal = await connect(context, { role: 'worker' });
  await startWorker(context, temporal, agents);
  logger.info({ temporal: temporal.address, taskQueue: settings.taskQueue }, 'worker is ready');
}

/** Without a worker on their task queue, tasks stay submitted, and nothing else says why. */
function warnOfIdleWorker({ settings, logger }: ServeContext, agents: readonly AgentConfig[]): void {
  const { agentsFile, taskQueue } = settings;
  const queues = new Set(agents.map(({ workflow }) => workflow.taskQueue));
  if (queues.has(taskQueue)) return;
  const theirs = [...queues].map((queue) => JSON.stringify(queue)).join(', ');
  logger.warn(
    `no agent in ${agentsFile} uses ${JSON.stringify(taskQueue)}, the task queue that this worker polls ` +
      `(TASK_QUEUE): their tasks need workers that poll ${theirs}`,
  );
}

/** A profile in the home directory is not enough: `npm start` must not use a shared cluster by accident. */
function hasOwnTemporal({ settings, env }: ServeContext): boolean {
  return [settings.temporalAddress, env.TEMPORAL_PROFILE, env.TEMPORAL_CONFIG_FILE].some(Boolean);
}

async function startTemporal({ settings, logger, shutdown }: ServeContext): Promise<DevServer> {
  const server = await startDevServer({
    dbFile: resolve(settings.dataDir, 'temporal.db'),
    preferredPort: 7233,
    preferredUiPort: 8233,
    ...(settings.temporalNamespace !== undefined && { namespace: settings.temporalNamespace }),
    onProgress: (line) => logger.info(line),
    onDownload: progressBar(),
    signal: shutdown.signal,
  });
  shutdown.add('temporal', () => server.stop());
  shutdown.addLastResort(() => server.kill());
  if (server.adopted)
    logger.info({ address: server.address }, 'using the Temporal dev server that is already running');
  return server;
}

async function connect(
  context: ServeContext,
  { devServer, role = 'api' }: { devServer?: DevServer | undefined; role?: 'api' | 'worker' } = {},
): Promise<TemporalConnection> {
  const { settings, env, logger, shutdown } = context;
  const overrides = { address: settings.temporalAddress, namespace: settings.temporalNamespace };
  const namespace = settings.temporalNamespace ?? 'default';
  const target =
    devServer === undefined
      ? readTemporalTarget(env, overrides)
      : { address: devServer.address, namespace, connectionOptions: { address: devServer.address } };
  const onRetry = (error: Error) => logger.warn(`${error.message}; trying again`);
  const temporal = await connectTemporal(target, {
    onRetry,
    signal: shutdown.signal,
    identity: identityOf(role),
  });
  shutdown.add('connection', () => temporal.connection.close());
  await ensureSearchAttributes(temporal.connection, temporal.namespace);
  return temporal;
}

async function startWorker(
  context: ServeContext,
  temporal: TemporalConnection,
  agents: AgentConfig[],
): Promise<void> {
  const { settings, logger, shutdown } = context;
  shutdown.signal.throwIfAborted();
  const { outboundAllow, pushRetryFor: retryForMs } = settings;
  const signer = await pushSigner(context);
  const workerDeploymentOptions = deploymentOptions(settings);
  const built = await createA2AWorker({
    connection: temporal.connection,
    namespace: temporal.namespace,
    taskQueue: settings.taskQueue,
    agents,
    remote: { outboundAllow, callback: callbackOptions(settings) },
    push: { outboundAllow, retryForMs, signer },
    ...(settings.nexus && { nexus: { owner: settings.nexusOwner } }),
    ...(workerDeploymentOptions !== undefined && { workerDeploymentOptions }),
    shutdownGraceTime: GRACE_MS,
  });
  const run = built.run();
  shutdown.add('worker', async () => {
    if (built.getState() === 'RUNNING') built.shutdown();
    await run;
  });
  run.catch((error: unknown) => {
    if (shutdown.signal.aborted) return;
    logger.error({ err: error }, 'the worker has failed');
    void shutdown.exit(1);
  });
}

/**
 * Undefined when notifications are not signed.
 * @throws ConfigError for a key that cannot be used
 */
async function pushSigner({ settings, env }: ServeContext): Promise<PushSigner | undefined> {
  const { pushSigningKey, publicUrl = 'temporal-a2a' } = settings;
  if (pushSigningKey === undefined) return undefined;
  try {
    return await createPushSigner(pushSigningKey, { issuer: publicUrl, env });
  } catch (error) {
    throw new ConfigError([`PUSH_SIGNING_KEY: ${(error as Error).message}`]);
  }
}

/** Agents can call back only when they are told where, and when they can be told from others. */
function callbackOptions({ publicUrl, callbackSecret }: Settings): CallbackOptions | undefined {
  if (publicUrl === undefined || callbackSecret === undefined) return undefined;
  return { baseUrl: publicUrl, secret: callbackSecret };
}

/** Before anything is started: it says which keys are missing. */
function authenticatorOf({ env, logger }: ServeContext, agents: AgentConfig[]): Authenticate {
  return createAuthenticator(agents, { env, warn: (message) => logger.warn(message) });
}

async function startApi(
  context: ServeContext,
  { client, connection, namespace }: TemporalConnection,
  { agents, authenticate }: { agents: AgentConfig[]; authenticate: Authenticate },
  eagerTaskQueues: string[],
): Promise<{ url: string; grpc: string | undefined }> {
  const { settings, logger, shutdown } = context;
  shutdown.signal.throwIfAborted();
  const signer = await pushSigner(context);
  const bridge = new TaskBridge({
    client,
    eagerTaskQueues,
    logger,
    push: { taskQueue: pushTaskQueue(settings.taskQueue), outboundAllow: settings.outboundAllow },
  });
  bridge.watchWorkers(agents);
  shutdown.add('bridge', () => bridge.close());
  let url = settings.publicUrl ?? '';
  const offered = { agents, operations: bridge, authenticate, logger };
  const grpc = await serveGrpc(settings, { ...offered, url: () => url });
  shutdown.add('grpc', () => grpc?.server.close(GRACE_MS));
  const app = createApp({
    ...offered,
    publicUrl: settings.publicUrl,
    grpc,
    maxBodyBytes: settings.maxBodyBytes,
    jwks: signer?.jwks,
    callbacks:
      settings.callbackSecret === undefined ? undefined : new CallbackInbox(client, settings.callbackSecret),
    health: () =>
      connection.withDeadline(Date.now() + 2_000, () =>
        connection.workflowService.describeNamespace({ namespace }),
      ),
  });
  const { host, port } = settings;
  const server = await startServer(app, { host, port, names: servedNames(settings, agents) });
  // Before the worker: calls that run get their answers while somebody still works on them.
  shutdown.add('api', () => Promise.all([server.close(GRACE_MS), grpc?.server.close(GRACE_MS)]));
  url ||= server.url;
  return { url: server.url, grpc: grpc?.server.address };
}
