import type { Payload } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { LRUCache } from 'lru-cache';
import { readTask } from '../a2a/agent-json';
import { isTerminal } from '../a2a/task-update';
import type { Task } from '../a2a/types';
import { TASK_QUERY } from '../contract/contract';
import { unreadableText, valueIn } from '../contract/payload';
import type { EndedTasks } from './ended-tasks';
import { withProblem } from './problem';
import { SharedCalls } from './shared-calls';
import type { StuckTasks } from './stuck-tasks';
import type { TaskFacts, TaskFactsCache } from './task-facts';
import { taskNotFound } from './task-not-found';
import { abortable, fromTemporal, GRPC, isGrpcError, type TemporalCalls } from './temporal-calls';
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
  ended: EndedTasks;
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
   * @param endWithinMs for how long an end that is known is taken for the current one, as in {@link EndedTasks.current}
   * @throws TaskNotFoundError
   */
  async read(taskId: string, call: CallContext, endWithinMs?: number): Promise<Task> {
    const { facts: tasks, ended } = this.options;
    const facts = await tasks.require(taskId, call);
    try {
      const end = await ended.current(taskId, endWithinMs);
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
    const { stuck, ended } = this.options;
    const fold = await ended.fold(taskId);
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
      const { queryResult, queryRejected } = await abortable(call, AbortSignal.timeout(QUERY_TIMEOUT_MS));
      if (queryRejected) {
        // One that is paused is not open either, until it goes on.
        facts.closed = queryRejected.status !== WORKFLOW_EXECUTION_STATUS_PAUSED;
        return undefined;
      }
      return await this.readAnswer(queryResult?.payloads?.[0], taskId, facts);
    } catch (error) {
      if (isGrpcError(error, GRPC.NOT_FOUND)) throw error;
      const late = isTimeout(error) || isGrpcError(error, GRPC.DEADLINE_EXCEEDED, GRPC.CANCELLED);
      if (!late) return undefined;
      this.silent.set(taskId, true);
      return 'late';
    }
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

function isTimeout(error: unknown): boolean {
  return (error as { name?: unknown }).name === 'TimeoutError';
}
