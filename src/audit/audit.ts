import type { Logger } from 'pino';
import { ERROR_TABLE, type ErrorReason } from '../api/error-table';
import type { RequestFacts } from '../api/request-facts';

/** Who has done what, when, from where, and what came of it. Nothing of what was said is in it, and no secret. */
export interface AuditRecord {
  /** When it ended: ISO 8601, in UTC. */
  time: string;
  /**
   * Name in A2A 1.0, such as `SendMessage`, or `DecodePayloads`, `EncodePayloads`, `CancelOperation` (Nexus),
   * `CreateKey`, `RotateKey`, `RevokeKey`. A request that was refused before that was known has none.
   */
  operation?: string | undefined;
  /** `HTTP` is the codec server. */
  binding: 'HTTP+JSON' | 'JSONRPC' | 'GRPC' | 'NEXUS' | 'HTTP' | 'CLI';
  /** Of A2A. */
  version?: string | undefined;
  /** `OK`, `CLIENT_GONE` or the reason of the error, such as `TASK_NOT_FOUND`. */
  outcome: string;
  /** HTTP status code of the outcome, also where the binding has codes of its own. */
  status?: number | undefined;
  /** ID of the agent. */
  agent?: string | undefined;
  taskId?: string | undefined;
  contextId?: string | undefined;
  /** Who has called, by the name under which its tasks are stored: `key:anna`, `jwt:<issuer>#<subject>`. */
  owner?: string | undefined;
  /** How the caller was told: `api-key`, `api-key:<ID in the key file>`, `jwt`. */
  credential?: string | undefined;
  /** Remote address of the connection, without its port; behind a proxy, that of the proxy. */
  address?: string | undefined;
  requestId?: string | undefined;
  traceId?: string | undefined;
  /** From the beginning to the end. */
  milliseconds?: number | undefined;
  /** Namespace of the calling workflow, and Nexus endpoint. */
  namespace?: string | undefined;
  endpoint?: string | undefined;
  /** Of the `keys` commands: the key, whose it is, and which one it takes the place of. */
  keyId?: string | undefined;
  keyOwner?: string | undefined;
  replacedKeyId?: string | undefined;
  /** Of the `keys` commands: name of the user of the operating system. */
  user?: string | undefined;
}

/** Takes a record; whatever it throws is logged, and fails no request. */
export type Audit = (record: AuditRecord) => unknown;

/** What only the audit line tells of a request. */
export interface AuditFacts {
  /** Of what is no operation of A2A. */
  operation?: string;
  /** ID of the agent that was asked for, when its caller was not let in. */
  agent?: string;
  owner?: string;
  credential?: string;
  address?: string | undefined;
}

/** HTTP status codes whose requests are told although no operation is known. */
const REFUSALS: readonly (number | undefined)[] = [401, 403, 404, 429];

/** The HTTP status code of an outcome; undefined when there is none. */
export function statusOf(outcome: string): number | undefined {
  if (outcome === 'OK') return 200;
  return Object.hasOwn(ERROR_TABLE, outcome) ? ERROR_TABLE[outcome as ErrorReason].httpStatus : undefined;
}

/** Tells of a request; not of one for a card or the like, unless it was refused. */
export function auditRequest(
  { audit, logger }: { audit?: Audit | undefined; logger: Pick<Logger, 'error'> },
  {
    facts,
    ...ended
  }: { facts: RequestFacts; outcome: string; binding: AuditRecord['binding']; version: string },
  more: { milliseconds: number; requestId: string; traceId: string | undefined },
): void {
  if (audit === undefined) return;
  const { audited = {} } = facts;
  const operation = facts.operation ?? audited.operation;
  const status = statusOf(ended.outcome);
  if (operation === undefined && !REFUSALS.includes(status)) return;
  const isA2A = facts.operation !== undefined;
  const failed = (error: unknown) => logger.error({ err: error }, AUDIT_FAILED);
  tell(audit, failed, {
    operation,
    binding: audited.operation === undefined ? ended.binding : 'HTTP',
    version: (isA2A && ended.version) || undefined,
    outcome: ended.outcome,
    status,
    agent: facts.agent ?? audited.agent,
    taskId: facts.taskId,
    contextId: facts.contextId,
    owner: audited.owner,
    credential: audited.credential,
    address: audited.address,
    ...more,
  });
}

export const AUDIT_FAILED = 'the audit function has failed';

/** Hands over a record of now, without what is undefined; `failed` is told what that throws. */
export function tell(
  audit: Audit,
  failed: (error: unknown) => void,
  { milliseconds, ...fields }: Omit<AuditRecord, 'time'>,
): void {
  const record = {
    time: new Date().toISOString(),
    ...fields,
    ...(milliseconds !== undefined && { milliseconds: Math.round(milliseconds) }),
  };
  const known = Object.entries(record).filter(([, value]) => value !== undefined);
  try {
    Promise.resolve(audit(Object.fromEntries(known) as unknown as AuditRecord)).catch(failed);
  } catch (error) {
    failed(error);
  }
}

/** A remote address as it is shown: without a port, IPv4 as such. */
export function shownAddress(address: string | undefined): string | undefined {
  const shown = address?.replace(/^::ffff:(?=\d+\.)/i, '');
  return shown || undefined;
}
