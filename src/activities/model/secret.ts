import { readFile } from 'node:fs/promises';
import { ApplicationFailure } from '@temporalio/common';

/**
 * The secret that `env:NAME` or `file:PATH` names, without white space around it. Read at every use, so that a
 * changed one needs no restart.
 * @throws ApplicationFailure, not retryable, that names the reference; never the secret
 */
export async function readSecret(reference: string): Promise<string> {
  const secret = (await read(reference))?.trim();
  if (secret) return secret;
  throw ApplicationFailure.nonRetryable(`The worker has no secret at ${reference}`, 'A2A_NO_SECRET');
}

async function read(reference: string): Promise<string | undefined> {
  if (reference.startsWith('env:')) return process.env[reference.slice(4)];
  if (!reference.startsWith('file:')) return undefined;
  try {
    return await readFile(reference.slice(5), 'utf8');
  } catch {
    return undefined;
  }
}
