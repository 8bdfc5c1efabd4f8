import {
  ContinueAsNew,
  isCancellation,
  TemporalFailure,
  type WorkflowInboundCallsInterceptor,
  type WorkflowInterceptorsFactory,
} from '@temporalio/workflow';
import type { TaskState } from '../a2a/types';
import { REJECTED_FAILURE, START_HEADER } from '../contract/contract';
import { INTERCEPTORS_MARK } from '../contract/interceptors-mark';
import { maxPayloadBytes } from '../contract/limits';
import { assertPayloadFits } from '../contract/payload-limit';
import { saysMore, stateOfResult } from '../contract/result';
import { endAttributes, noteEnd } from './expected-end';
import { parentTold } from './parent';
import { payloadMode } from './payload-mode';
import { readError } from './readings';
import { activityHeaders, droppedUpdates } from './reported-updates';
import { cancelledCallsEnded, cancelUnattendedCalls } from './running-calls';
import { questionHeaders } from './seen-questions';
import { measureCommands, sendableContinuation } from './sendable-commands';
import { keepHeaders, startHeaders } from './start-headers';
import { upsertFinalState } from './task-state';
import { memoTells, PlainSummary } from './task-summary';
import { beginTrace, endTrace, linkTrace, traceHeaders } from './traces';

/**
 * For workers that run agents: the search attribute `A2aState` tells the final state too, what Temporal would
 * refuse for its size ends the task instead of being retried for ever, a calling workflow is told everything before its
 * child ends, and calls that are cancelled end before the workflow. Does nothing in workflows that call no agent and
 * that the bridge did not start.
 */
export const interceptors: WorkflowInterceptorsFactory = Object.assign(
  () => {
    measureCommands();
    const summary = new PlainSummary();
    return {
      inbound: [new TaskEnd(summary), droppedUpdates, questionHeaders, tracedMessages],
      outbound: [startHeaders, activityHeaders, endAttributes, traceHeaders, sendableContinuation],
      internals: [summary],
    };
  },
  { mark: INTERCEPTORS_MARK },
);

class TaskEnd implements WorkflowInboundCallsInterceptor {
  constructor(private readonly summary: PlainSummary) {}

  execute: NonNullable<WorkflowInboundCallsInterceptor['execute']> = async (input, next) => {
    keepHeaders(input.headers);
    beginTrace(input.headers);
    if (input.headers[START_HEADER] !== undefined) this.summary.begin();
    try {
      const result = await next(input);
      cancelUnattendedCalls();
      await settled();
      assertPayloadFits(result, 'the result of the workflow', maxPayloadBytes(payloadMode()));
      const state = stateOfResult(result) ?? 'TASK_STATE_COMPLETED';
      upsertFinalState(state, memoTells() && !saysMore(result));
      endTrace(state);
      return result;
    } catch (error) {
      const state = finalState(error);
      if (state !== undefined) cancelUnattendedCalls();
      // Any other error has its workflow task tried again: nothing ends.
      if (state !== undefined || error instanceof ContinueAsNew) await settled();
      if (state !== undefined) upsertFinalState(state, memoTells());
      if (state === 'TASK_STATE_FAILED' || state === 'TASK_STATE_REJECTED')
        noteEnd(error as Error, input.args[0]);
      if (state !== undefined)
        endTrace(state, state === 'TASK_STATE_CANCELED' ? undefined : readError(error as Error));
      throw error;
    }
  };
}

/** Signals may come before the workflow begins: their handlers are asked then. */
const tracedMessages: WorkflowInboundCallsInterceptor = {
  handleSignal(input, next) {
    linkTrace(input.signalName, input.headers);
    return next(input);
  },
};

/** Resolves when nothing is under way that a run must not leave behind. */
async function settled(): Promise<void> {
  await cancelledCallsEnded();
  await parentTold();
}

/** Undefined when the error does not end the task: it goes on as new, or its workflow task is retried. */
function finalState(error: unknown): TaskState | undefined {
  if (error instanceof ContinueAsNew) return undefined;
  if (isCancellation(error)) return 'TASK_STATE_CANCELED';
  if (!(error instanceof TemporalFailure)) return undefined;
  return readError(error).type === REJECTED_FAILURE ? 'TASK_STATE_REJECTED' : 'TASK_STATE_FAILED';
}
