import { isTerminal, TASK_STATES } from '../a2a/task-update';
import type { TaskState } from '../a2a/types';
import { toKeyword } from '../contract/keyword';
import { PUSH_WORKFLOW } from '../contract/push';
import { pushState } from '../contract/task-attributes';
import type { AgentTraits } from './visible-task';

/** Which tasks a list holds. */
export interface TaskFilter extends AgentTraits {
  agentId: string;
  owner: string;
  contextId?: string;
  status?: TaskState;
}

/** Times in nanoseconds since 1970; both ends belong to the window. */
export interface TimeWindow {
  from: bigint;
  to: bigint;
  /** Open tasks belong to it whenever they were updated. */
  allOpen?: boolean;
}

/**
 * The list filter that finds a filter's tasks, and only those that were last updated in the window.
 *
 * An open task was last updated at `A2aUpdatedAt`, a closed one when it closed. Runs that went on as new are
 * not tasks of their own.
 */
export function visibilityQuery(
  filter: TaskFilter,
  window?: TimeWindow,
  which: Which = 'listed',
  part?: RunPart,
): string {
  const { status, plain } = filter;
  const conditions = [...ofCaller(filter), NOT_CONTINUED];
  if (which === 'silent') {
    conditions.push(`(${OPEN} AND A2aState = 'TASK_STATE_SUBMITTED' AND BuildIds IS NOT NULL)`);
  } else if (which === 'doubtful') conditions.push(doubt(filter));
  else if (which === 'returned') conditions.push(COMPLETED_SILENTLY);
  else if (status !== undefined && which === 'possible' && isTerminal(status)) {
    const returned = looksAtResults(filter) ? ` OR ${COMPLETED_SILENTLY}` : '';
    conditions.push(`(${stateCondition(status, plain)} OR ${doubt(filter)}${returned})`);
  } else if (status !== undefined) conditions.push(stateCondition(status, plain));
  if (part !== undefined) conditions.push(part === 'open' ? OPEN : CLOSED);
  if (window !== undefined) conditions.push(windowCondition(window, part));
  return conditions.join(' AND ');
}

/** The condition of a list filter for tasks in a state, of any agent and owner, as far as visibility knows. */
export function inState(state: TaskState): string {
  // What holds for plain workflows holds for the others, which tell a state only in a workflow task.
  return stateCondition(state, true);
}

/**
 * The list filters that together find the open runs, in any state. One for each status: SQLite, under Temporal's own
 * development server, takes the index of the status for `=` alone, and looks at every run of the agent otherwise (of
 * 10,000: 33 ms against 1.5).
 */
export function openQueries(filter: TaskFilter): Record<'Running' | 'Paused', string> {
  const query = (status: string) => [...ofCaller(filter), `ExecutionStatus = '${status}'`].join(' AND ');
  return { Running: query('Running'), Paused: query('Paused') };
}

/**
 * The list filter that finds all runs of these tasks.
 *
 * Without a condition on the namespace division the server adds one, whose index SQLite prefers to that of the workflow
 * IDs, and looks at every run of the namespace (of 10,000: 12 ms against 2.5 for 50 IDs). This one holds for all.
 */
export function runsQuery(taskIds: readonly string[]): string {
  const ids = taskIds.map(quote).join(', ');
  return `WorkflowId IN (${ids}) AND (TemporalNamespaceDivision IS NULL OR RunId IS NOT NULL) AND ${NOT_CONTINUED}`;
}

/** Whose tasks, at which agent; all when it is left out. */
interface Whose {
  owner?: string;
  agentId?: string;
}

/** Finds the tasks that callers have made and that have not ended; not those that tasks have called. */
export function openTasksQuery({ owner, agentId }: Whose): string {
  return [
    owner === undefined ? 'A2aOwner IS NOT NULL' : `A2aOwner = ${quote(toKeyword(owner))}`,
    ...(agentId === undefined ? [] : [`A2aAgent = ${quote(toKeyword(agentId))}`]),
    `ExecutionStatus = 'Running'`,
    'ParentWorkflowId IS NULL',
  ].join(' AND ');
}

/** Finds the workflows that deliver push notifications, one for each task that has a webhook. */
export function webhooksQuery({ owner, agentId }: Whose): string {
  return [
    `WorkflowType = ${quote(PUSH_WORKFLOW)}`,
    ...(owner === undefined ? [] : [`A2aState = ${quote(pushState(toKeyword(owner)))}`]),
    ...(agentId === undefined ? [] : [`A2aAgent = ${quote(toKeyword(agentId))}`]),
    `ExecutionStatus = 'Running'`,
  ].join(' AND ');
}

/**
 * `listed`: those that are in the filter's state as far as visibility knows; `possible`: those that may be, too;
 * `doubtful`: closed ones, in any state, whose closing events tell more (see closed-runs.ts); `returned`: completed
 * ones whose result alone tells how their task has ended; `silent`: open ones whose workflow has begun and has not told
 * a state, as those in other languages may not.
 */
type Which = 'listed' | 'possible' | 'doubtful' | 'returned' | 'silent';

