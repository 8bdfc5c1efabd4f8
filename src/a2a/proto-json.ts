/**
 * The corners of ProtoJSON (https://protobuf.dev/programming-guides/json/) that a reader has to know: what a
 * value may look like on the wire, and its one normal form.
 */

const INT32_MAX = 2 ** 31 - 1;

/** An int32 written as a JSON number or as a string; undefined when it is none. */
export function readInt32(value: unknown): number | undefined {
  const number = typeof value === 'string' && DECIMAL.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) return undefined;
  return number >= -INT32_MAX - 1 && number <= INT32_MAX ? number : undefined;
}

const DECIMAL = /^-?\d{1,20}(\.\d{1,20})?([eE][+-]?\d{1,3})?$/;

/** Bytes in base64, standard or URL-safe, padded or not, as padded standard base64; undefined when they are none. */
export function readBase64(value: string): string | undefined {
  const end = value.endsWith('==') ? -2 : value.endsWith('=') ? -1 : value.length;
  const digits = value.slice(0, end);
  if (!/^[A-Za-z0-9+/_-]*$/.test(digits) || digits.length % 4 === 1) return undefined;
  if (digits.length !== value.length && value.length % 4 !== 0) return undefined;
  const standard = digits.replaceAll('-', '+').replaceAll('_', '/');
  return standard.padEnd(Math.ceil(standard.length / 4) * 4, '=');
}

const TIMESTAMP = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;

/**
 * An RFC 3339 timestamp with `Z` or an offset, as UTC with milliseconds (finer digits are cut off);
 * undefined when it is none, also when the calendar has no such day. `Date.parse` alone finds dates in any text.
 */
export function readTimestamp(value: string): string | undefined {
  if (isNormal(value)) return value;
  const match = TIMESTAMP.exec(value);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const lastDay = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > lastDay) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const zone = match[8] ?? 'Z';
  if (zone !== 'Z' && (Number(zone.slice(1, 3)) > 23 || Number(zone.slice(4)) > 59)) return undefined;
  const milliseconds = (match[7] ?? '').padEnd(3, '0').slice(0, 3);
  const date = new Date(`${value.slice(0, 19)}.${milliseconds}${zone}`);
  const utcYear = date.getUTCFullYear();
  return utcYear >= 1 && utcYear <= 9999 ? date.toISOString() : undefined;
}

/** Whether it is written as JavaScript writes it, as most are. */
function isNormal(timestamp: string): boolean {
  if (timestamp.length !== 24 || !timestamp.endsWith('Z')) return false;
  const time = Date.parse(timestamp);
  return !Number.isNaN(time) && new Date(time).toISOString() === timestamp && timestamp >= '0001';
}

/** Whether the text holds half of a surrogate pair, which UTF-8 cannot carry. */
export function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

/** The JSON value without halves of surrogate pairs: each becomes U+FFFD. Recursive; what has none is shared. */
export function wellFormed<T>(value: T): T {
  return (isWellFormed(value) ? value : replaceHalves(value)) as T;
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isWellFormed);
  return Object.entries(value).every(([key, each]) => key.isWellFormed() && isWellFormed(each));
}

function replaceHalves(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(replaceHalves);
  const entries = Object.entries(value).map(([key, each]) => [key.toWellFormed(), replaceHalves(each)]);
  return Object.fromEntries(entries);
}

/**
 * Whether a parsed JSON value holds a number that JSON cannot write again: `1e400` is read as Infinity.
 * Recursive; the depth of what arrives is limited before it is parsed.
 */
export function hasInfiniteNumber(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(hasInfiniteNumber);
}

/** Deepest nesting of lists and objects in JSON; far deeper ones overflow the stack of whoever walks them. */
export const MAX_NESTING = 100;

/** Whether lists and objects are nested more than `levels` deep. */
export function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const each of Object.values(value)) if (isDeeper(each, levels - 1)) return true;
  return false;
}

/** What was found, for error messages: short, on one line, never a whole large value. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  if (typeof value !== 'string') return String(value);
  return value.length <= 60 ? JSON.stringify(value) : `a string of ${value.length} characters`;
}
