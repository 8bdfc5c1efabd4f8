import type { Duration } from '@temporalio/common';
import { msToNumber } from '@temporalio/common/lib/time';
import { ApplicationFailure, type RetryPolicy } from '@temporalio/workflow';
import { isObject } from '../a2a/is-object';
import { PART_CONTENTS } from '../a2a/parts';
import type { Part, Struct } from '../a2a/types';
import { type CallTarget, INVALID_CALL } from '../contract/a2a-call';
import type { RemoteAgent } from '../contract/agent-call';
import type { CallOptions, MessageInit } from './call-options';

/** The argument of `a2aCall`, checked. */
export interface CallInput {
  target: CallTarget;
  message: MessageInit;
  options: Omit<CallOptions, 'onInput'> & { onInput?: 'fail' | 'signal' };
}

type Check<T> = (value: unknown, path: string) => T;

/** @throws ApplicationFailure A2A_INVALID_CALL that names the field, what was expected and what was found */
export function readCallInput(value: unknown): CallInput {
  const {
    message: said,
    options,
    ...to
  } = fields(value, 'the input', {
    agent: optional(text),
    url: optional(httpUrl),
    requireSignature: optional(flag),
    bindings: optional(listOf(oneOf('JSONRPC', 'HTTP+JSON', 'GRPC'))),
    message: (each, path) => readMessage(each, path),
    options: optional((each, path) => fields(each, path, OPTIONS)),
  });
  const { message, contextId } = said;
  return { target: targetOf(to), message, options: defined({ contextId, ...defined(options ?? {}) }) };
}

/**
 * A text, a part, a list of parts, or a Message: what it says.
 * @throws as {@link readCallInput}
 */
export function readAnswer(value: unknown): Part[] {
  return readMessage(value, 'the answer').message.parts as Part[];
}

const OPTIONS = {
  contextId: optional(text),
  keepContext: optional(flag),
  metadata: optional(struct),
  acceptedOutputModes: optional(listOf(text)),
  timeout: optional(duration),
  waiting: optional(oneOf('stream', 'poll', 'webhook')),
  retry: optional(retryPolicy),
  relay: optional(oneOf('all', 'status', 'none')),
  onInput: optional(oneOf('fail', 'signal')),
};

function targetOf({
  agent,
  url,
  ...more
}: {
  agent?: string | undefined;
  url?: string | undefined;
  requireSignature?: boolean | undefined;
  bindings?: RemoteAgent['bindings'];
}): CallTarget {
  if (agent !== undefined && url !== undefined) throw invalid('url', 'expected agent or url, got both');
  if (url !== undefined) return defined({ url, ...more });
  if (agent === undefined) throw invalid('agent', 'expected agent or url, got neither');
  const [other] = Object.keys(defined(more));
  if (other !== undefined) throw invalid(other, 'is for agents that are called by url');
  return agent;
}

function readMessage(value: unknown, path: string): { message: MessageInit; contextId: string | undefined } {
  if (value === undefined || value === null) throw wrong(path, 'a text, a list of parts or a Message', value);
  if (typeof value === 'string') return { message: { parts: [{ text: value }] }, contextId: undefined };
  if (!isObject(value) || absent(value.parts)) {
    return { message: { parts: parts(value, path) }, contextId: undefined };
  }
  const at = (name: string) => `${path}.${name}`;
  if (!absent(value.taskId)) {
    throw invalid(at('taskId'), 'a call makes a task of its own; leave it out');
  }
  optional(oneOf('ROLE_USER'))(value.role, at('role'));
  const message = defined({
    parts: parts(value.parts, at('parts')),
    messageId: optional(text)(value.messageId, at('messageId')),
    metadata: optional(struct)(value.metadata, at('metadata')),
    extensions: optional(listOf(text))(value.extensions, at('extensions')),
    referenceTaskIds: optional(listOf(text))(value.referenceTaskIds, at('referenceTaskIds')),
  });
  return { message, contextId: optional(text)(value.contextId, at('contextId')) };
}

function parts(value: unknown, path: string): Part[] {
  if (!Array.isArray(value)) return [part(value, path)];
  if (value.length === 0) throw invalid(path, 'expected at least one part, got an empty list');
  return listOf(part)(value, path);
}

