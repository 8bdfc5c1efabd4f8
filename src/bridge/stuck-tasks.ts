import { temporal } from '@temporalio/proto';
import { LRUCache } from 'lru-cache';
import type { HistoryFold } from './history';
import type { Problem } from './problem';
import { msOf } from './projection';
import { TaskQueues } from './task-queues';
import type { DescribedExecution, HistoryEvent, TemporalCalls } from './temporal-calls';

const { PENDING_WORKFLOW_TASK_STATE_SCHEDULED } = temporal.api.enums.v1.PendingWorkflowTaskState;
const { WORKFLOW_EXECUTION_STATUS_RUNNING } = temporal.api.enums.v1.WorkflowExecutionStatus;
const CAUSES = temporal.api.enums.v1.WorkflowTaskFailedCause;

/** Time in ms that a workflow task may be pending before Temporal is asked about it. */
const SUSPECT_AFTER_MS = 2_000;

/** Time in ms for which an answer holds. */
const REMEMBERED_MS = 3_000;

/** Warnings about the tasks of one agent in a minute. */
const WARNINGS = { most: 5, perMs: 60_000 };

/** Longest text of a failure that is passed on, in characters. */
const MAX_REASON = 500;

/** Events from the end of a history among which the failure of its workflow task is looked for. */
const LAST_EVENTS = 100;

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
  private readonly warnings = new Map<string, { count: number; since: number }>();

  constructor(private readonly calls: TemporalCalls) {
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

  /** What is wrong with the task; undefined when nothing is, or when it cannot be told now. */
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
    const event = await this.lastFailure(taskId, runId);
    // A worker was lost while it was at the task; another one takes it.
    if (event?.workflowTaskTimedOutEventAttributes && failures < 2) return undefined;
    const times = timesOf(failures);
    const reason = await this.reasonOf(taskId, event, reportedCause(described));
    return `The workflow task of run ${runId} has failed ${times}${reason}; Temporal retries it.`;
  }

  /** Of the attempts to carry out a workflow task, the history holds the first. */
  private async lastFailure(taskId: string, runId: string): Promise<HistoryEvent | undefined> {
    const { history } = await this.calls.call((service) =>
      service.getWorkflowExecutionHistoryReverse({
        namespace: this.calls.namespace,
        execution: { workflowId: taskId, runId },
        maximumPageSize: LAST_EVENTS,
      }),
    );
    return history?.events?.find(
      (event) => event.workflowTaskFailedEventAttributes ?? event.workflowTaskTimedOutEventAttributes,
    );
  }

  private async reasonOf(
    taskId: string,
    event: HistoryEvent | undefined,
    reported: string | undefined,
  ): Promise<string> {
    const failed = event?.workflowTaskFailedEventAttributes;
    const cause = failed ? causeOf(CAUSES[failed.cause ?? 0]) : undefined;
    // A later attempt has failed otherwise; of that one nothing else is known.
    if (reported !== undefined && reported !== cause) return `: ${reported}`;
    if (!failed) return event === undefined ? '' : ': its worker did not complete it in time';
    const { message } = await this.calls.payloads.readFailure(failed.failure, taskId);
    return `: ${[cause, message.slice(0, MAX_REASON)].filter(Boolean).join(': ')}`;
  }

  private report(taskId: string, agentId: string, problem: Problem | undefined): void {
    if (problem === undefined) {
      this.logged.delete(taskId);
      return;
    }
    if (this.logged.get(taskId) === problem.kind) return;
    this.logged.set(taskId, problem.kind);
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

/** As Temporal's UI shows it: `WorkflowWorkerUnhandledFailure`. */
function causeOf(name: string | undefined): string | undefined {
  return name
    ?.replace('WORKFLOW_TASK_FAILED_CAUSE_', '')
    .toLowerCase()
    .replace(/(^|_)([a-z])/g, (_match, _start, letter: string) => letter.toUpperCase());
}

/** What Temporal says of the attempts of late, after the fifth. */
function reportedCause({ workflowExecutionInfo }: DescribedExecution): string | undefined {
  const { data } = workflowExecutionInfo?.searchAttributes?.indexedFields?.TemporalReportedProblems ?? {};
  return /"cause=(?:WorkflowTaskFailedCause|WorkflowTaskTimedOutCause)?(\w+)"/.exec(
    Buffer.from(data ?? []).toString(),
  )?.[1];
}
