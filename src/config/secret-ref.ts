import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** What a reference leads to, without white space around it; or why there is nothing, in words that hold no secret. */
export type ReferredSecret = { value: string } | { fault: string };

/** Where a secret is: `env:NAME` or `file:PATH`. */
export type SecretPlace = { kind: 'env' | 'file'; name: string };

/** Undefined for a text that is no reference, which may be a secret itself: it is not to be shown. */
export function secretPlace(reference: string): SecretPlace | undefined {
  const [, kind, name] = /^(env|file):(.+)$/s.exec(reference) ?? [];
  return kind === undefined || name === undefined ? undefined : { kind: kind as 'env' | 'file', name };
}

/** Reads the secret that `env:NAME` or `file:PATH` names. */
export async function readSecret(reference: string, env = process.env): Promise<ReferredSecret> {
  const place = secretPlace(reference);
  if (place?.kind !== 'file') return found(reference, place && env[place.name]);
  return found(reference, await readFile(place.name, 'utf8').catch(() => undefined));
}

/** As {@link readSecret}, for what is read at the start. */
export function readSecretSync(reference: string, env = process.env): ReferredSecret {
  const place = secretPlace(reference);
  if (place?.kind !== 'file') return found(reference, place && env[place.name]);
  try {
    return found(reference, readFileSync(place.name, 'utf8'));
  } catch {
    return found(reference, undefined);
  }
}

function found(reference: string, text: string | undefined): ReferredSecret {
  const value = text?.trim();
  if (value) return { value };
  switch (secretPlace(reference)?.kind) {
    case 'env':
      return { fault: `${reference} is not set` };
    case 'file':
      return { fault: `${reference} cannot be read or is empty` };
    default:
      return { fault: 'a credential is not a reference: it has to be env:NAME or file:PATH' };
  }
}
