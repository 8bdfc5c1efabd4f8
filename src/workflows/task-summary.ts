import { type WorkflowInternalsInterceptor, workflowInfo } from '@temporalio/workflow';
import type { Task } from '../a2a/types';
import { MESSAGE_SIGNAL, UPDATE_NAME } from '../contract/contract';
import { payloadBytes } from '../contract/limits';
import { memoSummary, SUMMARY_MEMO } from '../contract/memo-summary';

/** Bytes of summaries that one run writes; a task that changes so often is read from its history. */
const MAX_WRITTEN = 64_000;

type Shown = Pick<Task, 'history' | 'metadata'>;

/**
 * Keeps the memo field `a2a_summary` up to date. It is written with what is written anyway: with the null that follows
 * the updates of a workflow task.
 */
export class TaskSummary {
  /** What the memo tells; undefined when it has no summary, or one that may be of earlier. */
  private told: Shown | undefined;
  private left = MAX_WRITTEN;

  /**
   * @param task as the run was started with it
   * @param isNew whether the run is the first of the task: the memo that continue-as-new carries over may be of earlier
   */
  constructor(task: Shown, isNew: boolean) {
    if (isNew && isInMemo()) this.told = task;
  }

  /** Whether the memo tells what a list shows of the Task, beside its status. */
  tells({ history, metadata }: Shown): boolean {
    return this.told !== undefined && this.told.history === history && this.told.metadata === metadata;
  }

  /** Fields to be written into the memo. */
  update(task: Shown): Record<string, unknown> {
    if (this.left <= 0 || this.tells(task)) return {};
    const summary = memoSummary(task);
    this.told = summary && task;
    // The history of a task only grows.
    this.left = summary === undefined ? 0 : this.left - payloadBytes(summary);
    if (summary === undefined && !isInMemo()) return {};
    return { [SUMMARY_MEMO]: summary ?? null };
  }
}

/** Whether the memo of this workflow has a summary. */
export function isInMemo(): boolean {
  return workflowInfo().memo?.[SUMMARY_MEMO] !== undefined;
}

/**
 * Whether the task of a plain workflow is still as it was started: it is changed by signals, which the workflow has no
 * handlers for, and by memo fields that its code writes.
 */
export class PlainSummary implements WorkflowInternalsInterceptor {
  private isSignaled = false;

  readonly activate: NonNullable<WorkflowInternalsInterceptor['activate']> = (input, next) => {
    for (const { signalWorkflow } of input.activation.jobs ?? []) {
      const name = signalWorkflow?.signalName;
      if (name === UPDATE_NAME || name === MESSAGE_SIGNAL) this.isSignaled = true;
    }
    next(input);
  };

  /** The workflow begins. */
  begin(): void {
    if (!isInMemo()) return;
    const { memo } = workflowInfo();
    // The SDK makes another object of it with each change.
    setSummaryCheck(() => !this.isSignaled && workflowInfo().memo === memo);
  }
}

/** Each workflow has modules, and so variables, of its own. */
let isTold: (() => boolean) | undefined;

/** How this workflow knows whether its memo tells what a list shows of its task, beside its status. */
export function setSummaryCheck(check: () => boolean): void {
  isTold = check;
}

/** See {@link setSummaryCheck}. */
export function memoTells(): boolean {
  return isTold?.() === true;
}
