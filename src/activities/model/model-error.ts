import { ApplicationFailure } from '@temporalio/common';
import { APIConnectionError, APIError } from 'openai';
import { retryAfterMs } from '../../outbound/retry-after';

/** Statuses below 500 that a later attempt may not meet again. */
const PASSING = [408, 409, 425, 429];

/** Characters of an endpoint's message that are worth keeping. */
const MAX_MESSAGE = 1_000;

/**
 * What a failed call means to Temporal: whether it is tried again, and when at the earliest.
 * @param secret what must not be in the message, whoever wrote that
 */
export function toModelFailure(error: unknown, model: string, secret: string | undefined): unknown {
  if (error instanceof ApplicationFailure) return error;
  if (!(error instanceof Error)) return error;
  const status = statusOf(error);
  const retried = status === undefined || status >= 500 || PASSING.includes(status);
  const delay = retried && error instanceof APIError ? retryAfterMs(error.headers) : undefined;
  return ApplicationFailure.create({
    message: `The model ${model} ${reasonOf(error, secret)}`,
    type: typeOf(status),
    nonRetryable: !retried,
    ...(delay !== undefined && { nextRetryDelay: delay }),
  });
}

/** Of the response; an error that comes in the middle of an answer may have one of its own as its code. */
function statusOf(error: Error): number | undefined {
  if (!(error instanceof APIError)) return undefined;
  const code = Number(error.status ?? error.code);
  return code >= 400 && code < 600 ? code : undefined;
}

function typeOf(status: number | undefined): string {
  if (status === undefined) return 'MODEL_UNREACHABLE';
  if (status === 429) return 'MODEL_RATE_LIMITED';
  return status >= 500 ? 'MODEL_UNAVAILABLE' : 'MODEL_REFUSED';
}

function reasonOf(error: Error, secret: string | undefined): string {
  const said = error instanceof APIError && !(error instanceof APIConnectionError);
  const message = said ? error.message : innermost(error).message || error.message;
  const safe = secret === undefined ? message : message.replaceAll(secret, '***');
  return `${said ? 'answered with an error' : 'cannot be reached'}: ${safe.slice(0, MAX_MESSAGE)}`;
}

function innermost(error: Error): Error {
  let inner = error;
  for (let depth = 0; depth < 5 && inner.cause instanceof Error; depth++) inner = inner.cause;
  return inner;
}
