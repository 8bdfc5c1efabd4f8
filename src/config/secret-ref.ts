import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileFault } from './file-fault';
import { hasResolver, resolvedSecret, resolveSecret } from './secret-resolvers';

/** What a reference leads to, without white space around it; or why there is nothing, in words that hold no secret. */
export type ReferredSecret = { value: string } | { fault: string };

/** Where a secret is: `env:NAME`, `file:PATH`, or a scheme with a resolver. */
export type SecretPlace = { kind: string; name: string };

/** Undefined for a text that is no reference, which may be a secret itself: it is not to be shown. */
export function secretPlace(reference: string): SecretPlace | undefined {
  const [, kind = '', name] = /^([a-z][a-z\d]*):(.+)$/s.exec(reference) ?? [];
  if (name === undefined) return undefined;
  return ['env', 'file'].includes(kind) || hasResolver(kind) ? { kind, name } : undefined;
}

/** Reads the secret that a reference names. */
export async function readSecret(reference: string, env = process.env): Promise<ReferredSecret> {
  const place = secretPlace(reference);
  switch (place?.kind) {
    case undefined:
    case 'env':
      return found(reference, place && env[place.name]);
    case 'file':
      try {
        return found(reference, await readFile(place?.name ?? '', 'utf8'));
      } catch (error) {
        return unread(reference, error);
      }
    default:
      return found(reference, await resolveSecret(place?.kind ?? '', place?.name ?? ''));
  }
}

/** As {@link readSecret}, for what is read at the start; see {@link preloadSecrets}. */
export function readSecretSync(reference: string, env = process.env): ReferredSecret {
  const place = secretPlace(reference);
  switch (place?.kind) {
    case undefined:
    case 'env':
      return found(reference, place && env[place.name]);
    case 'file':
      try {
        return found(reference, readFileSync(place?.name ?? '', 'utf8'));
      } catch (error) {
        return unread(reference, error);
      }
    default:
      return found(reference, resolvedSecret(place?.kind ?? '', place?.name ?? ''));
  }
}

/** Asks resolvers for what is then read by {@link readSecretSync}, which tells of what is missing. */
export async function preloadSecrets(references: readonly string[]): Promise<void> {
  const places = references.flatMap((reference) => secretPlace(reference) ?? []);
  const resolved = places.filter(({ kind }) => hasResolver(kind));
  await Promise.all(resolved.map(({ kind, name }) => resolveSecret(kind, name)));
}

/** The same for the API keys of agents. */
export async function preloadApiKeys(
  agents: readonly { authentication?: { apiKeys: readonly { values: readonly string[] }[] } | undefined }[],
): Promise<void> {
  const keys = agents.flatMap(({ authentication }) => authentication?.apiKeys ?? []);
  await preloadSecrets([...new Set(keys.flatMap(({ values }) => values))]);
}

function unread(reference: string, error: unknown): ReferredSecret {
  return { fault: `${reference} cannot be read: ${fileFault(error)}` };
}

function found(reference: string, text: string | undefined): ReferredSecret {
  const value = text?.trim();
  if (value) return { value };
  switch (secretPlace(reference)?.kind) {
    case 'env':
      return { fault: `${reference} is not set` };
    case 'file':
      return { fault: `${reference} is empty` };
    case undefined:
      return {
        fault:
          'a credential is not a reference: it has to be env:NAME or file:PATH, or have a scheme of SECRETS_MODULE',
      };
    default:
      return { fault: `${reference} cannot be read or is empty, says its resolver (SECRETS_MODULE)` };
  }
}
