import type { Logger } from 'pino';
import { type Audit, AUDIT_FAILED, type AuditRecord, tell } from '../audit/audit';
import { ERROR_TABLE, type ErrorReason } from './error-table';
import type { RequestFacts } from './request-facts';

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
