import { setTimeout as sleep } from 'node:timers/promises';
import { type FieldViolation, InvalidParamsError } from '../a2a/errors';
import type { TaskPushNotificationConfig } from '../a2a/types';
import type { AddressGuard } from '../outbound/address-guard';
import { isOutboundError } from '../outbound/outbound-error';
import { parseOutboundUrl } from '../outbound/outbound-url';
import { REFUSED_PORTS } from './refused-ports';

/** Time in ms that a name has to resolve; one that takes longer is looked at again at each delivery. */
const RESOLVE_MS = 2_000;

/** Longest values, in characters. */
const MOST = { url: 2_048, token: 4_096, credentials: 8_192 };

/** What is stored must not be in clear. */
const NO_SEAL = 'cannot be kept: this server has no key to seal it with (PUSH_SEALING_KEYS)';

/** What may stand in a header: visible ASCII, and spaces between. */
const HEADER_VALUE = /^(?! )[\x20-\x7e]*(?<! )$/;
const SCHEME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;

/**
 * Refuses what could never be delivered, or must not be. Nothing is said of a value but what is wrong with it.
 * @param canSeal secrets can be kept from Temporal's histories
 * @param path of the config in the request, ending in a dot
 * @throws InvalidParamsError
 */
export async function checkPushConfig(
  { url, token, authentication }: TaskPushNotificationConfig,
  guard: AddressGuard,
  { canSeal, path = '' }: { canSeal: boolean; path?: string },
): Promise<void> {
  const violations: FieldViolation[] = [];
  const check = (field: string, fault: string | undefined) => {
    if (fault !== undefined) violations.push({ field: `${path}${field}`, description: fault });
  };
  check('token', headerFault(token, MOST.token));
  if (authentication !== undefined && !SCHEME.test(authentication.scheme)) {
    check('authentication.scheme', 'must be an HTTP authentication scheme, such as "Bearer"');
  }
  check('authentication.credentials', headerFault(authentication?.credentials, MOST.credentials));
  if (token && !canSeal) check('token', NO_SEAL);
  if (authentication?.credentials && !canSeal) check('authentication.credentials', NO_SEAL);
  check('url', await urlFault(url, guard));
  if (violations.length > 0) throw new InvalidParamsError(violations);
}

function headerFault(value: string | undefined, most: number): string | undefined {
  if (value === undefined) return undefined;
  if (value.length > most) return `must be at most ${most} characters, got ${value.length}`;
  return HEADER_VALUE.test(value)
    ? undefined
    : 'must be visible ASCII characters, since it is sent in a header';
}

async function urlFault(url: string, guard: AddressGuard): Promise<string | undefined> {
  if (url.length > MOST.url) return `must be at most ${MOST.url} characters, got ${url.length}`;
  const late = new AbortController();
  try {
    const { hostname, port } = parseOutboundUrl(url);
    if (hostname.endsWith('.')) return 'must be a URL whose host does not end in a dot';
    if (REFUSED_PORTS.has(port)) {
      return `must be a URL that may be called: HTTP clients refuse port ${port}, which belongs to another protocol`;
    }
    await Promise.race([
      guard.addresses(hostname),
      sleep(RESOLVE_MS, undefined, { signal: late.signal }).catch(() => {}),
    ]);
  } catch (error) {
    // A name that does not resolve now may do so at the time of delivery, and is checked again then.
    if (isOutboundError(error) && error.failure !== 'refused') return undefined;
    return isOutboundError(error) ? `must be a URL that may be called: ${error.message}` : 'cannot be called';
  } finally {
    late.abort();
  }
  return undefined;
}
