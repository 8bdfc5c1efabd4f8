import { ApplicationFailure } from '@temporalio/common';
import { log } from '@temporalio/nexus';
import { HandlerError, type HandlerErrorType, OperationError } from 'nexus-rpc';
import { toWireError } from '../api/error-table';
import { failureTypeOf } from '../contract/nexus';

const TYPES: Readonly<Record<string, HandlerErrorType>> = {
  NOT_FOUND: 'NOT_FOUND',
  UNAVAILABLE: 'UNAVAILABLE',
  RESOURCE_EXHAUSTED: 'UNAVAILABLE',
  INTERNAL: 'INTERNAL',
};

/**
 * Runs an operation. Whatever it throws becomes a handler error that Temporal does not retry: three retryable ones
 * would close the endpoint to all callers of a namespace for a minute. What nobody foresaw is logged, and told to
 * nobody.
 */
export async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof HandlerError || error instanceof OperationError) throw error;
    const { reason, message, grpcStatus, unexpected } = toWireError(error);
    if (unexpected) log.error('a Nexus operation has failed', { error });
    throw handlerError(TYPES[grpcStatus] ?? 'BAD_REQUEST', reason, message);
  }
}

/** The error of an agent that is not offered. */
export function noSuchAgent(message: string): HandlerError {
  return handlerError('NOT_FOUND', 'NO_SUCH_AGENT', message);
}

/** Without stack traces, which would reach the caller. */
function handlerError(type: HandlerErrorType, reason: string, message: string): HandlerError {
  const cause = ApplicationFailure.nonRetryable(message, failureTypeOf(reason));
  cause.stack = '';
  return new HandlerError(type, message, { retryableOverride: false, stackTrace: '', cause });
}
