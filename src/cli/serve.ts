import { resolve } from 'node:path';
import type { DataConverter } from '@temporalio/common';
import type { Audit } from '../audit/audit';
import { authenticatorOf } from '../auth/authenticator';
import type { AgentSet } from '../config/agent-set';
import { exposure } from '../config/exposure';
import type { Settings } from '../config/settings';
import type { CallbackOptions } from '../contract/callback';
import type { EncryptionKeys } from '../contract/encryption-keys';
import { progressBar } from '../dev-server/cli/progress-bar';
import type { DevServer } from '../dev-server/dev-server';
import type { Metrics } from '../metrics/metrics';
import { identityOf } from '../temporal/identity';
import { readTemporalTarget, type TemporalTarget } from '../temporal/target';
import type { Tracing } from '../tracing/tracing';
import { type WatchedAgents, watchAgents } from '../watch-agents';
import { auditLog } from './audit-log';
import { banner } from './banner';
import { codecServerOf } from './codec-server';
import { dataConverterOf } from './data-converter';
import { deploymentOptions } from './deployment';
import { pushSealingKeys, pushSealingKeysOfStart, warnOfUnsealed } from './push-sealing';
import { pushSigner } from './push-signer';
import type { Access } from './serve-api';
import type { ServeContext } from './serve-context';
import type { ServedMetrics } from './serve-metrics';
import type { TemporalLink, WatchedTemporal } from './temporal-link';
import { slotOptions } from './worker-options';

/** What only some commands need, and what takes long to load: most of it, while the dev server is starting. */
const load = {
  api: () => require('./serve-api') as typeof import('./serve-api'),
  worker: () => require('../worker/worker') as typeof import('../worker/worker'),
  tracing: () => require('./serve-tracing') as typeof import('./serve-tracing'),
  link: () => require('./temporal-link') as typeof import('./temporal-link'),
  runtime: () => require('../temporal/runtime') as typeof import('../temporal/runtime'),
  metrics: () => require('./serve-metrics') as typeof import('./serve-metrics'),
  devServer: () => require('../dev-server/dev-server') as typeof import('../dev-server/dev-server'),
};

/** `start`: Temporal unless there is one, the worker and the API in this process. */
export async function start(context: ServeContext): Promise<void> {
  const { settings, shutdown } = context;
  const agents = await agentsOf(context);
  const access = accessTo(agents, context);
  warnOfIdleWorker(context, agents);
  const dataConverter = await dataConverterOf(context);
  const codecServer = codecServerOf(context, dataConverter);
  const tracing = load.tracing().serveTracing(context);
  const served = await load.metrics().serveMetrics(context, agents);
  const audit = await auditLog(context, served?.metrics);
  const devServer = hasOwnTemporal(context) ? undefined : await startTemporal(context);
  const link = linkTo(
    devServer === undefined ? targetOf(context) : targetOfDevServer(devServer, settings),
    context,
    { dataConverter, served },
  );
  const sealingKeys = pushSealingKeysOfStart(context, devServer !== undefined);
  warnOfUnsealed(context, agents.current, sealingKeys);
  const shared = { agents, metrics: served?.metrics, tracing, audit, sealingKeys };
  const startWorker = workerOf(context, shared);
  const api = await load.api().serveApi(context, { ...shared, ...access, codecServer });
  const temporal = await link.connect(shutdown.signal, api.waitFor);
  await startWorker(temporal);
  // A workflow that begins at once begins with this worker, whatever version is current.
  api.begin(temporal, settings.buildId === undefined ? [settings.taskQueue] : []);
  const { url, grpc } = api;
  const database = devServer === undefined ? undefined : settings.dataDir;
  const { uiUrl, cli: temporalCli } = devServer ?? {};
  const features = {
    encryption: settings.encryptionKeys !== undefined,
    'codec server': codecServer !== undefined,
    'external storage': dataConverter?.externalStorage !== undefined,
    metrics: served !== undefined,
    traces: tracing !== undefined,
    'audit log': audit !== undefined,
  };
  process.stdout.write(
    banner({ agents: agents.current, url, grpc, temporal, uiUrl, temporalCli, features, database }),
  );
}

