import { defaultPayloadConverter, RawValue } from '@temporalio/common';
import {
  type WorkflowInboundCallsInterceptor,
  type WorkflowOutboundCallsInterceptor,
  workflowInfo,
} from '@temporalio/workflow';
import { SCHEDULED_BY_HEADER, SOURCE_HEADER, UPDATE_NAME } from '../contract/contract';
import { valueIn } from '../contract/payload';
import { ReportedUpdates, readSource } from '../contract/update-source';
import { hasFlag, WorkflowFlags } from './flags';
import { readRaw } from './readings';

/** Each workflow has modules, and so variables, of its own. */
const reported = new ReportedUpdates();

/** Knows which activities this run has scheduled, and tells them the run: see `ReportedUpdates`. */
export const activityHeaders: WorkflowOutboundCallsInterceptor = {
  scheduleActivity(input, next) {
    reported.schedule(input.options.activityId ?? String(input.seq));
    const runId = defaultPayloadConverter.toPayload(workflowInfo().runId);
    return next({ ...input, headers: { ...input.headers, [SCHEDULED_BY_HEADER]: runId } });
  },
};

/**
 * Drops what activities have reported that a reset has undone, or that another attempt has told. The bridge passes over
 * the same updates.
 */
export const droppedUpdates: WorkflowInboundCallsInterceptor = {
  async handleSignal(input, next) {
    if (input.signalName !== UPDATE_NAME) return next(input);
    const source = readSource(input.headers[SOURCE_HEADER]);
    const dropped = reported.passedOver(source);
    reported.take(source);
    const isUndone = source !== undefined && !reported.isScheduled(source);
    if (dropped === 0 || !(isUndone || hasFlag(WorkflowFlags.overtakenAttempts))) return next(input);
    if (dropped === Number.POSITIVE_INFINITY) return;
    return next({ ...input, args: input.args.map((updates) => withoutFirst(updates, dropped)) });
  },
};

/** @param updates as a handler of this package gets them, or one of the workflow's own */
function withoutFirst(updates: unknown, count: number): unknown {
  if (updates instanceof RawValue) return new RawValue(withoutFirst(valueIn(readRaw(updates)), count));
  return Array.isArray(updates) ? updates.slice(count) : updates;
}
