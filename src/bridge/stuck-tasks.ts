import { temporal } from '@temporalio/proto';
import { LRUCache } from 'lru-cache';
import { isInterrupted, isTerminal } from '../a2a/task-update';
import type { Task } from '../a2a/types';
import { type Meter, NO_METER } from '../metrics/meter';
import { calledTasks, problemOfCaller } from './called-tasks';
import type { HistoryFold } from './history-fold';
import type { Problem } from './problem';
import { msOf } from './projection';
import { TaskQueues } from './task-queues';
import { type DescribedExecution, GRPC, isGrpcError, type TemporalCalls } from './temporal-calls';
import { lastEvents, reasonOfFailure } from './workflow-task-failure';

const { PENDING_WORKFLOW_TASK_STATE_SCHEDULED } = temporal.api.enums.v1.PendingWorkflowTaskState;
const { WORKFLOW_EXECUTION_STATUS_RUNNING } = temporal.api.enums.v1.WorkflowExecutionStatus;

/** Time in ms that a workflow task may be pending before Temporal is asked about it. */
const SUSPECT_AFTER_MS = 2_000;

/** Time in ms for which an answer holds. */
const REMEMBERED_MS = 3_000;

/** Time in ms for which a task says nothing before those that it has called are looked at. */
const QUIET_MS = 3_000;

/** Time in ms for which a task that has called none is not asked about for that. */
const CALLS_NONE_MS = 15_000;

/** Calls from task to task that are followed. */
const MAX_DEPTH = 5;

/** Warnings about the tasks of one agent in a minute. */
const WARNINGS = { most: 5, perMs: 60_000 };

/** What is asked about. */
interface Suspect {
  agentId: string;
}

/**
 * Finds out why a task makes no progress: no worker polls its task queue, or its workflow task fails again and
 * again, which Temporal retries for ever. Neither is an event of the task, so nobody else would hear of it.
 *
 * However many ask about one task, Temporal is asked once in a few seconds.
 */
export class StuckTasks {
  readonly queues: TaskQueues;
  private readonly checks: LRUCache<string, { problem: Problem | undefined }, Suspect>;
  /** Last problem of each task that was logged. */
  private readonly logged = new LRUCache<string, Problem['kind']>({ max: 10_000 });
  /** Tasks that wait for no called task. */
  private readonly callsNone = new LRUCache<string, true>({ max: 10_000, ttl: CALLS_NONE_MS });
  private readonly warnings = new Map<string, { count: number; since: number }>();

  constructor(
    private readonly calls: TemporalCalls,
    private readonly metrics: Meter = NO_METER,
  ) {
    this.queues = new TaskQueues(calls);
    this.checks = new LRUCache({
      max: 10_000,
      ttl: REMEMBERED_MS,
      fetchMethod: async (taskId, _before, { context }) => {
        const problem = await this.look(taskId);
        this.report(taskId, context.agentId, problem);
        return { problem };
      },
    });
  }

  /** What is wrong with a task whose history has just been read; nothing is asked unless that gives a reason. */
  async problemOf(fold: HistoryFold, agentId: string): Promise<Problem | undefined> {
    const { task, ended, workflowTaskPendingMs } = fold;
    const suspect = task !== undefined && !ended && workflowTaskPendingMs >= SUSPECT_AFTER_MS;
    return suspect ? this.check(task.id, agentId) : undefined;
  }

  /** What is wrong with the tasks that a task has called, when it has said nothing for a while. */
  async problemOfQuiet({ id, status }: Task, agentId: string): Promise<Problem | undefined> {
    const { state, timestamp } = status;
    if (isTerminal(state) || isInterrupted(state) || this.callsNone.has(id)) return undefined;
    const isQuiet = Date.now() - Date.parse(timestamp ?? '') >= QUIET_MS;
    return isQuiet ? this.check(id, agentId) : undefined;
  }

  /** What is wrong with the task, or with one that it has called; undefined when nothing is, or when it cannot be told now. */
  async check(taskId: string, agentId: string): Promise<Problem | undefined> {
    try {
      return (await this.checks.fetch(taskId, { context: { agentId } }))?.problem;
    } catch {
      // Whoever asks has the task itself to tell of, and hears from the next call when Temporal is away.
      return undefined;
    }
  }

  private async look(taskId: string): Promise<Problem | undefined> {
    const described = await this.calls.describe({ workflowId: taskId });
    if (calledTasks(described).length === 0) this.callsNone.set(taskId, true);
    return (await this.ownProblem(taskId, described)) ?? (await this.problemOfCalled(described));
  }

