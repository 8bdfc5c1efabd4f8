import { createApp } from '../api/app';
import type { CodecServer } from '../api/codec-server';
import { CallQuotas } from '../api/quotas';
import { startServer } from '../api/server';
import type { Audit } from '../audit/audit';
import type { Authenticate } from '../auth/caller';
import { TaskBridge } from '../bridge/bridge';
import { CallbackInbox } from '../bridge/callbacks';
import { LateOperations } from '../bridge/late-operations';
import type { AgentSet } from '../config/agent-set';
import { settingLimits } from '../config/quota-settings';
import type { Settings } from '../config/settings';
import type { EncryptionKeys } from '../contract/encryption-keys';
import { pushTaskQueue } from '../contract/push';
import type { GrpcOptions } from '../grpc/server';
import type { Meter } from '../metrics/meter';
import type { Tracing } from '../tracing/tracing';
import { cardSigner } from './card-signer';
import { pushSigner } from './push-signer';
import type { ServeContext } from './serve-context';
import type { ServedGrpc } from './serve-grpc';
import type { WatchedTemporal } from './temporal-link';

/** Who may call. */
export interface Access {
  authenticate: Authenticate;
  /** See ServerOptions. */
  names: () => readonly string[] | undefined;
}

/** The API as it listens, with or without Temporal. */
export interface ServedApi {
  url: string;
  /** Address of gRPC; undefined when it is not served. */
  grpc: string | undefined;
  /** Tells callers, whose calls are UNAVAILABLE as yet, what is missing. */
  waitFor(whyNot: string): void;
  /** @param eagerTaskQueues see TaskBridgeOptions */
  begin(temporal: WatchedTemporal, eagerTaskQueues: string[]): void;
}

/**
 * Listens at once; calls are answered with UNAVAILABLE until `begin`.
 * @throws the error of `listen`; ConfigError
 */
export async function serveApi(
  context: ServeContext,
  {
    agents,
    authenticate,
    names: servedNames,
    metrics,
    sealingKeys,
    codecServer,
    tracing,
    audit,
  }: Access & {
    agents: AgentSet;
    metrics: Meter | undefined;
    sealingKeys: EncryptionKeys | undefined;
    codecServer: CodecServer | undefined;
    tracing: Tracing | undefined;
    audit: Audit | undefined;
  },
): Promise<ServedApi> {
  const { settings, env, logger, shutdown } = context;
  const signer = await pushSigner(settings, env);
  const operations = new LateOperations(true);
  let bridge: TaskBridge | undefined;
  let inbox: CallbackInbox | undefined;
  let waiting = false;
  // The bridge tells, once there is one.
  metrics?.gauge('a2a_temporal_available', () => [{ labels: {}, value: 0 }]);
  let url = settings.publicUrl ?? '';
  const limits = settingLimits(settings);
  const quotas = new CallQuotas(limits, metrics);
  const offered = {
    ...{ agents, operations, authenticate, logger, metrics, tracing, audit, quotas },
    cardSigner: await cardSigner(context),
  };
  shutdown.add('bridge', () => bridge?.close());
  const health = async () => {
    operations.requireReady();
    await bridge?.checkHealth();
  };
  const grpc = await serveGrpc(settings, { ...offered, health, url: () => url });
  grpc?.server.setServing(false);
  shutdown.add('grpc', () => grpc?.server.close(settings.shutdownGrace));
  const { callbackSecret } = settings;
  const app = createApp({
    ...offered,
    publicUrl: settings.publicUrl,
    grpc,
    maxBodyBytes: settings.maxBodyBytes,
    corsOrigins: settings.corsOrigins,
    jwks: signer?.jwks,
    codecServer,
    callbacks:
      callbackSecret === undefined
        ? undefined
        : {
            receive: async (...args) => {
              operations.requireReady();
              return inbox?.receive(...args) ?? false;
            },
          },
    health,
  });
  const { host, port } = settings;
  // Cards of any other name are not signed.
  const ownNames = offered.cardSigner !== undefined && settings.publicUrl === undefined ? [] : undefined;
  const server = await startServer(app, { host, port, names: () => servedNames() ?? ownNames });
  // Before the worker: calls that run get their answers while somebody still works on them.
  shutdown.add('api', () =>
    Promise.all([server.close(settings.shutdownGrace), grpc?.server.close(settings.shutdownGrace)]),
  );
  url ||= server.url;
  return {
    url: server.url,
    grpc: grpc?.server.address,
    waitFor: (whyNot) => {
      if (!waiting)
        logger.info({ url: server.url, grpc: grpc?.server.address }, 'api is listening, without Temporal');
      waiting = true;
      operations.whyNot = whyNot;
    },
    begin: ({ client, availability }, eagerTaskQueues) => {
      const { outboundAllow } = settings;
      const push = { taskQueue: pushTaskQueue(settings.taskQueue), outboundAllow, sealingKeys };
      bridge = new TaskBridge({
        client,
        eagerTaskQueues,
        logger,
        push,
        availability,
        quotas: limits,
        readCacheBytes: settings.readCacheBytes,
        metrics,
        tracing,
      });
      bridge.watchWorkers(agents);
      if (metrics !== undefined) bridge.meterNamespace(agents);
      if (callbackSecret !== undefined) inbox = new CallbackInbox(client, callbackSecret, availability);
      operations.begin(bridge);
      grpc?.server.setServing(true);
      availability.onChange((isAway) => grpc?.server.setServing(!isAway));
    },
  };
}

/** As serve-grpc.ts, which is loaded where gRPC is served: it takes a fifth of the time until the API listens. */
async function serveGrpc(settings: Settings, options: GrpcOptions): Promise<ServedGrpc | undefined> {
  if (settings.grpcPort === 'off') return undefined;
  const { serveGrpc: serve } = require('./serve-grpc') as typeof import('./serve-grpc');
  return serve(settings, options);
}
