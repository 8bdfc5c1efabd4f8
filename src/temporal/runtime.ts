import { type LogLevel, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { expectedEnd } from './expected-ends';

let installed = false;

/** Time in ms for which a call that fails again and again is logged once. */
const REPEAT_MS = 30_000;

/** As Prometheus has its names: `temporal_workflow_endtoend_latency_seconds`. */
const IN_SECONDS = { unitSuffix: true, useSecondsForDurations: true };

/** The part of the SDK that repeats calls to Temporal, and says so each time. */
const RETRIES = 'temporalio_client::retry';

/**
 * Sets up the native part of the SDK: its logs go to `logger`, and it leaves signals alone, since shutdown has
 * one owner (the command line). Call it before anything connects; later calls change nothing.
 * @param isAway finds out whether Temporal is away and who calls this logs it: then the SDK's own lines about that
 * are worth no more than the level debug
 * @param metricsAddress `host:port` on which the SDK offers its metrics to Prometheus; nowhere unless set
 * @param workerHeartbeatMs between two heartbeats of the workers of this process; 0 for none
 */
export function installRuntime(
  logger: Logger,
  isAway: () => Promise<boolean> = async () => false,
  metricsAddress?: string,
  workerHeartbeatMs = 1_000,
): void {
  if (installed) return;
  installed = true;
  const write = (level: LogLevel, message: string, meta: Record<string | symbol, unknown> = {}) => {
    const { error, ...fields } = meta;
    const method = level.toLowerCase() as Lowercase<LogLevel>;
    logger[method]({ ...fields, ...(error === undefined ? {} : { err: error }) }, message);
  };
  const isNew = onceIn(REPEAT_MS);
  const log = (level: LogLevel, message: string, meta?: Record<string | symbol, unknown>) => {
    const end = expectedEnd(message, meta);
    if (end !== undefined) return logger.info(end.fields, end.message);
    // Each step of a worker's life; ours are told by who starts and stops it.
    if (level === 'INFO') return write('DEBUG', message, meta);
    if (!isAboutConnection(message, meta)) return write(level, message, meta);
    void isAway().then((away) => write(!away && isNew(message) ? level : 'DEBUG', message, meta));
  };
  Runtime.install({
    shutdownSignals: [],
    workerHeartbeatInterval: workerHeartbeatMs,
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
      ...(metricsAddress !== undefined && {
        metrics: {
          prometheus: { bindAddress: metricsAddress, countersTotalSuffix: true, ...IN_SECONDS },
        },
      }),
    },
    logger: {
      log,
      trace: (message, meta) => log('TRACE', message, meta),
      debug: (message, meta) => log('DEBUG', message, meta),
      info: (message, meta) => log('INFO', message, meta),
      warn: (message, meta) => log('WARN', message, meta),
      error: (message, meta) => log('ERROR', message, meta),
    },
  });
}

/** Whether a line of the SDK tells of a call that the connection, and not its own fault, made fail. */
function isAboutConnection(message: string, meta: Record<string | symbol, unknown> = {}): boolean {
  if (meta.target === RETRIES) return true;
  const { error } = meta;
  const text = `${message} ${error instanceof Error ? error.message : String(error ?? '')}`;
  return /code: Unavailable|tcp connect error|transport error|h2 protocol error/.test(text);
}

/** Tells whether a message, whatever numbers are in it, has not been there for `ms`. */
function onceIn(ms: number): (message: string) => boolean {
  const seen = new Map<string, number>();
  return (message) => {
    const now = Date.now();
    const key = message.replace(/\d+/g, '').slice(0, 200);
    if (now - (seen.get(key) ?? Number.NEGATIVE_INFINITY) < ms) return false;
    // Messages are few; should they be many, none of the old ones is worth the memory.
    if (seen.size > 1_000) seen.clear();
    seen.set(key, now);
    return true;
  };
}
