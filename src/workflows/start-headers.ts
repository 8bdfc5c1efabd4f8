import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import type { WorkflowOutboundCallsInterceptor } from '@temporalio/workflow';
import { isObject } from '../a2a/is-object';
import { START_HEADER, type TaskStart } from '../contract/contract';

/** TaskStarts of plain child workflows, by their IDs. */
const starts = new Map<string, TaskStart>();

/** Header fields that this workflow was started with. */
let own: Headers = {};

/** The child workflow of this ID is plain: its history holds its TaskStart in a header field. */
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

/** Keeps what this workflow was started with for {@link headerStart}. */
export function keepHeaders(headers: Headers): void {
  own = headers;
}

/** The TaskStart of this workflow when it is plain; undefined when no header field holds one. */
export function headerStart(): Partial<TaskStart> | undefined {
  const payload = own[START_HEADER];
  if (payload === undefined) return undefined;
  try {
    const start: unknown = defaultPayloadConverter.fromPayload(payload);
    return isObject(start) ? start : undefined;
  } catch {
    // Written by another payload converter.
    return undefined;
  }
}
