import type { TraceFields } from '../contract/trace';

/** As OpenTelemetry has it; an attribute that is undefined is left out. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | string[] | undefined>>;

/** The IDs of a span, by the names that they have in logs (OpenTelemetry, "Trace Context in non-OTLP Log Formats"). */
export interface TraceIds {
  trace_id: string;
  span_id: string;
}

export interface SpanStart {
  name: string;
  kind: 'internal' | 'server' | 'client';
  attributes?: SpanAttributes;
  /** What the span is a part of; unless set, what is being done here. */
  parent?: TraceFields | undefined;
  /** Now unless set. */
  at?: Date;
  /** For a span that others have named as their parent before it begins. */
  spanId?: string;
  /** What belongs to it besides its parent. */
  links?: readonly TraceFields[];
}

/** Why a span has failed. */
export interface SpanError {
  /** Of few values: `error.type`. */
  type: string;
  message?: string | undefined;
}

/** Something that takes time, until its `end`. */
export interface Span {
  /** For log lines; empty where nobody traces. */
  readonly ids: TraceIds | Record<string, never>;
  rename(name: string): void;
  set(attributes: SpanAttributes): void;
  /** What `work` does, also later, is part of the span. */
  run<T>(work: () => T): T;
  /** @param at now unless set */
  end(error?: SpanError, at?: Date): void;
}

/** Where the parts of the bridge tell what they do; `createTracing` makes one for OpenTelemetry. */
export interface Tracing {
  /** Whether spans hold messages. */
  readonly content: boolean;
  start(span: SpanStart): Span;
  /** What `work` does is part of the span that `fields` tell of. */
  within<T>(fields: TraceFields, work: () => T): T;
  /** The span that is being worked on, for another process; undefined without one. */
  fields: () => (TraceFields & Record<string, string>) | undefined;
}

const NO_SPAN: Span = {
  ids: {},
  rename: () => {},
  set: () => {},
  run: (work) => work(),
  end: () => {},
};

/** Where nobody traces. */
export const NO_TRACING: Tracing = {
  content: false,
  start: () => NO_SPAN,
  within: (_fields, work) => work(),
  fields: () => undefined,
};
