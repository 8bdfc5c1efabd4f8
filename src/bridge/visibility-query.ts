import { isTerminal } from '../a2a/task-update';
import type { TaskState } from '../a2a/types';
import { toKeyword } from '../contract/keyword';

/** Which tasks a list holds. */
export interface TaskFilter {
  agentId: string;
  owner: string;
  contextId?: string;
  status?: TaskState;
}

/** Times in nanoseconds since 1970; both ends belong to the window. */
export interface TimeWindow {
  from: bigint;
  to: bigint;
}

/**
 * The list filter that finds a filter's tasks, and only those that were last updated in the window.
 *
 * An open task was last updated at `A2aUpdatedAt`, a closed one when it closed. Runs that went on as new are
 * not tasks of their own.
 */
export function visibilityQuery(filter: TaskFilter, window?: TimeWindow): string {
  const conditions = [
    `A2aAgent = ${quote(toKeyword(filter.agentId))}`,
    `A2aOwner = ${quote(toKeyword(filter.owner))}`,
    `ExecutionStatus != 'ContinuedAsNew'`,
  ];
  if (filter.contextId !== undefined) conditions.push(`A2aContext = ${quote(toKeyword(filter.contextId))}`);
  if (filter.status !== undefined) conditions.push(stateCondition(filter.status));
  if (window !== undefined) conditions.push(windowCondition(window));
  return conditions.join(' AND ');
}

/** Running or paused; older servers do not know the status of paused workflows. */
const OPEN = 'CloseTime IS NULL';
const CLOSED = 'CloseTime IS NOT NULL';

/** One that is terminated before a worker has completed a workflow task, which gives it the attribute `BuildIds`, is canceled. */
const FAILED = `(ExecutionStatus IN ('Failed', 'TimedOut') OR (ExecutionStatus = 'Terminated' AND BuildIds IS NOT NULL))`;

/** How a task ended is told by its workflow's status, unless an agent's code said otherwise. */
function stateCondition(state: TaskState): string {
  if (!isTerminal(state)) return `(${OPEN} AND A2aState = '${state}')`;
  const saysOtherwise = ['TASK_STATE_FAILED', 'TASK_STATE_CANCELED', 'TASK_STATE_REJECTED']
    .map((other) => `A2aState != '${other}'`)
    .join(' AND ');
  const bySay = `(ExecutionStatus = 'Completed' AND A2aState = '${state}')`;
  switch (state) {
    case 'TASK_STATE_COMPLETED':
      return `(ExecutionStatus = 'Completed' AND ${saysOtherwise})`;
    case 'TASK_STATE_CANCELED':
      return `(ExecutionStatus = 'Canceled' OR (ExecutionStatus = 'Terminated' AND BuildIds IS NULL) OR ${bySay})`;
    case 'TASK_STATE_REJECTED':
      return `(${CLOSED} AND A2aState = '${state}')`;
    default:
      return `((${FAILED} AND A2aState != 'TASK_STATE_REJECTED') OR ${bySay})`;
  }
}

/**
 * One millisecond wider than the window: SQLite compares times as texts, in which `.12` comes before `.120`.
 */
function windowCondition({ from, to }: TimeWindow): string {
  const between = `BETWEEN '${isoNanos(from)}' AND '${isoNanos(to + 1_000_000n)}'`;
  return `((${OPEN} AND A2aUpdatedAt ${between}) OR (${CLOSED} AND CloseTime ${between}))`;
}

/** A string literal of Temporal's list filters; what needs escaping must not be in it. */
function quote(text: string): string {
  return `'${text}'`;
}

function isoNanos(nanos: bigint): string {
  const seconds = nanos / 1_000_000_000n;
  const rest = String(nanos % 1_000_000_000n).padStart(9, '0');
  return `${new Date(Number(seconds) * 1_000).toISOString().slice(0, 19)}.${rest}Z`;
}