/** Whether plain workflows that completed may be in the filter's state only by the Task that they have returned. */
export function looksAtResults({ status, plain }: TaskFilter): boolean {
  return plain && status !== undefined && isTerminal(status) && status !== 'TASK_STATE_COMPLETED';
}

/** Runs that are running or paused, or those that are neither. */
export type RunPart = 'open' | 'closed';

const NOT_CONTINUED = `ExecutionStatus != 'ContinuedAsNew'`;

function ofCaller({
  agentId,
  owner,
  contextId,
}: Pick<TaskFilter, 'agentId' | 'owner' | 'contextId'>): string[] {
  return [
    `A2aAgent = ${quote(toKeyword(agentId))}`,
    `A2aOwner = ${quote(toKeyword(owner))}`,
    ...(contextId === undefined ? [] : [`A2aContext = ${quote(toKeyword(contextId))}`]),
  ];
}

/** Running or paused; older servers do not know the status of paused workflows. */
const OPEN = 'CloseTime IS NULL';
const CLOSED = 'CloseTime IS NOT NULL';

/** One that is terminated before a worker has completed a workflow task, which gives it the attribute `BuildIds`, is canceled. */
const FAILED = `(ExecutionStatus IN ('Failed', 'TimedOut') OR (ExecutionStatus = 'Terminated' AND BuildIds IS NOT NULL))`;

const SAYS_NO_END = TASK_STATES.filter(isTerminal)
  .map((state) => `A2aState != '${state}'`)
  .join(' AND ');

/** As `mayHaveFailed` has it, for plain workflows. */
const COMPLETED_SILENTLY = `(ExecutionStatus = 'Completed' AND ${SAYS_NO_END})`;

/** As `isDoubtful` has it. */
function doubt({ plain, retried }: AgentTraits): string {
  return [
    `(ExecutionStatus = 'Terminated'`,
    retried ? `ExecutionStatus IN ('Failed', 'TimedOut')` : `(ExecutionStatus = 'Failed' AND ${SAYS_NO_END})`,
    ...(plain ? [] : [COMPLETED_SILENTLY]),
  ]
    .join(' OR ')
    .concat(')');
}

/**
 * Most runs have: with `=`, SQLite would take the index of the status and look at all of them, whatever the context is (of
 * 10,000: 100 ms against 2).
 */
const HAS_COMPLETED = `NOT ExecutionStatus != 'Completed'`;

/** How a task ended is told by its workflow's status, unless an agent's code said otherwise. */
function stateCondition(state: TaskState, plain: boolean): string {
  if (plain && state === 'TASK_STATE_SUBMITTED') {
    return `(${OPEN} AND (A2aState = '${state}' OR (A2aState = 'TASK_STATE_WORKING' AND BuildIds IS NULL)))`;
  }
  if (plain && state === 'TASK_STATE_WORKING') {
    return `(${OPEN} AND A2aState = '${state}' AND BuildIds IS NOT NULL)`;
  }
  if (!isTerminal(state)) return `(${OPEN} AND A2aState = '${state}')`;
  const saysOtherwise = ['TASK_STATE_FAILED', 'TASK_STATE_CANCELED', 'TASK_STATE_REJECTED']
    .map((other) => `A2aState != '${other}'`)
    .join(' AND ');
  const bySay = `(ExecutionStatus = 'Completed' AND A2aState = '${state}')`;
  switch (state) {
    case 'TASK_STATE_COMPLETED':
      return `(${HAS_COMPLETED} AND ${saysOtherwise})`;
    case 'TASK_STATE_CANCELED':
      return `(ExecutionStatus = 'Canceled' OR (ExecutionStatus = 'Terminated' AND BuildIds IS NULL) OR ${bySay})`;
    case 'TASK_STATE_REJECTED':
      return `(${CLOSED} AND A2aState = '${state}')`;
    default:
      return `((${FAILED} AND A2aState != 'TASK_STATE_REJECTED') OR ${bySay})`;
  }
}

/**
 * Wider than the window by up to a millisecond at each end: SQLite compares times as texts with three decimals, so that
 * `.123456` is `.123`, which comes before `.1234`, and `.12` comes before `.120`.
 */
function windowCondition({ from, to, allOpen = false }: TimeWindow, part?: RunPart): string {
  const between = `BETWEEN '${isoNanos(from - (from % MILLISECOND))}' AND '${isoNanos(to + MILLISECOND)}'`;
  if (part !== undefined) return `${part === 'open' ? 'A2aUpdatedAt' : 'CloseTime'} ${between}`;
  if (allOpen) return `(${OPEN} OR CloseTime ${between})`;
  return `((${OPEN} AND A2aUpdatedAt ${between}) OR (${CLOSED} AND CloseTime ${between}))`;
}

export function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** A string literal of Temporal's list filters; what needs escaping must not be in it. */
function quote(text: string): string {
  return `'${text}'`;
}

const MILLISECOND = 1_000_000n;

function isoNanos(nanos: bigint): string {
  const seconds = nanos / 1_000_000_000n;
  const rest = String(nanos % 1_000_000_000n).padStart(9, '0');
  return `${new Date(Number(seconds) * 1_000).toISOString().slice(0, 19)}.${rest}Z`;
}
