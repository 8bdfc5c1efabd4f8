import type { AgentSet, Derived } from './agent-set';
import type { AgentConfig } from './agents';
import { asksWhoCalls } from './authentication';
import { ConfigError } from './config-error';
import { isLoopback } from './served-host';
import type { Settings } from './settings';

/** Where agents are served. */
type Where = Pick<Settings, 'host' | 'allowAnonymous'> & { publicUrl?: string | undefined };

/**
 * Refuses to serve agents without authentication to other machines, unless ALLOW_ANONYMOUS is set.
 * @throws ConfigError that names these agents and says what to do
 */
export function assertSafeToServe(
  { host, allowAnonymous }: Pick<Settings, 'host' | 'allowAnonymous'>,
  agents: readonly Pick<AgentConfig, 'id' | 'authentication'>[],
): void {
  if (allowAnonymous || isLoopback(host)) return;
  const open = agents.filter((agent) => !asksWhoCalls(agent)).map(({ id }) => id);
  if (open.length === 0) return;
  const named = open.length > 5 ? [...open.slice(0, 5), `${open.length - 5} more`] : open;
  throw new ConfigError([
    `HOST ${host} is reachable from other machines, but these agents have no authentication: ` +
      `${named.join(', ')}. Add authentication: to agents.yaml (docs/authentication.md), set ` +
      '--allow-anonymous (ALLOW_ANONYMOUS=true) if the network is private, or use HOST 127.0.0.1',
  ]);
}

/**
 * Without PUBLIC_URL a card names the host that the request was sent to: who can reach the server could have a card with
 * a host of their own signed.
 * @throws ConfigError that says what to do
 */
export function assertSafeToSign({ host, publicUrl }: Pick<Settings, 'host' | 'publicUrl'>): void {
  if (publicUrl !== undefined || isLoopback(host)) return;
  throw new ConfigError([
    `CARD_SIGNING_KEYS: cards that are signed need the URL of this server, since HOST ${host} is reachable from ` +
      'other machines: set PUBLIC_URL',
  ]);
}

/**
 * What {@link servedNames} gives for the agents as they are, where {@link assertSafeToServe} holds; agents that are not
 * safe to serve do not get into the set, until `end`.
 * @throws ConfigError as {@link assertSafeToServe}
 */
export function exposure(agents: AgentSet, where: Where): Derived<readonly string[] | undefined> {
  return agents.derive((all) => {
    assertSafeToServe(where, all);
    return servedNames(where, all);
  });
}

/**
 * The host names, besides those of this machine, that requests may name; undefined when any is accepted. A loopback
 * address alone does not keep web pages out: the name of a page's own host may resolve to it (DNS rebinding), and
 * the browser that shows the page would then call agents that need no authentication.
 */
export function servedNames(
  { host, allowAnonymous, publicUrl }: Where,
  agents: readonly Pick<AgentConfig, 'authentication'>[],
): readonly string[] | undefined {
  if (allowAnonymous || !isLoopback(host) || agents.every(asksWhoCalls)) return undefined;
  return publicUrl === undefined ? [] : [new URL(publicUrl).hostname];
}