function part(value: unknown, path: string): Part {
  const contents = PART_CONTENTS.join(', ');
  if (!isObject(value)) throw wrong(path, `a part with one of ${contents}`, value);
  const given = Object.fromEntries(Object.entries(value).filter(([, each]) => !absent(each)));
  // The one content that may be null.
  if (!PART_CONTENTS.some((name) => name in given) && value.data === null) given.data = null;
  const found = PART_CONTENTS.filter((name) => name in given);
  if (found.length !== 1) {
    throw invalid(path, `expected a part with one of ${contents}, got ${found.join(' and ') || 'none'}`);
  }
  for (const name of ['text', 'raw', 'url', 'filename', 'mediaType']) {
    if (name in given && typeof given[name] !== 'string')
      throw wrong(`${path}.${name}`, 'a text', given[name]);
  }
  optional(struct)(given.metadata, `${path}.metadata`);
  return given as Part;
}

function retryPolicy(value: unknown, path: string): RetryPolicy {
  return defined(
    fields(value, path, {
      maximumAttempts: optional(atLeast(1)),
      initialInterval: optional(duration),
      maximumInterval: optional(duration),
      backoffCoefficient: optional(atLeast(1)),
    }),
  );
}

/** The members of an object; one that is not known is wrong. */
function fields<T extends object>(
  value: unknown,
  path: string,
  checks: { [Name in keyof T]: Check<T[Name]> },
): T {
  if (!isObject(value)) throw wrong(path, 'an object', value);
  const at = (name: string) => (path === 'the input' ? name : `${path}.${name}`);
  const known = Object.keys(checks);
  const unknown = Object.keys(value).find((name) => !known.includes(name) && !absent(value[name]));
  if (unknown !== undefined) throw invalid(at(unknown), `is not known; there are ${known.join(', ')}`);
  const entries = Object.entries(checks as Record<string, Check<unknown>>).map(([name, check]) => [
    name,
    check(value[name], at(name)),
  ]);
  return Object.fromEntries(entries) as T;
}

function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value, path) => (absent(value) ? undefined : check(value, path));
}

function listOf<T>(check: Check<T>): Check<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw wrong(path, 'a list', value);
    return value.map((each, index) => check(each, `${path}[${index}]`));
  };
}

function oneOf<T extends string>(...values: T[]): Check<T> {
  return (value, path) => {
    const found = values.find((each) => each === value);
    if (found === undefined)
      throw wrong(path, values.map((each) => JSON.stringify(each)).join(' or '), value);
    return found;
  };
}

function atLeast(least: number): Check<number> {
  return (value, path) => {
    if (typeof value !== 'number' || !(value >= least)) throw wrong(path, `a number from ${least} on`, value);
    return value;
  };
}

function text(value: unknown, path: string): string {
  if (typeof value !== 'string' || value === '') throw wrong(path, 'a text that is not empty', value);
  return value;
}

function httpUrl(value: unknown, path: string): string {
  const url = text(value, path);
  if (!/^https?:\/\/./i.test(url)) throw wrong(path, 'an http or https URL', value);
  return url;
}

function flag(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw wrong(path, 'true or false', value);
  return value;
}

function struct(value: unknown, path: string): Struct {
  if (!isObject(value)) throw wrong(path, 'an object', value);
  return value as Struct;
}

function duration(value: unknown, path: string): Duration {
  const isDuration = typeof value === 'string' || typeof value === 'number';
  const ms = isDuration ? millisecondsOf(value as Duration) : Number.NaN;
  if (!(ms > 0)) throw wrong(path, 'a duration such as "30s", or milliseconds', value);
  return value as Duration;
}

function millisecondsOf(value: Duration): number {
  try {
    return msToNumber(value);
  } catch {
    return Number.NaN;
  }
}

/** Other languages write null for what is not set. */
function absent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function defined<T extends object>(value: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never;
}

function wrong(path: string, expected: string, value: unknown): ApplicationFailure {
  return invalid(path, `expected ${expected}, got ${shown(value)}`);
}

function invalid(path: string, reason: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`${path}: ${reason}`, INVALID_CALL);
}

function shown(value: unknown): string {
  if (absent(value)) return 'nothing';
  const json = JSON.stringify(value);
  return json.length > 60 ? `${json.slice(0, 60)}...` : json;
}
