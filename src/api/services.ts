import type { Context } from 'koa';
import type { Logger } from 'pino';
import type { Audit } from '../audit/audit';
import type { Authenticate } from '../auth/caller';
import type { CallbackInbox } from '../bridge/callbacks';
import type { TaskOperations } from '../bridge/types';
import type { Meter } from '../metrics/meter';
import type { Tracing } from '../tracing/tracing';
import { JWKS_PATH } from '../bridge/push-signer';
import type { AgentDirectory } from './agent-directory';
import type { CardSigner } from './card-signer';
import type { CodecServer } from './codec-server';
import { mountPath } from './mount';
import type { OpenStreams } from './open-streams';
import type { CallQuotas } from './quotas';

/** Where the same agents are served over gRPC. */
export interface GrpcPlace {
  /** `host:port` for clients, which cards list; without it, they list no gRPC. */
  url?: string | undefined;
  port: number;
}

/** What the handlers of the API share. */
export interface Services {
  agents: AgentDirectory;
  operations: TaskOperations;
  quotas: CallQuotas;
  streams: OpenStreams;
  logger: Logger;
  metrics: Meter;
  tracing: Tracing;
  /** Gets a record for each operation and each refusal. */
  audit?: Audit | undefined;
  publicUrl?: string | undefined;
  grpc?: GrpcPlace | undefined;
  maxBodyBytes: number;
  /** Receives callbacks of remote agents; without it, each gets NOT_FOUND. */
  callbacks?: Pick<CallbackInbox, 'receive'> | undefined;
  /** Public keys with which push notifications and cards are verified. */
  jwks: { keys: object[] };
  /** Signs cards; without it, they have no signatures. */
  cardSigner?: CardSigner | undefined;
  /** Decodes for Temporal's UI and command line; without it, there is no such path. */
  codecServer?: CodecServer | undefined;
  heartbeatMs: number;
  stallMs: number;
  /** Aborted when calls that still wait are answered with its reason. */
  stopping: AbortSignal;
  /** Throws when the server cannot do its work. */
  health: () => Promise<unknown>;
  /** Called by src/api/authentication.ts alone. */
  authenticate: Authenticate;
}

/** The URL under which clients reach the root: PUBLIC_URL, or what the request says. */
export function baseUrl(services: Pick<Services, 'publicUrl'>, ctx: Context): string {
  if (services.publicUrl !== undefined) return services.publicUrl.replace(/\/+$/, '');
  const url = `${ctx.protocol}://${ctx.host}`;
  return `${URL.canParse(url) ? new URL(url).origin : 'http://localhost'}${mountPath(ctx)}`;
}

/** A card with its signatures, where cards are signed: in the shape in which it is served, which is what they cover. */
export async function signedCard<Card extends object>(
  { cardSigner, ...services }: Services,
  ctx: Context,
  card: Card,
): Promise<Card> {
  return cardSigner === undefined ? card : cardSigner.sign(card, `${baseUrl(services, ctx)}${JWKS_PATH}`);
}
