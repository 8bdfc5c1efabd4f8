/*
 * Where secrets come from besides the environment and files: resolvers of a team's own, for references with a scheme of
 * theirs, such as `vault:apps/model#key`. They hold for the whole process, API and workers alike.
 */

/**
 * Finds the secret that a reference names.
 * @param name what follows the scheme and its colon: `apps/model#key`
 * @param signal aborted after ten seconds, when nobody waits any more
 * @returns the secret; undefined when there is none of that name
 * @throws anything, when it cannot be told now: the last value stays good meanwhile
 */
export type SecretResolver = (
  name: string,
  options: { signal: AbortSignal },
) => Promise<string | undefined> | string | undefined;

/** Resolvers by the scheme of their references: lower case letters and digits, such as `vault`. */
export type SecretResolvers = Readonly<Record<string, SecretResolver>>;

/** See {@link useSecretResolvers}. */
export interface SecretResolverOptions {
  /** Told why a secret cannot be had, in the words of the resolver's error. */
  warn?: (message: string) => void;
  /** In ms, for tests. */
  times?: Partial<typeof TIMES>;
}

const TIMES = {
  /** How long a secret is taken as it was. */
  freshMs: 30_000,
  /** How long a secret stays good while its resolver fails. */
  lastMs: 3_600_000,
  timeoutMs: 10_000,
};

const SCHEME = /^[a-z][a-z\d]{1,31}$/;

/** Never references: what is built in, and what URLs begin with. */
const TAKEN = ['env', 'file', 'http', 'https', 'data'];

/** What was read last. */
interface Known {
  value: string | undefined;
  /** When it was read, and when it was asked for last. */
  readAt: number;
  askedAt: number;
  reading?: Promise<void>;
}

let resolvers: SecretResolvers = {};
let options: Required<Pick<SecretResolverOptions, 'warn'>> & { times: typeof TIMES } = {
  warn: () => {},
  times: TIMES,
};
const known = new Map<string, Known>();

/**
 * Sets the resolvers of this process; call it before agents are loaded.
 * @throws RangeError for a scheme that cannot be one, TypeError for what is no function
 */
export function useSecretResolvers(given: SecretResolvers, more: SecretResolverOptions = {}): void {
  for (const [scheme, resolver] of Object.entries(given)) {
    if (!SCHEME.test(scheme) || TAKEN.includes(scheme)) {
      const expected = `2 to 32 lower case letters and digits, and none of ${TAKEN.join(', ')}`;
      throw new RangeError(
        `the scheme of a secret resolver has to be ${expected}, got ${JSON.stringify(scheme)}`,
      );
    }
    if (typeof resolver !== 'function') throw new TypeError(`the secret resolver ${scheme} is no function`);
  }
  resolvers = { ...given };
  options = { warn: more.warn ?? (() => {}), times: { ...TIMES, ...more.times } };
  known.clear();
}

/** The resolver for a scheme; undefined for `env`, `file`, and what is no scheme. */
export function hasResolver(scheme: string): boolean {
  return Object.hasOwn(resolvers, scheme);
}

/** The secret, as it was within the last half minute; undefined when there is none, or it cannot be had. */
export async function resolveSecret(scheme: string, name: string): Promise<string | undefined> {
  const reference = `${scheme}:${name}`;
  const { times } = options;
  const entry = known.get(reference) ?? { value: undefined, readAt: 0, askedAt: 0 };
  known.set(reference, entry);
  const now = Date.now();
  if (entry.reading === undefined && now - entry.askedAt >= times.freshMs) {
    entry.askedAt = now;
    entry.reading = read(entry, scheme, name).finally(() => {
      delete entry.reading;
    });
  }
  await entry.reading;
  return entry.value;
}

/** The secret as {@link resolveSecret} has read it; undefined unless it has. */
export function resolvedSecret(scheme: string, name: string): string | undefined {
  return known.get(`${scheme}:${name}`)?.value;
}

async function read(entry: Known, scheme: string, name: string): Promise<void> {
  const { times, warn } = options;
  const signal = AbortSignal.timeout(times.timeoutMs);
  try {
    const timeout = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true });
    });
    const answer = async () => resolvers[scheme]?.(name, { signal });
    const value = await Promise.race([answer(), timeout]);
    if (value !== undefined && typeof value !== 'string') throw new TypeError('the resolver gave no text');
    entry.value = value;
    entry.readAt = Date.now();
  } catch (error) {
    const isGood = entry.value !== undefined && Date.now() - entry.readAt < times.lastMs;
    if (!isGood) entry.value = undefined;
    const since = isGood ? `; that of ${new Date(entry.readAt).toISOString()} stays good` : '';
    warn(`the secret ${scheme}:${name} cannot be read: ${(error as Error).message}${since}`);
  }
}
