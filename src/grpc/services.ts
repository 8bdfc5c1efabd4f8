import type { Logger } from 'pino';
import type { AgentDirectory } from '../api/agent-directory';
import type { CardSigner } from '../api/card-signer';
import type { OpenStreams } from '../api/open-streams';
import type { CallQuotas } from '../api/quotas';
import type { Audit } from '../audit/audit';
import type { Authenticate } from '../auth/caller';
import type { TaskOperations } from '../bridge/types';
import type { Meter } from '../metrics/meter';
import type { Tracing } from '../tracing/tracing';
import type { RunningCalls } from './running-calls';

/** What the gRPC calls share. */
export interface GrpcServices {
  agents: AgentDirectory;
  operations: TaskOperations;
  authenticate: Authenticate;
  logger: Logger;
  metrics: Meter;
  tracing: Tracing;
  /** Gets a record for each call. */
  audit?: Audit | undefined;
  calls: RunningCalls;
  quotas: CallQuotas;
  streams: OpenStreams;
  /** How long a stream's client may leave what was sent unread, in milliseconds. */
  stallMs: number;
  /** Root of the HTTP side and address of this one, for the cards that calls answer with. */
  url: () => string;
  grpcUrl: () => string | undefined;
  /** Signs these cards; without it, they have no signatures. */
  cardSigner?: CardSigner | undefined;
}
