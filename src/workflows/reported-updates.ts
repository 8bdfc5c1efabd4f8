import { defaultPayloadConverter } from '@temporalio/common';
import {
  type WorkflowInboundCallsInterceptor,
  type WorkflowOutboundCallsInterceptor,
  workflowInfo,
} from '@temporalio/workflow';
import { SCHEDULED_BY_HEADER, SOURCE_HEADER, UPDATE_NAME } from '../contract/contract';
import { readSource, ScheduledActivities } from '../contract/update-source';

/** Each workflow has modules, and so variables, of its own. */
const scheduled = new ScheduledActivities();

/** Knows which activities this run has scheduled, and tells them the run: see `ScheduledActivities`. */
export const activityHeaders: WorkflowOutboundCallsInterceptor = {
  scheduleActivity(input, next) {
    scheduled.add(input.options.activityId ?? String(input.seq));
    const runId = defaultPayloadConverter.toPayload(workflowInfo().runId);
    return next({ ...input, headers: { ...input.headers, [SCHEDULED_BY_HEADER]: runId } });
  },
};

/** Drops what activities have reported that a reset has undone. The bridge passes over the same signals. */
export const undoneUpdates: WorkflowInboundCallsInterceptor = {
  async handleSignal(input, next) {
    const isUpdate = input.signalName === UPDATE_NAME;
    if (!isUpdate || !scheduled.isUndone(readSource(input.headers[SOURCE_HEADER]))) await next(input);
  },
};
