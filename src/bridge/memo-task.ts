import { temporal } from '@temporalio/proto';
import { LRUCache } from 'lru-cache';
import { fieldOf, readMessage } from '../a2a/agent-json';
import { isObject } from '../a2a/is-object';
import { applyUpdate, type TaskUpdate } from '../a2a/task-update';
import type { Message, Struct, Task } from '../a2a/types';
import { fromKeyword } from '../contract/keyword';
import { SUMMARY_MEMO } from '../contract/memo-summary';
import { valueIn } from '../contract/payload';
import { isoTime, Projection } from './projection';
import { readKeyword } from './task-start';
import type { TemporalCalls } from './temporal-calls';
import type { VisibleRun } from './visible-task';

const {
  WORKFLOW_EXECUTION_STATUS_COMPLETED,
  WORKFLOW_EXECUTION_STATUS_CANCELED,
  WORKFLOW_EXECUTION_STATUS_FAILED,
} = temporal.api.enums.v1.WorkflowExecutionStatus;

/** Bytes of tasks that one node remembers, as JSON: what a memo tells of a closed run never changes. */
const REMEMBERED_BYTES = 8_000_000;

/** Characters that a keyword has which may have been cut. */
const CUT_KEYWORD = 255;

/**
 * Whether visibility tells all that a list shows of the task that a closed run has ended, except for the message of a
 * failure: its workflow has unset `A2aUpdatedAt` with the final state (see `upsertFinalState`).
 */
export function isTold(run: VisibleRun): boolean {
  const { taskId, execution, said, saysEnd, status, retried } = run;
  // LatestRuns cannot ask for such an ID.
  if (taskId.includes("'")) return false;
  if (!saysEnd || execution.searchAttributes?.indexedFields?.A2aUpdatedAt?.data?.length) return false;
  if (execution.memo?.fields?.[SUMMARY_MEMO] === undefined || !execution.closeTime) return false;
  switch (status) {
    case WORKFLOW_EXECUTION_STATUS_COMPLETED:
      return true;
    case WORKFLOW_EXECUTION_STATUS_CANCELED:
      return said === 'TASK_STATE_CANCELED';
    case WORKFLOW_EXECUTION_STATUS_FAILED:
      return !retried;
    default:
      return false;
  }
}

/** Tasks as visibility tells them, without artifacts. */
export class MemoTasks {
  /** By the IDs of their runs. */
  private readonly tasks = new LRUCache<string, Task>({
    maxSize: REMEMBERED_BYTES,
    sizeCalculation: (task) => JSON.stringify(task).length,
  });

  constructor(private readonly calls: TemporalCalls) {}

  /**
   * The Task of a run of which visibility tells it; undefined when the memo cannot be read.
   * @throws BridgeError UNAVAILABLE when a payload cannot be decoded now
   */
  async read(run: VisibleRun): Promise<Task | undefined> {
    const known = this.tasks.get(run.runId);
    if (known !== undefined) return known;
    const task = await this.decode(run);
    if (task !== undefined) this.tasks.set(run.runId, task);
    return task;
  }

  private async decode(run: VisibleRun): Promise<Task | undefined> {
    const { taskId, execution } = run;
    const context = readKeyword(execution.searchAttributes?.indexedFields?.A2aContext?.data);
    if (context === undefined || context.length >= CUT_KEYWORD) return undefined;
    const ids = { id: taskId, contextId: fromKeyword(context) };
    const summary = await this.calls.payloads.read(execution.memo?.fields?.[SUMMARY_MEMO], taskId);
    const task = withSummary(ids, valueIn(summary));
    if (task === undefined) return undefined;
    const updates = await this.endOf(run);
    return updates?.reduce(applyUpdate, task);
  }

  private async endOf(run: VisibleRun): Promise<TaskUpdate[] | undefined> {
    const { said: state, execution, status } = run;
    if (status === WORKFLOW_EXECUTION_STATUS_FAILED) return this.failureOf(run);
    if (state === undefined) return undefined;
    return [{ statusUpdate: { status: { state, timestamp: isoTime(execution.closeTime) } } }];
  }

  private async failureOf({ taskId, runId }: VisibleRun): Promise<TaskUpdate[] | undefined> {
    const closing = await this.calls.readClosingEvent({ workflowId: taskId, runId });
    if (closing === undefined) return undefined;
    const { updates, ended } = await new Projection(this.calls, { taskId, runId }).project(closing);
    return ended === true ? updates : undefined;
  }
}

function withSummary(ids: Pick<Task, 'id' | 'contextId'>, summary: unknown): Task | undefined {
  const told = fieldOf(summary, 'history');
  if (!Array.isArray(told)) return undefined;
  const history = told.flatMap((each: unknown): Message[] => {
    const message = readMessage(each, SUMMARY_MEMO);
    return message === undefined ? [] : [{ ...message, taskId: ids.id, contextId: ids.contextId }];
  });
  if (history.length < told.length) return undefined;
  const metadata = fieldOf(summary, 'metadata');
  return {
    ...ids,
    status: { state: 'TASK_STATE_WORKING' },
    history,
    ...(isObject(metadata) && { metadata: metadata as Struct }),
  };
}
