import type { Payload } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { type SEARCH_ATTRIBUTES, START_HEADER, type TaskStart } from '../contract/contract';
import { encodedIn } from '../contract/encoded-start';
import { type Unreadable, valueIn } from '../contract/payload';
import { toTaskStart } from '../contract/start';
import type { Payloads } from '../temporal/payloads';
import type { HistoryEvent } from './temporal-calls';

/** What a run's first event says of its task. */
export type StartReading =
  | {
      kind: 'value';
      start: TaskStart;
      /** The workflow is plain: it does not know of the task itself. */
      plain: boolean;
    }
  /** The run's own argument is something else. */
  | { kind: 'absent' }
  | (Unreadable & { plain: boolean });

export async function readTaskStart(
  payloads: Payloads,
  taskId: string,
  event: HistoryEvent,
): Promise<StartReading> {
  const started = event.workflowExecutionStartedEventAttributes;
  const header = started?.header?.fields?.[START_HEADER];
  const told = await payloads.read(header && unwrapped(header));
  const start = toTaskStart(valueIn(told));
  if (start !== undefined) return { kind: 'value', start, plain: true };
  const argument = await payloads.read(started?.input?.payloads?.[0], taskId);
  const own = toTaskStart(valueIn(argument));
  if (own !== undefined) return { kind: 'value', start: own, plain: false };
  if (told.kind === 'unreadable') return { ...told, plain: true };
  return argument.kind === 'unreadable' ? { ...argument, plain: false } : { kind: 'absent' };
}

/** As the codec has made it, when workflow code has written the header field. */
export function unwrapped(header: Payload): Payload {
  const encoded = encodedIn(header);
  return encoded === undefined
    ? header
    : temporal.api.common.v1.Payload.decode(Buffer.from(encoded, 'base64'));
}

/** A search attribute that the run was started with, as text; undefined when it has none of that name. */
export function readAttribute(event: HistoryEvent, name: keyof typeof SEARCH_ATTRIBUTES): string | undefined {
  const { indexedFields } = event.workflowExecutionStartedEventAttributes?.searchAttributes ?? {};
  return readKeyword(indexedFields?.[name]?.data);
}

/** Search attributes are plain JSON whatever the data converter: a value, or a list of one. */
export function readKeyword(data: Uint8Array | null | undefined): string | undefined {
  if (!data?.length) return undefined;
  const parsed: unknown = JSON.parse(Buffer.from(data).toString('utf8'));
  const value: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
  return typeof value === 'string' ? value : undefined;
}
