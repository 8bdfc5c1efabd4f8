import { ApplicationFailure } from '@temporalio/common';
import { HandlerError, type HandlerErrorType } from 'nexus-rpc';
import { failureTypeOf } from '../contract/nexus';

const TYPES: Readonly<Record<string, HandlerErrorType>> = {
  NOT_FOUND: 'NOT_FOUND',
  UNAVAILABLE: 'UNAVAILABLE',
  RESOURCE_EXHAUSTED: 'UNAVAILABLE',
  INTERNAL: 'INTERNAL',
};

/** The error of an agent that is not offered. */
export function noSuchAgent(message: string): HandlerError {
  return handlerError('NOT_FOUND', 'NO_SUCH_AGENT', message);
}

/**
 * An error that Temporal does not retry, without stack traces, which would reach the caller.
 * @param status of gRPC
 */
export function handlerError(status: string, reason: string, message: string): HandlerError {
  const cause = ApplicationFailure.nonRetryable(message, failureTypeOf(reason));
  cause.stack = '';
  const type = TYPES[status] ?? 'BAD_REQUEST';
  return new HandlerError(type, message, { retryableOverride: false, stackTrace: '', cause });
}
