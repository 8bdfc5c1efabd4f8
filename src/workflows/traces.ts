import { defaultPayloadConverter, type Headers, type Payload } from '@temporalio/common';
import {
  proxySinks,
  type Sinks,
  type WorkflowOutboundCallsInterceptor,
  workflowInfo,
} from '@temporalio/workflow';
import type { TaskState } from '../a2a/types';
import { MESSAGE_SIGNAL } from '../contract/contract';
import { fromKeyword } from '../contract/keyword';
import { taskAttributes } from '../contract/task-attributes';
import {
  readTraceHeader,
  readTraceparent,
  TRACE_HEADER,
  type TraceFields,
  type TraceParent,
  writeTraceHeader,
  writeTraceparent,
} from '../contract/trace';

/** What a task tells of itself when it has ended, for its span, which the worker makes: workflow code cannot. */
export interface TracedTask {
  parent: TraceFields;
  spanId: string;
  agent: string;
  taskId: string;
  contextId?: string;
  state: TaskState;
  /** Why it has failed. */
  error?: { type: string; message: string };
  /** Of the client's further messages. */
  links: TraceFields[];
  /** In ms since 1970. */
  begun: number;
  ended: number;
}

/** Called by the interceptors of a workflow that is part of a trace. */
export interface TraceSinks extends Sinks {
  a2aTrace: { taskEnded(task: TracedTask): void };
}

/** Further messages of a task that its span links to. */
const MAX_LINKS = 32;

/** The rest belongs into the log. */
const MAX_MESSAGE = 500;

interface BegunTrace {
  given: Payload;
  parent: TraceFields;
  parsed: TraceParent;
  /** Undefined in a workflow that is no task. */
  spanId: string | undefined;
  earlier: EarlierRuns;
}

/** What the next run of a task is told in {@link RUNS_HEADER}. */
interface EarlierRuns extends Pick<TracedTask, 'begun' | 'links'> {}

/** Header field of continue-as-new, beside the trace. */
const RUNS_HEADER = 'a2a_trace';

const { a2aTrace } = proxySinks<TraceSinks>();

/** Each workflow has modules, and so variables, of its own. */
let begun: BegunTrace | undefined;

/** @param headers that the workflow was started with; without a trace in them, nothing else here does anything */
export function beginTrace(headers: Headers): void {
  const given = headers[TRACE_HEADER];
  const parent = readTraceHeader(headers);
  const parsed = parent && readTraceparent(parent.traceparent);
  if (given === undefined || parent === undefined || parsed === undefined) return;
  const spanId = isTask() ? spanIdOfTask() : undefined;
  begun = { given, parent, parsed, spanId, earlier: earlierRuns(headers[RUNS_HEADER]) };
}

/** A further message is part of another trace, that of its own request. */
export function linkTrace(signalName: string, headers: Headers): void {
  if (begun === undefined || signalName !== MESSAGE_SIGNAL) return;
  const fields = readTraceHeader(headers);
  const { links } = begun.earlier;
  if (fields !== undefined && links.length < MAX_LINKS) links.push(fields);
}

/** Tells of a task that has ended. */
export function endTrace(state: TaskState, error?: { type?: string; message: string }): void {
  if (begun?.spanId === undefined) return;
  const { typedSearchAttributes: attributes, workflowId: taskId } = workflowInfo();
  const context = attributes.get(taskAttributes.context);
  a2aTrace.taskEnded({
    parent: begun.parent,
    spanId: begun.spanId,
    agent: attributes.get(taskAttributes.agent) ?? '',
    taskId,
    ...(context !== undefined && { contextId: fromKeyword(context) }),
    state,
    ...(error !== undefined && {
      error: { type: error.type ?? state, message: error.message.slice(0, MAX_MESSAGE) },
    }),
    ...begun.earlier,
    ended: Date.now(),
  });
}

/** Hands the trace on to what the workflow starts; what the workflow's own interceptors have written stays. */
export const traceHeaders: WorkflowOutboundCallsInterceptor = {
  scheduleActivity: (input, next) => next(withTrace(input)),
  scheduleLocalActivity: (input, next) => next(withTrace(input)),
  startChildWorkflowExecution: (input, next) => next(withTrace(input)),
  startNexusOperation(input, next) {
    if (begun === undefined || 'traceparent' in input.headers) return next(input);
    return next({ ...input, headers: { ...input.headers, ...ownFields(begun) } });
  },
  /** The next run is the same task. */
  continueAsNew(input, next) {
    if (begun === undefined || TRACE_HEADER in input.headers) return next(input);
    const earlier = { [RUNS_HEADER]: defaultPayloadConverter.toPayload(begun.earlier) };
    return next({ ...input, headers: { ...input.headers, [TRACE_HEADER]: begun.given, ...earlier } });
  },
  getLogAttributes(input, next) {
    if (begun === undefined) return next(input);
    const { traceId, spanId } = begun.parsed;
    return next({ ...input, trace_id: traceId, span_id: begun.spanId ?? spanId });
  },
};

function withTrace<Input extends { headers: Headers }>(input: Input): Input {
  if (begun === undefined || TRACE_HEADER in input.headers) return input;
  const own =
    begun.spanId === undefined ? { [TRACE_HEADER]: begun.given } : writeTraceHeader(ownFields(begun));
  return { ...input, headers: { ...input.headers, ...own } };
}

/** The task's span; in any other workflow, the one that it is part of. */
function ownFields({ parent, parsed, spanId }: BegunTrace): TraceFields & Record<string, string> {
  return {
    ...parent,
    traceparent: writeTraceparent({ ...parsed, spanId: spanId ?? parsed.spanId }),
  };
}

function earlierRuns(told: Payload | undefined): EarlierRuns {
  if (told !== undefined) return defaultPayloadConverter.fromPayload<EarlierRuns>(told);
  return { begun: workflowInfo().startTime.getTime(), links: [] };
}

/** The workflow that delivers push notifications has an agent, but no owner. */
function isTask(): boolean {
  const { typedSearchAttributes: attributes } = workflowInfo();
  return [taskAttributes.agent, taskAttributes.owner].every((key) => attributes.get(key) !== undefined);
}

/**
 * Known before there is a span, and the same after each replay, each run that goes on, and each reset. Run IDs are
 * UUIDs, whose last digits are random.
 */
function spanIdOfTask(): string {
  const { attempt, firstExecutionRunId, runId } = workflowInfo();
  const id = (attempt === 1 ? firstExecutionRunId : runId).replaceAll('-', '');
  return id.slice(-16);
}
