import { tracing as sdk } from '@opentelemetry/sdk-node';
import { createTracing, type TracingOptions } from '../../src/tracing/open-telemetry';
import type { Tracing } from '../../src/tracing/tracing';
import { eventually } from '../support/eventually';

/** A span in short. */
export interface Told {
  name: string;
  kind: string;
  traceId: string;
  spanId: string;
  parent: string | undefined;
  attributes: Record<string, unknown>;
  links: string[];
  /** In ms. */
  begun: number;
  ended: number;
  failed: boolean;
}

export interface Spans {
  tracing: Tracing;
  /** All that have ended. */
  all(): Told[];
  /** Waits for the only one of that name. */
  one(name: string): Promise<Told>;
  clear(): void;
}

const KINDS = ['internal', 'server', 'client', 'producer', 'consumer'];

/** A tracer provider of the program's own, whose spans stay in memory. */
export function collectSpans(
  options: TracingOptions = {},
  sampler: sdk.Sampler = new sdk.ParentBasedSampler({ root: new sdk.AlwaysOnSampler() }),
): Spans {
  const exporter = new sdk.InMemorySpanExporter();
  const tracerProvider = new sdk.BasicTracerProvider({
    sampler,
    spanProcessors: [new sdk.SimpleSpanProcessor(exporter)],
  });
  const all = () => exporter.getFinishedSpans().map(told);
  return {
    tracing: createTracing({ tracerProvider, ...options }),
    all,
    one: (name) =>
      eventually(() => {
        const found = all().filter((span) => span.name === name);
        if (found.length > 1) throw new Error(`there are ${found.length} spans ${name}`);
        return found[0];
      }),
    clear: () => exporter.reset(),
  };
}

function told(span: sdk.ReadableSpan): Told {
  const { traceId, spanId } = span.spanContext();
  return {
    name: span.name,
    kind: KINDS[span.kind] ?? '',
    traceId,
    spanId,
    parent: span.parentSpanContext?.spanId,
    attributes: span.attributes,
    links: span.links.map(({ context }) => context.spanId),
    begun: inMs(span.startTime),
    ended: inMs(span.endTime),
    failed: span.status.code === 2,
  };
}

function inMs([seconds, nanos]: [number, number]): number {
  return seconds * 1_000 + nanos / 1e6;
}
