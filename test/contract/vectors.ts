import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Payload } from '@temporalio/common';
import type { Task } from '../../src/a2a/types';
import type { HistoryEvent } from '../../src/bridge/temporal-calls';
import { payload } from '../support/raw-worker';

/** See contract/vectors/README.md. */
export interface Vector {
  description: string;
  argument: VectorPayload;
  header?: VectorPayload;
  attributes?: Record<string, string>;
  startedAt: string;
  events: VectorEvent[];
  /** What the query `a2a_task` answers before the end; none for plain workflows. */
  query?: Task;
  task: Task;
}

export interface VectorPayload {
  json?: unknown;
  encoding?: string;
  text?: string;
  base64?: string;
  messageType?: string;
}

export interface VectorEvent {
  at: string;
  memo?: VectorPayload;
  signal?: string;
  argument?: VectorPayload;
  completed?: VectorPayload;
  failed?: VectorFailure;
  canceled?: true;
  timedOut?: true;
  terminated?: string;
  continuedAsNew?: VectorPayload;
  workflowTaskCompleted?: true;
}

interface VectorFailure {
  message: string;
  applicationFailure?: { type: string; details?: VectorPayload[] };
  activityFailure?: { activityType: string };
  timeoutFailure?: object;
  encodedAttributes?: VectorPayload;
  cause?: VectorFailure;
}

export const VECTORS = join(__dirname, '../../contract/vectors');

export function readVectors(): [name: string, vector: Vector][] {
  return readdirSync(VECTORS)
    .filter((file) => file.endsWith('.json'))
    .map((file) => [
      file.replace('.json', ''),
      JSON.parse(readFileSync(join(VECTORS, file), 'utf8')) as Vector,
    ]);
}

export function toPayload(value: VectorPayload): Payload {
  if ('json' in value) return payload('json/plain', JSON.stringify(value.json));
  const { encoding, text = '', base64, messageType } = value;
  const data = base64 === undefined ? text : Buffer.from(base64, 'base64');
  return payload(encoding, data, messageType === undefined ? {} : { messageType });
}

/** The history that the vector stands for. */
export function toHistory({ argument, header, attributes, startedAt, events }: Vector): HistoryEvent[] {
  const fields = Object.entries(attributes ?? {}).map(([key, value]) => [key, toPayload({ json: value })]);
  const started = (input: VectorPayload, runId: string, before?: string): Partial<HistoryEvent> => ({
    workflowExecutionStartedEventAttributes: {
      originalExecutionRunId: runId,
      firstExecutionRunId: 'run-1',
      ...(before !== undefined && { continuedExecutionRunId: before }),
      input: { payloads: [toPayload(input)] },
      ...(header && { header: { fields: { a2a_start: toPayload(header) } } }),
      searchAttributes: { indexedFields: Object.fromEntries(fields) },
    },
  });
  const history: HistoryEvent[] = [event(1, startedAt, started(argument, 'run-1'))];
  for (const each of events) {
    history.push(event(history.length + 1, each.at, toAttributes(each)));
    if (each.continuedAsNew) history.push(event(1, each.at, started(each.continuedAsNew, 'run-2', 'run-1')));
  }
  return history;
}

function event(eventId: number, at: string, attributes: Partial<HistoryEvent>): HistoryEvent {
  const ms = Date.parse(at);
  return {
    eventId: eventId as never,
    eventTime: { seconds: Math.floor(ms / 1_000) as never, nanos: (ms % 1_000) * 1e6 },
    ...attributes,
  };
}

function toAttributes(given: VectorEvent): Partial<HistoryEvent> {
  const { memo, signal, argument, completed, failed, terminated, continuedAsNew } = given;
  if (memo) {
    return {
      workflowPropertiesModifiedEventAttributes: {
        upsertedMemo: { fields: { a2a_update: toPayload(memo) } },
      },
    };
  }
  if (signal !== undefined) {
    const payloads = argument === undefined ? [] : [toPayload(argument)];
    return { workflowExecutionSignaledEventAttributes: { signalName: signal, input: { payloads } } };
  }
  if (completed)
    return { workflowExecutionCompletedEventAttributes: { result: { payloads: [toPayload(completed)] } } };
  if (failed) return { workflowExecutionFailedEventAttributes: { failure: toFailure(failed) } };
  if (terminated !== undefined) return { workflowExecutionTerminatedEventAttributes: { reason: terminated } };
  if (continuedAsNew)
    return { workflowExecutionContinuedAsNewEventAttributes: { newExecutionRunId: 'run-2' } };
  if (given.canceled) return { workflowExecutionCanceledEventAttributes: {} };
  if (given.timedOut) return { workflowExecutionTimedOutEventAttributes: {} };
  if (given.workflowTaskCompleted) return { workflowTaskCompletedEventAttributes: {} };
  throw new Error(`no such event: ${JSON.stringify(given)}`);
}

type Failure = NonNullable<NonNullable<HistoryEvent['workflowExecutionFailedEventAttributes']>['failure']>;

function toFailure(failure: VectorFailure): Failure {
  const { message, applicationFailure, activityFailure, timeoutFailure, encodedAttributes, cause } = failure;
  return {
    message,
    ...(encodedAttributes && { encodedAttributes: toPayload(encodedAttributes) }),
    ...(applicationFailure && {
      applicationFailureInfo: {
        type: applicationFailure.type,
        details: { payloads: (applicationFailure.details ?? []).map(toPayload) },
      },
    }),
    ...(activityFailure && { activityFailureInfo: { activityType: { name: activityFailure.activityType } } }),
    ...(timeoutFailure && { timeoutFailureInfo: {} }),
    ...(cause && { cause: toFailure(cause) }),
  };
}
