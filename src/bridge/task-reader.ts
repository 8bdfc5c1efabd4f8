import { temporal } from '@temporalio/proto';
import type { Task } from '../a2a/types';
import { TASK_QUERY } from '../contract/contract';
import { foldHistory } from './history';
import { isTask } from './projection';
import { type TaskFacts, type TaskFactsCache, taskNotFound } from './task-facts';
import { fromTemporal, GRPC, isGrpcError, type TemporalCalls } from './temporal-calls';
import type { CallContext } from './types';

/** Time in ms that a worker has to answer a query before the history is read instead. */
const QUERY_TIMEOUT_MS = 1_000;

/** Time in ms for which a task queue that did not answer is not asked again. */
const NOT_ASKED_MS = 5_000;

const { QUERY_REJECT_CONDITION_NOT_OPEN } = temporal.api.enums.v1.QueryRejectCondition;

/**
 * The Task as it is: from a query while its workflow runs, from its history when it is closed or when no worker
 * answers. Both give the same Task, because both fold the same updates.
 */
export class TaskReader {
  private readonly silentUntil = new Map<string, number>();

  constructor(
    private readonly calls: TemporalCalls,
    private readonly facts: TaskFactsCache,
  ) {}

  /** @throws TaskNotFoundError */
  async read(taskId: string, call: CallContext): Promise<Task> {
    const facts = await this.facts.require(taskId, call);
    try {
      return (await this.query(taskId, facts)) ?? (await this.fold(taskId));
    } catch (error) {
      if (!isGrpcError(error, GRPC.NOT_FOUND)) throw fromTemporal(error);
      this.facts.forget(taskId);
      throw taskNotFound(taskId);
    }
  }

  private async fold(taskId: string): Promise<Task> {
    const { task } = await foldHistory(this.calls, { workflowId: taskId });
    if (task === undefined) throw taskNotFound(taskId);
    return task;
  }

  /** Undefined when the workflow is closed, does not answer queries, or has no worker. */
  private async query(taskId: string, facts: TaskFacts): Promise<Task | undefined> {
    if (facts.plain || facts.closed === true || (this.silentUntil.get(facts.taskQueue) ?? 0) > Date.now())
      return undefined;
    try {
      const { queryResult, queryRejected } = await this.calls.call(
        (service) =>
          service.queryWorkflow({
            namespace: this.calls.namespace,
            execution: { workflowId: taskId },
            query: { queryType: TASK_QUERY },
            // Temporal itself answers for closed workflows, without a worker.
            queryRejectCondition: QUERY_REJECT_CONDITION_NOT_OPEN,
          }),
        QUERY_TIMEOUT_MS,
      );
      if (queryRejected) {
        facts.closed = true;
        return undefined;
      }
      const answer = await this.calls.payloads.decode(queryResult?.payloads?.[0]);
      return isTask(answer) && answer.id === taskId ? answer : undefined;
    } catch (error) {
      if (isGrpcError(error, GRPC.NOT_FOUND)) throw error;
      if (isGrpcError(error, GRPC.DEADLINE_EXCEEDED, GRPC.FAILED_PRECONDITION, GRPC.CANCELLED)) {
        this.silentUntil.set(facts.taskQueue, Date.now() + NOT_ASKED_MS);
      }
      return undefined;
    }
  }
}
