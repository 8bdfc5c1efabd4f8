import { readSecret as read } from '../../config/secret-ref';
import { detailedFailure } from '../detailed-failure';

/**
 * The secret that `env:NAME` or `file:PATH` names, without white space around it. Read at every use, so that a
 * changed one needs no restart.
 * @throws ApplicationFailure, not retryable, that names the reference; never the secret
 */
export async function readSecret(reference: string): Promise<string> {
  const secret = await read(reference);
  if ('value' in secret) return secret.value;
  throw detailedFailure(
    { message: 'A credential of the model is missing', type: 'A2A_NO_SECRET', nonRetryable: true },
    `The worker has no secret at ${reference}`,
  );
}