  private async problemOfCalled(described: DescribedExecution, depth = 1): Promise<Problem | undefined> {
    const { execution, status } = described.workflowExecutionInfo ?? {};
    if (status !== WORKFLOW_EXECUTION_STATUS_RUNNING || depth > MAX_DEPTH) return undefined;
    for (const workflowId of calledTasks(described)) {
      const called = await this.describeCalled(workflowId);
      if (called === undefined) continue;
      const own = await this.ownProblem(workflowId, called);
      const problem =
        problemOfCaller(execution?.runId ?? '', called, own) ??
        (await this.problemOfCalled(called, depth + 1));
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  /** Undefined when it has just been deleted. */
  private async describeCalled(workflowId: string): Promise<DescribedExecution | undefined> {
    try {
      return await this.calls.describe({ workflowId });
    } catch (error) {
      if (isGrpcError(error, GRPC.NOT_FOUND)) return undefined;
      throw error;
    }
  }

  private async ownProblem(taskId: string, described: DescribedExecution): Promise<Problem | undefined> {
    const { pendingWorkflowTask: pending, workflowExecutionInfo: info } = described;
    if (!pending || info?.status !== WORKFLOW_EXECUTION_STATUS_RUNNING) return undefined;
    const runId = info.execution?.runId ?? '';
    const taskQueue = info.taskQueue ?? '';
    if (pending.state === PENDING_WORKFLOW_TASK_STATE_SCHEDULED) {
      const text = await this.queues.fault(taskQueue, msOf(pending.scheduledTime));
      if (text !== undefined) return { kind: 'NO_WORKER', runId, taskQueue, text };
    }
    const failures = (pending.attempt ?? 1) - 1;
    const text = failures > 0 && (await this.failing(taskId, runId, failures, described));
    return text ? { kind: 'WORKFLOW_TASK_FAILED', runId, taskQueue, text } : undefined;
  }

  /** Undefined when the next attempt may well succeed. */
  private async failing(
    taskId: string,
    runId: string,
    failures: number,
    described: DescribedExecution,
  ): Promise<string | undefined> {
    const events = await lastEvents(this.calls, { workflowId: taskId, runId });
    // Of the attempts to carry out a workflow task, the history holds the first.
    const event = events.find(
      (each) => each.workflowTaskFailedEventAttributes ?? each.workflowTaskTimedOutEventAttributes,
    );
    // A worker was lost while it was at the task; another one takes it.
    if (event?.workflowTaskTimedOutEventAttributes && failures < 2) return undefined;
    const times = timesOf(failures);
    const reason = await reasonOfFailure(this.calls, taskId, event, reportedCause(described));
    return `The workflow task of run ${runId} has failed ${times}${reason}; Temporal retries it.`;
  }

  private report(taskId: string, agentId: string, problem: Problem | undefined): void {
    if (problem === undefined || problem.kind === 'CALLED_TASK_PAUSED') {
      this.logged.delete(taskId);
      return;
    }
    if (this.logged.get(taskId) === problem.kind) return;
    this.logged.set(taskId, problem.kind);
    this.metrics.add('a2a_stuck_tasks_found_total', { agent: agentId, problem: problem.kind });
    const { text, runId, taskQueue } = problem;
    const left = this.warningsLeft(agentId);
    if (left < 0) return;
    const more = left === 0 ? '; further such tasks of the agent are not logged for a minute' : '';
    this.calls.logger.warn(
      { agent: agentId, taskId, runId, taskQueue, reason: text },
      `a task makes no progress: ${text}${more}`,
    );
  }

  private warningsLeft(agentId: string): number {
    const now = Date.now();
    let window = this.warnings.get(agentId);
    if (window === undefined || now - window.since > WARNINGS.perMs) {
      window = { count: 0, since: now };
      this.warnings.set(agentId, window);
    }
    window.count += 1;
    return WARNINGS.most - window.count;
  }
}

/** Coarse from the fifth on: a message that changed all the time would be passed on all the time. */
function timesOf(failures: number): string {
  if (failures === 1) return 'once';
  return failures <= 4 ? `${failures} times` : `more than ${2 ** Math.floor(Math.log2(failures - 1))} times`;
}

/** What Temporal says of the attempts of late, after the fifth. */
function reportedCause({ workflowExecutionInfo }: DescribedExecution): string | undefined {
  const { data } = workflowExecutionInfo?.searchAttributes?.indexedFields?.TemporalReportedProblems ?? {};
  return /"cause=(?:WorkflowTaskFailedCause|WorkflowTaskTimedOutCause)?(\w+)"/.exec(
    Buffer.from(data ?? []).toString(),
  )?.[1];
}
