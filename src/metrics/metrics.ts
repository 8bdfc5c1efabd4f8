import type { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Meter, Reading } from './meter';
import { listenForScrapes, type MetricsListenOptions, type RunningMetricsServer } from './server';
import { BUCKETS, type GaugeName, METRICS, type MetricName, type MetricRow } from './table';

/** Options of {@link createMetrics}. */
export interface MetricsOptions {
  /**
   * Registry of prom-client that the metrics are added to, such as that of a program with metrics of its own; a new one
   * unless set, which has the metrics of Node.js and of the process too.
   */
  registry?: Registry;
  /**
   * URL of the Prometheus exporter of the Temporal SDK's Runtime: its metrics are appended to the text, and left out
   * while it does not answer.
   */
  sdkUrl?: string | undefined;
}

/** Metrics of the bridge for Prometheus: given to bridges and workers, and scraped. */
export interface Metrics extends Meter {
  readonly registry: Registry;
  /** MIME type of the text. */
  readonly contentType: string;
  /** All metrics in Prometheus' text format. */
  text(): Promise<string>;
  /**
   * Serves the text at `/metrics` on a port of its own.
   * @throws the error of `listen`, such as EADDRINUSE
   */
  listen(options: MetricsListenOptions): Promise<RunningMetricsServer>;
}

type Read = () => readonly Reading<GaugeName>[] | Promise<readonly Reading<GaugeName>[]>;

/** Time in ms that the Temporal SDK's exporter has to answer. */
const SDK_TIMEOUT_MS = 2_000;

/**
 * Makes metrics for `createBridge`, `createA2AWorker` and `A2APlugin`:
 *
 * ```ts
 * const metrics = await createMetrics();
 * const bridge = await createBridge({ client, agents, metrics });
 * await metrics.listen({ port: 9464 });
 * ```
 *
 * One registry holds them once: whoever is given the same registry again gets an Error of prom-client.
 */
export async function createMetrics({ registry: given, sdkUrl }: MetricsOptions = {}): Promise<Metrics> {
  // Loaded here alone: a process without metrics does without it.
  const prom = await import('prom-client');
  const registry = given ?? new prom.Registry();
  if (given === undefined) prom.collectDefaultMetrics({ register: registry });
  const counters = new Map<string, Counter>();
  const histograms = new Map<string, Histogram>();
  const readers = new Map<string, Set<Read>>();
  for (const [name, row] of Object.entries(METRICS) as [MetricName, MetricRow][]) {
    const { kind, help } = row;
    const common = { name, help, labelNames: [...row.labels], registers: [registry] };
    if (kind === 'counter') counters.set(name, new prom.Counter(common));
    else if (kind === 'histogram')
      histograms.set(name, new prom.Histogram({ ...common, buckets: [...BUCKETS] }));
    else {
      const own = new Set<Read>();
      readers.set(name, own);
      new prom.Gauge({
        ...common,
        async collect() {
          await collectGauge(this, own, row);
        },
      });
    }
  }
  const text = async () => {
    const [own, sdk] = await Promise.all([registry.metrics(), sdkText(sdkUrl)]);
    return sdk === '' ? own : `${own}\n${sdk}`;
  };
  const { contentType } = registry;
  return {
    registry,
    contentType,
    text,
    listen: (options) => listenForScrapes({ text, contentType }, options),
    add: (name, labels, by = 1) => counters.get(name)?.inc(labels, by),
    observe: (name, labels, value) => histograms.get(name)?.observe(labels, value),
    gauge: (name, read) => {
      const own = readers.get(name);
      own?.add(read as Read);
      return () => own?.delete(read as Read);
    },
  };
}

async function collectGauge(
  gauge: Gauge,
  readers: Iterable<Read>,
  { merge, labels }: MetricRow,
): Promise<void> {
  const merged = new Map<string, Reading<GaugeName>>();
  const all = await Promise.all([...readers].map(async (read) => read()).map((each) => each.catch(() => [])));
  for (const reading of all.flat()) {
    const key = JSON.stringify(reading.labels);
    const before = merged.get(key)?.value ?? 0;
    const value = merge === 'max' ? Math.max(before, reading.value) : before + reading.value;
    merged.set(key, { ...reading, value });
  }
  gauge.reset();
  // Without labels prom-client shows 0 after a reset, which nobody has read.
  if (merged.size === 0 && labels.length === 0) gauge.remove();
  for (const reading of merged.values()) gauge.set(reading.labels, reading.value);
}

async function sdkText(url: string | undefined): Promise<string> {
  if (url === undefined) return '';
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(SDK_TIMEOUT_MS) });
    return response.ok ? await response.text() : '';
  } catch {
    return '';
  }
}
