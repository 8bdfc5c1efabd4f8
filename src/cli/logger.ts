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

/** What a person looks for, and what nobody reads but to search for it; all else is in between. */
const FIRST = ['agent', 'outcome', 'state', 'reason'];
const LAST = ['requestId', 'trace_id', 'span_id'];

function inOrder(fields: Record<string, unknown>): [key: string, value: unknown][] {
  const known = (names: readonly string[]) =>
    names.flatMap((name): [string, unknown][] => (name in fields ? [[name, fields[name]]] : []));
  const between = Object.entries(fields).filter(([name]) => !FIRST.includes(name) && !LAST.includes(name));
  return [...known(FIRST), ...between, ...known(LAST)];
}

/** A line of pino's JSON as a person reads it. */
export function formatLine(json: string, stacks: boolean): string {
  const { level, time, msg, err, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const clock = new Date(Number(time)).toTimeString().slice(0, 8);
  const rest = inOrder(fields).map(
    ([key, value]) =>
      ` ${key}=${typeof value === 'string' && /^\S+$/.test(value) ? value : JSON.stringify(value)}`,
  );
  const { message = '', stack } = (err ?? {}) as { message?: string; stack?: string };
  // A message that begins with the words of the line, as one with its causes does, is not told twice.
  const more =
    message === msg ? '' : message.startsWith(`${msg}: `) ? message.slice(`${msg}: `.length) : message;
  const reason = more === '' ? '' : `: ${more}`;
  const trace = stacks && stack !== undefined ? `\n${stack}` : '';
  return `${clock} ${LEVELS[Number(level)] ?? level} ${msg}${reason}${rest.join('')}${trace}`;
}
