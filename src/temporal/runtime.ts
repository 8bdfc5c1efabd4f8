import { type LogLevel, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';

let installed = false;

/**
 * Sets up the native part of the SDK: its logs go to `logger`, and it leaves signals alone, since shutdown has
 * one owner (the command line). Call it before anything connects; later calls change nothing.
 */
export function installRuntime(logger: Logger): void {
  if (installed) return;
  installed = true;
  const log = (level: LogLevel, message: string, meta: Record<string | symbol, unknown> = {}) => {
    const { error, ...fields } = meta;
    const method = level.toLowerCase() as Lowercase<LogLevel>;
    logger[method]({ ...fields, ...(error === undefined ? {} : { err: error }) }, message);
  };
  Runtime.install({
    shutdownSignals: [],
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
    },
    logger: {
      log: (level, message, meta) => log(level === 'INFO' ? 'DEBUG' : level, message, meta),
      trace: (message, meta) => log('TRACE', message, meta),
      debug: (message, meta) => log('DEBUG', message, meta),
      // Each step of a worker's life; ours are told by who starts and stops it.
      info: (message, meta) => log('DEBUG', message, meta),
      warn: (message, meta) => log('WARN', message, meta),
      error: (message, meta) => log('ERROR', message, meta),
    },
  });
}