/** `api`: the API alone, for a Temporal that others run. */
export async function api(context: ServeContext): Promise<void> {
  const { logger, shutdown } = context;
  const agents = await agentsOf(context);
  const access = accessTo(agents, context);
  const dataConverter = await dataConverterOf(context);
  const codecServer = codecServerOf(context, dataConverter);
  const tracing = load.tracing().serveTracing(context);
  const served = await load.metrics().serveMetrics(context, agents);
  const audit = await auditLog(context, served?.metrics);
  const sealingKeys = pushSealingKeys(context);
  warnOfUnsealed(context, agents.current, sealingKeys);
  const link = linkTo(targetOf(context), context, { dataConverter, served });
  const shared = { agents, metrics: served?.metrics, tracing, audit, sealingKeys };
  const api = await load.api().serveApi(context, { ...shared, ...access, codecServer });
  const { url, grpc } = api;
  const temporal = await link.connect(shutdown.signal, api.waitFor);
  api.begin(temporal, []);
  logger.info(
    { url, grpc, temporal: temporal.address, agents: agents.current.map(({ id }) => id) },
    'api is ready',
  );
}

/** `worker`: the worker alone. */
export async function worker(context: ServeContext): Promise<void> {
  const { settings, logger, shutdown } = context;
  const agents = await agentsOf(context);
  warnOfIdleWorker(context, agents);
  const dataConverter = await dataConverterOf(context);
  const tracing = load.tracing().serveTracing(context);
  let ready = async (): Promise<void> => {
    throw new Error('the worker has not begun yet');
  };
  const served = await load.metrics().serveMetrics(context, agents, () => ready());
  const audit = await auditLog(context, served?.metrics);
  const link = linkTo(targetOf(context), context, { dataConverter, served, role: 'worker' });
  const sealingKeys = pushSealingKeys(context);
  warnOfUnsealed(context, agents.current, sealingKeys);
  const startWorker = workerOf(context, { agents, metrics: served?.metrics, tracing, audit, sealingKeys });
  const temporal = await link.connect(shutdown.signal, (whyNot) => {
    ready = () => Promise.reject(new Error(whyNot));
  });
  await startWorker(temporal);
  ready = () => temporal.availability.confirm();
  logger.info({ temporal: temporal.address, taskQueue: settings.taskQueue }, 'worker is ready');
}

/** The agents of AGENTS_FILE, which is read again when it changes or on SIGHUP. @throws ConfigError */
async function agentsOf({ settings, logger, shutdown }: ServeContext): Promise<WatchedAgents> {
  const agents = await watchAgents(settings.agentsFile, { logger });
  shutdown.add('agents', () => agents.close());
  shutdown.onReload(() => void agents.reload());
  return agents;
}

/** Who may call the agents, and under which names; it says what is missing before anything is started. @throws ConfigError */
function accessTo(agents: AgentSet, { settings, env, logger }: ServeContext): Access {
  const safe = exposure(agents, settings);
  const { authenticate } = authenticatorOf(agents, { env, warn: (message) => logger.warn(message) });
  return { names: () => safe.now, authenticate };
}

/** Without a worker on their task queue, tasks stay submitted, and nothing else says why. */
function warnOfIdleWorker(context: ServeContext, agents: AgentSet): void {
  const warn = () => warnOfIdleQueue(context, agents);
  warn();
  agents.onChange(warn);
}

function warnOfIdleQueue({ settings, logger }: ServeContext, agents: AgentSet): void {
  const { agentsFile, taskQueue, nexus } = settings;
  const queues = new Set(agents.current.map(({ workflow }) => workflow.taskQueue));
  if (queues.has(taskQueue)) return;
  const theirs = [...queues].map((queue) => JSON.stringify(queue)).join(', ');
  // Over Nexus it serves agents whose workflows others run.
  const what = nexus
    ? 'it serves calls (a2aCall, Nexus) alone, and tasks need workers'
    : 'their tasks need workers';
  logger[nexus ? 'info' : 'warn'](
    `no agent in ${agentsFile} uses ${JSON.stringify(taskQueue)}, the task queue that this worker polls ` +
      `(TASK_QUEUE): ${what} that poll ${theirs}`,
  );
}

/** Where Temporal's SDKs and command line look for a server. */
const PORT = 7233;

/** A profile in the home directory is not enough: `npm start` must not use a shared cluster by accident. */
function hasOwnTemporal({ settings, env }: ServeContext): boolean {
  return [settings.temporalAddress, env.TEMPORAL_PROFILE, env.TEMPORAL_CONFIG_FILE].some(Boolean);
}

