import { defaultPayloadConverter, type Headers, type Payload } from '@temporalio/common';
import { isObject } from '../a2a/is-object';

/** A place in a trace, in the fields of W3C Trace Context: as in HTTP headers, with the same names. */
export interface TraceFields {
  traceparent: string;
  tracestate?: string;
}

/** What `traceparent` says. */
export interface TraceParent {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** 16 hexadecimal digits. */
  spanId: string;
  /** Bit 0: the trace is recorded. */
  flags: number;
}

/** Header field in which the tracing interceptors of Temporal's SDKs, in every language, hand on {@link TraceFields}. */
export const TRACE_HEADER = '_tracer-data';

/** Most characters of `tracestate` that are handed on: what W3C Trace Context asks for at least. */
const MAX_STATE = 512;

const PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Undefined for what is no `traceparent`, which is as if there were none. */
export function readTraceparent(text: string): TraceParent | undefined {
  const [, version = '', traceId = '', spanId = '', flags = '', more] = PARENT.exec(text.trim()) ?? [];
  if (version === '' || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

export function writeTraceparent({ traceId, spanId, flags }: TraceParent): string {
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`;
}

/**
 * @param field value of a header field, empty when there is none
 * @returns undefined without a `traceparent` that can be read
 */
export function readTraceFields(field: (name: keyof TraceFields) => string): TraceFields | undefined {
  const traceparent = field('traceparent').trim();
  if (readTraceparent(traceparent) === undefined) return undefined;
  const tracestate = field('tracestate').trim();
  return { traceparent, ...(tracestate !== '' && tracestate.length <= MAX_STATE && { tracestate }) };
}

/** For a header of Temporal; as the SDKs write it. */
export function writeTraceHeader({ traceparent, tracestate }: TraceFields): Record<string, Payload> {
  const fields = { traceparent, ...(tracestate !== undefined && { tracestate }) };
  return { [TRACE_HEADER]: defaultPayloadConverter.toPayload(fields) };
}

/** Undefined when there is none, or one that cannot be read. */
export function readTraceHeader(headers: Headers): TraceFields | undefined {
  const payload = headers[TRACE_HEADER];
  if (payload === undefined) return undefined;
  try {
    const fields: unknown = defaultPayloadConverter.fromPayload(payload);
    if (!isObject(fields)) return undefined;
    return readTraceFields((name) => String(fields[name] ?? ''));
  } catch {
    // Written by another payload converter.
    return undefined;
  }
}
