import { defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowOutboundCallsInterceptor } from '@temporalio/workflow';
import { START_HEADER, type TaskStart } from '../a2a/contract';

const starts = new Map<string, TaskStart>();

/** The child workflow of this ID knows nothing of A2A: its history tells of its task in a header field. */
export function startsAs(workflowId: string, start: TaskStart): void {
  starts.set(workflowId, start);
}

/** Adds the header fields that {@link startsAs} asked for. */
export const startHeaders: WorkflowOutboundCallsInterceptor = {
  startChildWorkflowExecution(input, next) {
    const start = starts.get(input.options.workflowId);
    if (start === undefined) return next(input);
    starts.delete(input.options.workflowId);
    const headers = { ...input.headers, [START_HEADER]: defaultPayloadConverter.toPayload(start) };
    return next({ ...input, headers });
  },
};