async function startTemporal({ settings, logger, shutdown }: ServeContext): Promise<DevServer> {
  const server = await load.devServer().startDevServer({
    dbFile: resolve(settings.dataDir, 'temporal.db'),
    preferredPort: PORT,
    preferredUiPort: 8233,
    ...(settings.temporalNamespace !== undefined && { namespace: settings.temporalNamespace }),
    onProgress: (line) => logger.info(line),
    onDownload: progressBar(),
    onSpawn: () => {
      for (const part of [load.api, load.worker, load.link, load.runtime]) part();
    },
    signal: shutdown.signal,
  });
  shutdown.add('temporal', () => server.stop());
  shutdown.addLastResort(() => server.kill());
  if (server.adopted)
    logger.info({ address: server.address }, 'using the Temporal dev server that is already running');
  if (!server.address.endsWith(`:${PORT}`)) {
    logger.warn(
      `another program has port ${PORT}, where workers look for Temporal: ` +
        `start those of this server with TEMPORAL_ADDRESS=${server.address}`,
    );
  }
  return server;
}

/** @throws TemporalSettingsError */
function targetOf({ settings, env }: ServeContext): TemporalTarget {
  return readTemporalTarget(env, {
    address: settings.temporalAddress,
    namespace: settings.temporalNamespace,
  });
}

function targetOfDevServer({ address }: DevServer, { temporalNamespace }: Settings): TemporalTarget {
  return { address, namespace: temporalNamespace ?? 'default', connectionOptions: { address } };
}

function linkTo(
  target: TemporalTarget,
  { settings, logger, shutdown }: ServeContext,
  {
    role = 'api',
    dataConverter,
    served,
  }: {
    role?: 'api' | 'worker';
    dataConverter: DataConverter | undefined;
    served: ServedMetrics | undefined;
  },
): TemporalLink {
  const link = new (load.link().TemporalLink)(target, identityOf(role), logger, dataConverter);
  shutdown.add('connection', () => link.close());
  load.runtime().installRuntime(logger, link.isAway, served?.sdkAddress, settings.workerHeartbeat);
  return link;
}

/** What API and worker of a process have in common. */
interface SharedParts {
  agents: AgentSet;
  metrics: Metrics | undefined;
  tracing: Tracing | undefined;
  audit: Audit | undefined;
  sealingKeys: EncryptionKeys | undefined;
}

/** Gives what starts the worker, whose place in the order of stopping is before that of what was begun until now. */
function workerOf(
  context: ServeContext,
  { agents, metrics, tracing, audit, sealingKeys }: SharedParts,
): (temporal: WatchedTemporal) => Promise<void> {
  const { settings, env, logger, shutdown } = context;
  const workerDeploymentOptions = deploymentOptions(settings);
  const slots = slotOptions(settings);
  let stop = async () => {};
  shutdown.add('worker', () => stop());
  return async ({ connection, namespace, client }) => {
    shutdown.signal.throwIfAborted();
    const { outboundAllow, pushRetryFor: retryForMs, taskQueue } = settings;
    const signer = await pushSigner(settings, env);
    const built = await load.worker().createA2AWorker({
      connection,
      namespace,
      taskQueue,
      dataConverter: client.options.dataConverter,
      agents,
      remote: { outboundAllow, callback: callbackOptions(settings) },
      push: { outboundAllow, retryForMs, signer, sealingKeys },
      metrics,
      tracing,
      audit,
      ...(settings.nexus && { nexus: { owner: settings.nexusOwner } }),
      ...(workerDeploymentOptions !== undefined && { workerDeploymentOptions }),
      ...slots,
      shutdownGraceTime: settings.shutdownGrace,
    });
    const run = built.run();
    stop = async () => {
      if (built.getState() === 'RUNNING') built.shutdown();
      await run;
    };
    run.catch((error: unknown) => {
      if (shutdown.signal.aborted) return;
      logger.error({ err: error }, 'the worker has failed');
      void shutdown.exit(1);
    });
  };
}

/** Agents can call back only when they are told where, and when they can be told from others. */
function callbackOptions({ publicUrl, callbackSecret }: Settings): CallbackOptions | undefined {
  if (publicUrl === undefined || callbackSecret === undefined) return undefined;
  return { baseUrl: publicUrl, secret: callbackSecret };
}
