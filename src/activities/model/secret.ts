import { ApplicationFailure } from '@temporalio/common';
import { readSecret as read } from '../../config/secret-ref';

/**
 * The secret that `env:NAME` or `file:PATH` names, without white space around it. Read at every use, so that a
 * changed one needs no restart.
 * @throws ApplicationFailure, not retryable, that names the reference; never the secret
 */
export async function readSecret(reference: string): Promise<string> {
  const secret = await read(reference);
  if ('value' in secret) return secret.value;
  throw ApplicationFailure.nonRetryable(`The worker has no secret at ${reference}`, 'A2A_NO_SECRET');
}
