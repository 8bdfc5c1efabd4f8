import { ApplicationFailure } from '@temporalio/common';
import { APIConnectionError, APIError } from 'openai';
import { isObject } from '../../a2a/is-object';
import { detailedFailure } from '../detailed-failure';
import { retryAfterMs } from '../../outbound/retry-after';

/** Statuses below 500 that a later attempt may not meet again. */
const PASSING = [408, 409, 425, 429];

/** What endpoints call errors that a later attempt would meet again. */
const LASTING = /invalid|not_found|unsupported|context_length|permission|authenti|forbidden|quota|billing/i;

type ModelFailureType = 'MODEL_REFUSED' | 'MODEL_UNAVAILABLE' | 'MODEL_UNREACHABLE' | 'MODEL_RATE_LIMITED';

const SHOWN: Record<ModelFailureType, string> = {
  MODEL_REFUSED: 'has refused the request',
  MODEL_UNAVAILABLE: 'is not available',
  MODEL_UNREACHABLE: 'cannot be reached',
  MODEL_RATE_LIMITED: 'takes no more requests for now',
};

/** What a client can do something about, by what endpoints say of it. */
const REFUSALS: readonly (readonly [RegExp, string])[] = [
  [
    /context.?(length|window)|too (long|many tokens)|maximum.{0,20}tokens/i,
    'the conversation is too long for it',
  ],
  [/content.?(filter|policy|management)|safety/i, 'the content is not allowed'],
];

/** Characters of an endpoint's message that are worth keeping. */
const MAX_MESSAGE = 1_000;

/** An error that the endpoint told of in an answer with status 200. */
export class ModelError extends Error {
  override readonly name = 'ModelError';

  /**
   * @param status as of an HTTP response, when the endpoint said one
   * @param lasts a later attempt would meet it again
   */
  constructor(
    message: string,
    readonly status?: number,
    readonly lasts = false,
  ) {
    super(message);
  }
}

/** The error that a body or an event tells of; undefined when it tells of none. */
export function toModelError(value: unknown): ModelError | undefined {
  if (typeof value === 'string') return value === '' ? undefined : new ModelError(value);
  if (Array.isArray(value)) return toModelError(value[0]);
  if (!isObject(value)) return undefined;
  const { error, errors, detail, message, msg, code, status, type } = value;
  const inner = [error, errors, detail].find((one) => one !== undefined && one !== null);
  const told = toModelError(inner);
  const said = typeof message === 'string' && message !== '' ? message : msg;
  const words = told?.message ?? (typeof said === 'string' ? said : undefined);
  if (words === undefined) return undefined;
  const number = [code, status].map(Number).find((one) => one >= 400 && one < 600);
  // FastAPI lists what is wrong with the request.
  const lasts =
    Array.isArray(detail) || [code, status, type].some((word) => LASTING.test(String(word ?? '')));
  return new ModelError(words, told?.status ?? number, told?.lasts === true || lasts);
}

/**
 * What a failed call means to Temporal: whether it is tried again, and when at the earliest.
 * @param secret what must not be in the message, whoever wrote that
 */
export function toModelFailure(error: unknown, model: string, secret: string | undefined): unknown {
  if (error instanceof ApplicationFailure) return error;
  if (!(error instanceof Error)) return error;
  const status = statusOf(error);
  const lasts = error instanceof ModelError && error.lasts;
  const retried = status === undefined ? !lasts : status >= 500 || PASSING.includes(status);
  const delay = retried && error instanceof APIError ? retryAfterMs(error.headers) : undefined;
  const type = typeOf(error, status, lasts);
  return detailedFailure(
    {
      message: `The model ${shown(type, status, error.message)}`,
      type,
      nonRetryable: !retried,
      ...(delay !== undefined && { nextRetryDelay: delay }),
    },
    `The model ${model} ${reasonOf(error, secret)}`,
  );
}

/** What clients read: the words of an endpoint are about accounts, keys and hosts as well. */
function shown(type: ModelFailureType, status: number | undefined, message: string): string {
  const kind = status === 401 || status === 403 ? 'does not accept the credentials' : SHOWN[type];
  const why = type === 'MODEL_REFUSED' ? REFUSALS.find(([words]) => words.test(message))?.[1] : undefined;
  if (why !== undefined) return `${kind}: ${why}`;
  return status === undefined ? kind : `${kind} (status ${status})`;
}

function statusOf(error: Error): number | undefined {
  if (error instanceof ModelError) return error.status;
  return error instanceof APIError ? error.status : undefined;
}

function typeOf(error: Error, status: number | undefined, lasts: boolean): ModelFailureType {
  if (lasts && status === undefined) return 'MODEL_REFUSED';
  if (status === undefined) return error instanceof ModelError ? 'MODEL_UNAVAILABLE' : 'MODEL_UNREACHABLE';
  if (status === 429) return 'MODEL_RATE_LIMITED';
  return status >= 500 ? 'MODEL_UNAVAILABLE' : 'MODEL_REFUSED';
}

function reasonOf(error: Error, secret: string | undefined): string {
  const said =
    error instanceof ModelError || (error instanceof APIError && !(error instanceof APIConnectionError));
  const message = said ? error.message : innermost(error).message || error.message;
  const safe = secret === undefined ? message : message.replaceAll(secret, '***');
  return `${said ? 'answered with an error' : 'cannot be reached'}: ${safe.slice(0, MAX_MESSAGE)}`;
}

function innermost(error: Error): Error {
  let inner = error;
  for (let depth = 0; depth < 5 && inner.cause instanceof Error; depth++) inner = inner.cause;
  return inner;
}
