import { format } from 'node:util';
import type { DiagLogger, TracerProvider } from '@opentelemetry/api';
import { ConfigError, show } from '../config/config-error';
import { isHttpUrl } from '../config/setting-schemas';
import { createTracing } from '../tracing/open-telemetry';
import type { Tracing } from '../tracing/tracing';
import type { ServeContext } from './serve-context';

/** Where the SDK of OpenTelemetry, or instrumentation that was loaded before, has registered itself. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1');

/** Time in ms that spans have to leave when the process stops. */
const FLUSH_MS = 3_000;

const REPEAT_MS = 30_000;

const PACKAGE = '@opentelemetry/sdk-node';

/**
 * Traces when OpenTelemetry's environment variables say so, or when a module loaded before the program (`--import`,
 * `--require`) has registered a tracer provider. Undefined when nobody traces: then nothing of OpenTelemetry is loaded.
 * @throws ConfigError for an endpoint that is no URL
 */
export function serveTracing({ env, logger, shutdown }: ServeContext): Tracing | undefined {
  if (isOn(env.OTEL_SDK_DISABLED)) return undefined;
  const content = capturesContent(env.OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT);
  const registered = registeredProvider();
  if (registered !== undefined) return createTracing({ tracerProvider: registered, content });
  if (!asksForTraces(env)) return undefined;
  assertEndpoint(env);
  const sdk = load();
  if (sdk === undefined) {
    logger.warn(
      `traces are asked for (OTEL_*), but ${PACKAGE} is not installed: npm install ${PACKAGE} beside temporal-a2a`,
    );
    return undefined;
  }
  const { NodeSDK, api, resources } = sdk;
  const own = new NodeSDK({
    instrumentations: [],
    // Metrics and logs have ways of their own.
    metricReaders: [],
    logRecordProcessors: [],
    resource: resources
      .defaultResource()
      .merge(resources.resourceFromAttributes({ 'service.name': 'temporal-a2a' })),
  });
  api.diag.setLogger(diagnostics(logger), { logLevel: api.DiagLogLevel.WARN, suppressOverrideMessage: true });
  own.start();
  shutdown.add('traces', () => within(FLUSH_MS, own.shutdown()));
  logger.info({ endpoint: endpointOf(env) }, 'traces are sent');
  // By the SDK's own copy of the API, should there be two.
  return createTracing({ tracerProvider: api.trace.getTracerProvider(), content });
}

/** What the SDK has to say, as of a collector that cannot be reached: the same again and again, so once in a while. */
function diagnostics(logger: ServeContext['logger']): DiagLogger {
  let toldAt = Number.NEGATIVE_INFINITY;
  const tell = (...said: unknown[]) => {
    const isNews = Date.now() - toldAt > REPEAT_MS;
    if (isNews) toldAt = Date.now();
    logger[isNews ? 'warn' : 'debug'](`OpenTelemetry: ${format(...said)}`);
  };
  const ignore = () => {};
  return { error: tell, warn: tell, info: ignore, debug: ignore, verbose: ignore };
}

function asksForTraces(env: NodeJS.ProcessEnv): boolean {
  const exporter = env.OTEL_TRACES_EXPORTER?.trim().toLowerCase();
  if (exporter === 'none') return false;
  return Boolean(exporter || endpointOf(env));
}

function endpointOf(env: NodeJS.ProcessEnv): string | undefined {
  return env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT || undefined;
}

/** What is no URL, the SDK drops without a word for the endpoint on this machine. @throws ConfigError */
function assertEndpoint(env: NodeJS.ProcessEnv): void {
  const faults = (['TRACES_', ''] as const).flatMap((of) => {
    const name = `OTEL_EXPORTER_OTLP_${of}ENDPOINT`;
    const endpoint = env[name]?.trim();
    const protocol = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL;
    // Over gRPC it may be host:port, or a name of gRPC's own.
    if (!endpoint || isHttpUrl(endpoint) || (protocol === 'grpc' && endpoint.includes(':'))) return [];
    return [`${name}: expected an http or https URL, such as http://localhost:4318, got ${show(endpoint)}`];
  });
  if (faults.length > 0) throw new ConfigError(faults);
}

function registeredProvider(): TracerProvider | undefined {
  const registered = (globalThis as Record<symbol, unknown>)[REGISTERED];
  return (registered as { trace?: TracerProvider } | undefined)?.trace;
}

function isOn(value: string | undefined): boolean {
  return value?.trim().toLowerCase() === 'true';
}

/** Values that instrumentations have for it: whatever puts messages into spans. */
function capturesContent(value = ''): boolean {
  return ['true', 'span_only', 'span_and_event'].includes(value.trim().toLowerCase());
}

/** An optional peer dependency: it takes more room than all else, and most servers need none of it. */
function load(): typeof import('@opentelemetry/sdk-node') | undefined {
  try {
    return require(PACKAGE) as typeof import('@opentelemetry/sdk-node');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    return undefined;
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const late = new Promise((resolve) => setTimeout(resolve, ms).unref());
  await Promise.race([work.catch(() => undefined), late]);
}
