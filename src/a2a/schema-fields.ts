import { z } from 'zod';
import { isObject } from './is-object';
import {
  describe,
  hasInfiniteNumber,
  hasLoneSurrogate,
  readBase64,
  readInt32,
  readTimestamp,
  wellFormed,
} from './proto-json';
import type { JsonValue, Struct } from './types';

/**
 * The kinds of fields that A2A requests are made of. Each says in one sentence what it expected and found.
 */

/** Longest ID of a message, task, context or push configuration, in characters. */
const MAX_ID_LENGTH = 255;

/** Most elements that a list may have. */
const MAX_LIST_LENGTH = 1000;

/** A field read by a function that returns the normal form, or undefined when the value is wrong. */
function field<T>(expected: string, read: (value: unknown) => T | undefined) {
  return z.transform<unknown, T>((value, context) => {
    const result = value === undefined ? undefined : read(value);
    if (result !== undefined) return result;
    const message =
      value === undefined ? `is required: ${expected}` : `must be ${expected}, got ${describe(value)}`;
    context.issues.push({ code: 'custom', message, input: value });
    return z.NEVER;
  });
}

export const string = field('a string', (value) =>
  typeof value === 'string' && !hasLoneSurrogate(value) ? value : undefined,
);

export const nonEmptyString = field('a non-empty string', (value) =>
  typeof value === 'string' && value !== '' && !hasLoneSurrogate(value) ? value : undefined,
);

export const id = field(
  `a non-empty string of at most ${MAX_ID_LENGTH} characters without control characters`,
  (value) => (typeof value === 'string' && isId(value) ? value : undefined),
);

function isId(value: string): boolean {
  return value !== '' && value.length <= MAX_ID_LENGTH && !/\p{Cc}/u.test(value) && !hasLoneSurrogate(value);
}

export const boolean = field('true or false', (value) => (typeof value === 'boolean' ? value : undefined));

export const struct = field('a JSON object', (value) =>
  isObject(value) && isJson(value) ? wellFormed(value as Struct) : undefined,
);

/** Any JSON value; null is one. */
export const jsonValue = field('a JSON value with finite numbers', (value) =>
  isJson(value) ? wellFormed(value as JsonValue) : undefined,
);

function isJson(value: unknown): boolean {
  return !hasInfiniteNumber(value);
}

export const base64 = field('base64', (value) => (typeof value === 'string' ? readBase64(value) : undefined));

export const timestamp = field('a timestamp such as "2025-10-28T10:30:00.000Z"', (value) =>
  typeof value === 'string' ? readTimestamp(value) : undefined,
);

/** An int32 within a range. */
export function integer(min: number, max = 2 ** 31 - 1) {
  const range = max === 2 ** 31 - 1 ? `of at least ${min}` : `from ${min} to ${max}`;
  return field(`a whole number ${range}`, (value) => {
    const number = readInt32(value);
    return number !== undefined && number >= min && number <= max ? number : undefined;
  });
}

/** An enum, by name or by number: the names in the order of their numbers, from 1. */
export function enumeration<Name extends string>(names: readonly Name[]) {
  return field(`one of ${names.join(', ')}`, (value) =>
    typeof value === 'number' ? names[value - 1] : names.find((name) => name === value),
  );
}

/** One of a few words, written exactly so. */
export function word<Word extends string>(words: readonly Word[]) {
  const expected = words.length === 1 ? `"${words[0]}"` : `one of ${words.join(', ')}`;
  return field(expected, (value) => words.find((known) => known === value));
}

/** A list; its length is checked before its elements are. */
export function list<Element extends z.ZodType>(element: Element, { min = 0 } = {}) {
  const expected = min === 0 ? 'a list' : 'a non-empty list';
  return z.preprocess((value, context) => {
    let message: string | undefined;
    if (value === undefined) message = `is required: ${expected}`;
    else if (!Array.isArray(value) || value.length < min)
      message = `must be ${expected}, got ${describe(value)}`;
    else if (value.length > MAX_LIST_LENGTH) {
      message = `must be a list of at most ${MAX_LIST_LENGTH} elements, got ${value.length}`;
    }
    if (message === undefined) return value;
    context.issues.push({ code: 'custom', message, input: value });
    return z.NEVER;
  }, z.array(element));
}

interface ObjectOptions {
  /** Whether a value of this field counts as unset; null does unless this says otherwise. */
  isUnset?: (key: string, value: unknown) => boolean;
  /** What is wrong with the object as a whole, once unset fields are gone. */
  check?: (value: Record<string, unknown>) => string | undefined;
}

/**
 * An object of known fields, in a fresh object of its own: unknown fields are left out (`__proto__` among
 * them), and so are unset ones. Names may be written as in the proto file (`message_id`).
 */
export function object<Shape extends z.core.$ZodLooseShape>(shape: Shape, options: ObjectOptions = {}) {
  const { isUnset = emptyIsUnset, check } = options;
  const names = Object.keys(shape).map((key) => [key, snakeCase(key)] as const);
  return z.preprocess((value, context) => {
    const known: Record<string, unknown> = {};
    let message: string | undefined;
    if (value === undefined) message = 'is required: a JSON object';
    else if (!isObject(value)) message = `must be a JSON object, got ${describe(value)}`;
    else {
      for (const [key, protoName] of names) {
        const name = Object.hasOwn(value, key) ? key : protoName;
        if (Object.hasOwn(value, name) && !isUnset(key, value[name])) known[key] = value[name];
      }
      message = check?.(known);
    }
    if (message === undefined) return known;
    context.issues.push({ code: 'custom', message, input: value });
    return z.NEVER;
  }, z.object(shape));
}

const IMPLICIT_STRINGS = [
  'tenant',
  'contextId',
  'taskId',
  'pageToken',
  'id',
  'filename',
  'mediaType',
  'token',
];

/** An empty string is how proto3 writes that a field without presence is unset. */
function emptyIsUnset(key: string, value: unknown): boolean {
  return value === null || (value === '' && IMPLICIT_STRINGS.includes(key));
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
