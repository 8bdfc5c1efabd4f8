import { defaultPayloadConverter, type Headers, type Payload } from '@temporalio/common';
import { proxyActivities, type WorkflowOutboundCallsInterceptor } from '@temporalio/workflow';
import { isObject } from '../a2a/is-object';
import { START_HEADER, type TaskStart } from '../contract/contract';
import { DEPTH_HEADER, readDepth, wrapEncoded, writeDepth } from '../contract/encoded-start';

/** Header fields of plain child workflows, by their IDs. */
const starts = new Map<string, Record<string, Payload>>();

/** Header fields that this workflow was started with. */
let own: Headers = {};

/**
 * The child workflow of this ID is plain: its history holds its TaskStart in a header field.
 * @param encoded the TaskStart as {@link encodeStart} has given it
 */
export function startsAs(workflowId: string, start: TaskStart, encoded?: string): void {
  const payload = encoded === undefined ? defaultPayloadConverter.toPayload(start) : wrapEncoded(encoded);
  starts.set(workflowId, { [START_HEADER]: payload, [DEPTH_HEADER]: writeDepth(start.callDepth ?? 0) });
}

/** Where payloads are encoded by a codec: Temporal would leave what is in a header field in clear. */
export function encodeStart(start: TaskStart): Promise<string> {
  const activities = proxyActivities<{ encodeStart(start: TaskStart): Promise<string> }>({
    startToCloseTimeout: '10 seconds',
  });
  return activities.encodeStart(start);
}

/** Adds the header fields that {@link startsAs} asked for. */
export const startHeaders: WorkflowOutboundCallsInterceptor = {
  startChildWorkflowExecution(input, next) {
    const fields = starts.get(input.options.workflowId);
    if (fields === undefined) return next(input);
    starts.delete(input.options.workflowId);
    return next({ ...input, headers: { ...input.headers, ...fields } });
  },
};

/** Keeps what this workflow was started with for {@link depthOfStart}. */
export function keepHeaders(headers: Headers): void {
  own = headers;
}

/** How many calls have led to this plain workflow; undefined when no header field tells. */
export function depthOfStart(): number | undefined {
  try {
    return readDepth(own[DEPTH_HEADER]) ?? depthIn(own[START_HEADER]);
  } catch {
    // Written by another payload converter.
    return undefined;
  }
}

/** Up to version 0.1.0 the TaskStart alone tells. */
function depthIn(payload: Payload | undefined): number | undefined {
  if (payload === undefined) return undefined;
  const start: unknown = defaultPayloadConverter.fromPayload(payload);
  return isObject(start) && typeof start.callDepth === 'number' ? start.callDepth : undefined;
}
