/**
 * The server side: agents of Temporal workflows, and the workers that run them. Workflow code imports
 * `temporal-a2a/workflow`, activities import `temporal-a2a/activity`.
 */

export * from './a2a/errors';
export type * from './a2a/types';
export { type ActivityOptions, createCallActivities } from './activities';
export type { RemoteOptions } from './activities/remote/call-remote-agent';
export type { BreakerOptions } from './activities/remote/circuit-breaker';
export type { WaitingOptions } from './activities/remote/conversation-options';
export type { RemoteLimits } from './activities/remote/wire/remote-client';
export { type App, type AppOptions, createApp } from './api/app';
export type { CodecServer } from './api/codec-server';
export { CallQuotas } from './api/quotas';
export { type RunningServer, type ServerOptions, startServer } from './api/server';
export type { GrpcPlace } from './api/services';
export type { Audit, AuditRecord } from './audit/audit';
export { type AuthenticatorOptions, createAuthenticator } from './auth/authenticator';
export type { Authenticate, Caller } from './auth/caller';
export { TaskBridge, type TaskBridgeOptions } from './bridge/bridge';
export { CallbackInbox } from './bridge/callbacks';
export type { PushOptions } from './bridge/push-configs';
export { type AgentCardSignature, CardSigner, createCardSigner } from './api/card-signer';
export { createPushSigner, PushSigner } from './bridge/push-signer';
export { BridgeRequestHandler, type BridgeRequestHandlerOptions } from './bridge/request-handler';
export type { CallContext, ProtocolVersion, StreamEvent, TaskOperations, TaskStream } from './bridge/types';
export { type Agents, AgentSet } from './config/agent-set';
export type { AgentConfig, AgentInput } from './config/agents';
export type { AuthenticationConfig, AuthenticationInput } from './config/authentication';
export { ConfigError } from './config/config-error';
export { type KeySettings, readEncryptionKeys } from './config/encryption-keys';
export { loadAgents } from './config/load-agents';
export type { CallerQuotas, Limits } from './config/quotas';
export { preloadSecrets } from './config/secret-ref';
export {
  type SecretResolver,
  type SecretResolverOptions,
  type SecretResolvers,
  useSecretResolvers,
} from './config/secret-resolvers';
export type { CallbackOptions } from './contract/callback';
export { EncryptionKeyError, EncryptionKeys } from './contract/encryption-keys';
export type { PushStatus } from './contract/push';
export {
  type Bridge,
  type BridgeOptions,
  createBridge,
  type ListenGrpcOptions,
  type ListenOptions,
  type RequestHandlerOptions,
} from './create-bridge';
export { defineAgents } from './define-agents';
export type { DownloadProgress } from './dev-server/cli/download';
export { type DevServer, type DevServerOptions, startDevServer } from './dev-server/dev-server';
export type { AddedServices, GrpcListenOptions, RunningGrpcServer } from './grpc/server';
export type { GrpcTls } from './grpc/tls';
export type { Meter } from './metrics/meter';
export { createMetrics, type Metrics, type MetricsOptions } from './metrics/metrics';
export type { MetricsListenOptions, RunningMetricsServer } from './metrics/server';
export { createTracing, type TracingOptions } from './tracing/open-telemetry';
export type { Tracing } from './tracing/tracing';
export { type A2AConfig, type MountOptions, mountA2A } from './mount-a2a';
export type { NexusCaller, NexusOwner } from './nexus/caller';
export { type ConnectOptions, connectTemporal, type TemporalConnection } from './temporal/connection';
export { EncryptionCodec, encryptedDataConverter } from './temporal/encryption-codec';
export { ensureSearchAttributes } from './temporal/search-attributes';
export { readTemporalTarget, type TemporalTarget } from './temporal/target';
export { watchAgents, type WatchAgentsOptions, type WatchedAgents, type WatchLogger } from './watch-agents';
export { DirectoryDriver } from './storage/directory-driver';
export { externalStorage } from './storage/external-storage';
export { S3Driver, type S3DriverOptions } from './storage/s3-driver';
export { StoredPayloadError } from './storage/stored-payload';
export { workflowInterceptorsPath } from './worker/built-in-workflows';
export { A2APlugin, type A2APluginOptions, type NexusOptions } from './worker/plugin';
export {
  createPushWorker,
  type PushDeliveryOptions,
  type PushWorkerOptions,
  pushTaskQueue,
} from './worker/push-worker';
export { type A2AWorkerOptions, createA2AWorker } from './worker/worker';
