import { type Logger, pino } from 'pino';
import type { Settings } from '../config/settings';

const LEVELS: Record<number, string> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO ',
  40: 'WARN ',
  50: 'ERROR',
  60: 'FATAL',
};

/** Logs to stderr: JSON for machines, lines for people when it is a terminal. */
export function createLogger({ logLevel }: Pick<Settings, 'logLevel'>, stream = process.stderr): Logger {
  const options = { level: logLevel, base: null };
  if (!stream.isTTY) return pino({ ...options, timestamp: pino.stdTimeFunctions.isoTime }, stream);
  const stacks = logLevel === 'debug' || logLevel === 'trace';
  return pino(options, { write: (json: string) => stream.write(`${formatLine(json, stacks)}\n`) });
}

/** A line of pino's JSON as a person reads it. */
export function formatLine(json: string, stacks: boolean): string {
  const { level, time, msg, err, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const clock = new Date(Number(time)).toTimeString().slice(0, 8);
  const rest = Object.entries(fields).map(
    ([key, value]) =>
      ` ${key}=${typeof value === 'string' && /^\S+$/.test(value) ? value : JSON.stringify(value)}`,
  );
  const { message, stack } = (err ?? {}) as { message?: string; stack?: string };
  const reason = message === undefined || message === msg ? '' : `: ${message}`;
  const trace = stacks && stack !== undefined ? `\n${stack}` : '';
  return `${clock} ${LEVELS[Number(level)] ?? level} ${msg}${reason}${rest.join('')}${trace}`;
}
