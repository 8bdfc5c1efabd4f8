import type { WorkflowClientInterceptor } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { TRACE_HEADER, writeTraceHeader } from '../contract/trace';
import type { Tracing } from '../tracing/tracing';

/** The header field by which a workflow goes on with the trace of what is being done; none without one. */
export function traceHeader(tracing: Tracing): Record<string, Payload> {
  const fields = tracing.fields();
  return fields === undefined ? {} : writeTraceHeader(fields);
}

/** Gives what is started the header field, unless an interceptor of the client's own has. */
export function traceHeaders(tracing: Tracing): WorkflowClientInterceptor {
  const added = <Headers extends Record<string, Payload>>(headers: Headers): Headers =>
    TRACE_HEADER in headers ? headers : { ...headers, ...traceHeader(tracing) };
  return {
    startWithDetails: (input, next) => next({ ...input, headers: added(input.headers) }),
    signalWithStart: (input, next) => next({ ...input, headers: added(input.headers) }),
    startUpdateWithStart: (input, next) =>
      next({ ...input, workflowStartHeaders: added(input.workflowStartHeaders) }),
  };
}
