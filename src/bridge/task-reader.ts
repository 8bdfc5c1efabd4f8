import type { Payload } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { LRUCache } from 'lru-cache';
import { readTask } from '../a2a/agent-json';
import { isTerminal } from '../a2a/task-update';
import type { Task } from '../a2a/types';
import { TASK_QUERY } from '../contract/contract';
import { unreadableText, valueIn } from '../contract/payload';
import type { KnownTasks } from './known-tasks';
import { withProblem } from './problem';
import { SharedCalls } from './shared-calls';
import type { StuckTasks } from './stuck-tasks';
import type { TaskFacts, TaskFactsCache } from './task-facts';
import { taskNotFound } from './task-not-found';
import { fromTemporal, GRPC, isGrpcError, type TemporalCalls } from './temporal-calls';
import type { CallContext } from './types';

/** Time in ms that a worker has to answer a query before the history is read instead. */
const QUERY_TIMEOUT_MS = 1_000;

/** Time in ms for which a task queue, or a task, that did not answer is not asked again. */
const NOT_ASKED_MS = 5_000;

const { QUERY_REJECT_CONDITION_NOT_OPEN } = temporal.api.enums.v1.QueryRejectCondition;
const { WORKFLOW_EXECUTION_STATUS_PAUSED } = temporal.api.enums.v1.WorkflowExecutionStatus;

export interface TaskReaderOptions {
  calls: TemporalCalls;
  facts: TaskFactsCache;
  stuck: StuckTasks;
  known: KnownTasks;
}

/** See {@link TaskReader.read}. */
export type CurrentTask = (taskId: string, call: CallContext, endWithinMs?: number) => Promise<Task>;

/**
 * The Task as it is: from a query while its workflow runs, from its history when it is closed or when no worker
 * answers. Both give the same Task, because both fold the same updates. The status of a task that is stuck says why.
 */
export class TaskReader {
  /** Task queues without a worker, and IDs of tasks that did not answer. */
  private readonly silent = new LRUCache<string, true>({ max: 10_000, ttl: NOT_ASKED_MS });
  private readonly queries = new SharedCalls<Task | 'late' | undefined>();

  constructor(private readonly options: TaskReaderOptions) {}

  /**
   * @param endWithinMs for how long an end that is known is taken for the current one, as in {@link KnownTasks.current}
   * @throws TaskNotFoundError
   */
  async read(taskId: string, call: CallContext, endWithinMs?: number): Promise<Task> {
    const { facts: tasks, known } = this.options;
    const facts = await tasks.require(taskId, call);
    try {
      const end = await known.current(taskId, endWithinMs);
      if (end !== undefined) {
        facts.closed = true;
        return end.task;
      }
      // Temporal keeps one query waiting for a worker, and has further ones tried again for many seconds.
      const answer = await this.queries.run(taskId, () => this.query(taskId, facts));
      if (typeof answer === 'object') return await this.withProblemOfCalled(answer, facts);
      return await this.fold(taskId, facts, answer === 'late');
    } catch (error) {
      if (!isGrpcError(error, GRPC.NOT_FOUND)) throw fromTemporal(error);
      tasks.forget(taskId);
      throw taskNotFound(taskId);
    }
  }

  private async fold(taskId: string, facts: TaskFacts, late: boolean): Promise<Task> {
    const { stuck, known } = this.options;
    const fold = await known.fold(taskId);
    const { task } = fold;
    if (task === undefined) throw taskNotFound(taskId);
    const problem = await stuck.problemOf(fold, facts.agentId);
    // Other tasks of the queue may well be answered while the workflow task of one fails.
    if (late && !fold.failing) this.silent.set(facts.taskQueue, true);
    return problem === undefined ? this.withProblemOfCalled(task, facts) : withProblem(task, problem);
  }

  private async withProblemOfCalled(task: Task, { agentId }: TaskFacts): Promise<Task> {
    const problem = await this.options.stuck.problemOfQuiet(task, agentId);
    return problem === undefined ? task : withProblem(task, problem);
  }

  /**
   * Undefined when the workflow is closed or does not answer queries now; `late` when no worker has answered in time.
   */
  private async query(taskId: string, facts: TaskFacts): Promise<Task | 'late' | undefined> {
    if (facts.plain || facts.closed === true) return undefined;
    if (this.silent.has(facts.taskQueue) || this.silent.has(taskId)) return undefined;
    const { calls } = this.options;
    try {
      const call = calls.call(
        (service) =>
          service.queryWorkflow({
            namespace: calls.namespace,
            execution: { workflowId: taskId },
            query: { queryType: TASK_QUERY },
            // Temporal itself answers for closed workflows, without a worker.
            queryRejectCondition: QUERY_REJECT_CONDITION_NOT_OPEN,
          }),
        QUERY_TIMEOUT_MS,
      );
      // The deadline is one for each attempt, of which a NativeConnection makes several.
      const answer = await inTime(call, QUERY_TIMEOUT_MS);
      if (answer === undefined) return this.fallsSilent(taskId);
      const { queryResult, queryRejected } = answer;
      if (queryRejected) {
        // One that is paused is not open either, until it goes on.
        facts.closed = queryRejected.status !== WORKFLOW_EXECUTION_STATUS_PAUSED;
        return undefined;
      }
      return await this.readAnswer(queryResult?.payloads?.[0], taskId, facts);
    } catch (error) {
      if (isGrpcError(error, GRPC.NOT_FOUND)) throw error;
      return isGrpcError(error, GRPC.DEADLINE_EXCEEDED, GRPC.CANCELLED)
        ? this.fallsSilent(taskId)
        : undefined;
    }
  }

  private fallsSilent(taskId: string): 'late' {
    this.silent.set(taskId, true);
    return 'late';
  }

  /** Undefined when it is not what docs/contract.md says; the history tells the same. */
  private async readAnswer(
    payload: Payload | null | undefined,
    taskId: string,
    { agentId, contextId }: TaskFacts,
  ): Promise<Task | undefined> {
    const { payloads, reports } = this.options.calls;
    const answer = await payloads.read(payload, taskId);
    const of = { agentId, taskId };
    if (answer.kind === 'unreadable')
      reports.unreadable(of, unreadableText(`The answer to ${TASK_QUERY}`, answer));
    const task = readTask(valueIn(answer), TASK_QUERY, (field, problem) =>
      reports.leftOut(of, field, problem),
    );
    // Only the end of the workflow ends a task.
    if (task?.id !== taskId || isTerminal(task.status.state)) return undefined;
    return { ...task, contextId };
  }
}

/** Undefined when it takes longer; the call itself may go on. */
async function inTime<T>(call: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}
