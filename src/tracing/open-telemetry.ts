import { AsyncLocalStorage } from 'node:async_hooks';
import type * as otel from '@opentelemetry/api';
import { readTraceparent, type TraceFields, writeTraceparent } from '../contract/trace';
import type { Span, SpanAttributes, SpanError, SpanStart, TraceIds, Tracing } from './tracing';

/** Options of {@link createTracing}. */
export interface TracingOptions {
  /** Makes the spans; the one that is registered with `@opentelemetry/api` unless set. */
  tracerProvider?: otel.TracerProvider;
  /** Whether spans hold messages, as `gen_ai.input.messages` and `gen_ai.output.messages`; false unless set. */
  content?: boolean;
}

/** Name of the tracer: the instrumentation scope of all spans. */
const SCOPE = 'temporal-a2a';

/**
 * Traces with OpenTelemetry what a bridge, its workers and their calls do (docs/operations.md, "Traces"):
 *
 * ```ts
 * const tracing = createTracing({ tracerProvider });
 * const bridge = await createBridge({ client, agents, tracing });
 * const worker = await createA2AWorker({ ...options, agents, tracing });
 * ```
 *
 * The provider decides what is recorded, and flushes; `shutdown()` is for who has made it.
 */
export function createTracing({ tracerProvider, content = false }: TracingOptions = {}): Tracing {
  // Loaded here: most processes trace nothing.
  const api = require('@opentelemetry/api') as typeof otel;
  return new OpenTelemetryTracing(
    api,
    (tracerProvider ?? api.trace.getTracerProvider()).getTracer(SCOPE),
    content,
  );
}

class OpenTelemetryTracing implements Tracing {
  /** Not every program has registered a context manager. */
  private readonly current = new AsyncLocalStorage<otel.Context>();

  constructor(
    private readonly api: typeof otel,
    private readonly tracer: otel.Tracer,
    readonly content: boolean,
  ) {}

  start({ name, kind, attributes = {}, parent, at, spanId, links = [] }: SpanStart): Span {
    const { api } = this;
    // Instrumentation of the HTTP or gRPC server has read the same fields, and has begun a span of its own.
    const isBegun = kind === 'server' && api.trace.getSpan(api.context.active()) !== undefined;
    const context = parent === undefined || isBegun ? this.active() : this.contextOf(parent);
    const span = this.tracer.startSpan(
      name,
      {
        kind: api.SpanKind[kind.toUpperCase() as Uppercase<SpanStart['kind']>],
        attributes: defined(attributes),
        ...(at !== undefined && { startTime: at }),
        links: links.flatMap((fields) => this.spanContextOf(fields) ?? []).map((context) => ({ context })),
      },
      context,
    );
    if (spanId !== undefined) giveId(span, spanId);
    return new OpenTelemetrySpan(this, span, api.trace.setSpan(context, span), api.SpanStatusCode.ERROR);
  }

  within<T>(fields: TraceFields, work: () => T): T {
    return this.run(this.contextOf(fields), work);
  }

  readonly fields = (): (TraceFields & Record<string, string>) | undefined => {
    const context = this.api.trace.getSpanContext(this.active());
    if (context === undefined || !this.api.isSpanContextValid(context)) return undefined;
    const { traceId, spanId, traceFlags, traceState } = context;
    const tracestate = traceState?.serialize();
    return {
      traceparent: writeTraceparent({ traceId, spanId, flags: traceFlags }),
      ...(tracestate && { tracestate }),
    };
  };

  run<T>(context: otel.Context, work: () => T): T {
    return this.current.run(context, () => this.api.context.with(context, work));
  }

  /** A span of the program's own goes before, when it is part of ours. */
  private active(): otel.Context {
    const { api } = this;
    const context = api.context.active();
    return api.trace.getSpan(context) === undefined ? (this.current.getStore() ?? context) : context;
  }

  private contextOf(fields: TraceFields): otel.Context {
    const { api } = this;
    const context = this.spanContextOf(fields);
    return context === undefined ? this.active() : api.trace.setSpanContext(api.context.active(), context);
  }

  private spanContextOf({ traceparent, tracestate }: TraceFields): otel.SpanContext | undefined {
    const parent = readTraceparent(traceparent);
    if (parent === undefined) return undefined;
    const { traceId, spanId, flags } = parent;
    return {
      traceId,
      spanId,
      traceFlags: flags,
      isRemote: true,
      ...(tracestate !== undefined && { traceState: this.api.createTraceState(tracestate) }),
    };
  }
}

class OpenTelemetrySpan implements Span {
  readonly ids: TraceIds;

  constructor(
    private readonly tracing: OpenTelemetryTracing,
    private readonly span: otel.Span,
    private readonly context: otel.Context,
    private readonly errorCode: otel.SpanStatusCode.ERROR,
  ) {
    const { traceId, spanId } = span.spanContext();
    this.ids = { trace_id: traceId, span_id: spanId };
  }

  rename(name: string): void {
    this.span.updateName(name);
  }

  set(attributes: SpanAttributes): void {
    this.span.setAttributes(defined(attributes));
  }

  run<T>(work: () => T): T {
    return this.tracing.run(this.context, work);
  }

  end(error?: SpanError, at?: Date): void {
    if (error !== undefined) {
      this.span.setAttribute('error.type', error.type);
      this.span.setStatus({
        code: this.errorCode,
        ...(error.message !== undefined && { message: error.message }),
      });
    }
    this.span.end(at);
  }
}

function defined(attributes: SpanAttributes): otel.Attributes {
  return Object.fromEntries(
    Object.entries(attributes).filter(([, value]) => value !== undefined && value !== ''),
  );
}

/**
 * Replaces the ID that the SDK has given to a new span; the API has no other way. A provider whose spans do not take it
 * keeps its own: then those that name this one as their parent miss it.
 */
function giveId(span: otel.Span, spanId: string): void {
  try {
    span.spanContext().spanId = spanId;
  } catch {
    // Frozen.
  }
}
