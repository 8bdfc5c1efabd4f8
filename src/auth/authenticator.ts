import { BridgeError } from '../a2a/errors';
import { ANONYMOUS } from '../bridge/owner';
import { AgentSet } from '../config/agent-set';
import type { AgentConfig } from '../config/agents';
import { type AuthenticationConfig, takesApiKeys } from '../config/authentication';
import { ConfigError } from '../config/config-error';
import { ApiKeys } from './api-keys';
import type { Authenticate, Caller } from './caller';
import { KeyFile } from './key-file';
import type { RefusedToken, TokenVerifier } from './jwt';

/** Options of {@link createAuthenticator}. */
export interface AuthenticatorOptions {
  /** Where `env:NAME` is looked up; the process's own unless set. */
  env?: NodeJS.ProcessEnv;
  /** Told of API keys that have become unusable. */
  warn?: (message: string) => void;
  /** How long what was read and fetched is taken as it was, in ms. */
  times?: { lookMs?: number; maxAgeMs?: number; cooldownMs?: number; timeoutMs?: number; failureMs?: number };
}

/** Header of API keys. */
export const API_KEY_HEADER = 'X-Api-Key';

/** What {@link createAuthenticator} has made. */
const own = new WeakSet<Authenticate>();

/** Whether what holds for a caller of one agent holds for it at every agent with the same `authentication` object. */
export function asksByAuthentication(authenticate: Authenticate): boolean {
  return own.has(authenticate);
}

const REALM = 'realm="temporal-a2a"';

/**
 * Tells callers by the `authentication` of the agents that they call. An agent without any serves "anonymous".
 * @throws ConfigError that names each secret that is missing or too short
 */
export function createAuthenticator(
  agents: readonly Pick<AgentConfig, 'authentication'>[] | AgentSet,
  options: AuthenticatorOptions = {},
): Authenticate {
  const set = agents instanceof AgentSet ? agents : new AgentSet(agents as readonly AgentConfig[]);
  return authenticatorOf(set, options).authenticate;
}

/**
 * As {@link createAuthenticator}, and agents whose secrets are missing do not get into the set, until `end`.
 * @throws ConfigError that names each secret that is missing or too short
 */
export function authenticatorOf(
  agents: AgentSet,
  options: AuthenticatorOptions = {},
): { authenticate: Authenticate; end(): void } {
  // Also of agents that were replaced: calls that began before go on with them.
  const gates = new WeakMap<object, Gate>();
  const open = new Gate(undefined, options);
  const gateOf = (authentication: AuthenticationConfig | undefined) =>
    authentication === undefined ? open : gates.get(authentication);
  const derived = agents.derive((all, before?: ReadonlyMap<string, Gate>) => {
    const faults = new Set<string>();
    const next = new Map<string, Gate>();
    for (const { authentication } of all) {
      if (authentication === undefined) continue;
      const key = JSON.stringify(authentication);
      try {
        // What has not changed keeps what it has fetched, such as the keys of issuers.
        const gate = next.get(key) ?? before?.get(key) ?? new Gate(authentication, options);
        next.set(key, gate);
        gates.set(authentication, gate);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        for (const fault of error.faults) faults.add(fault);
      }
    }
    if (faults.size > 0) throw new ConfigError([...faults]);
    if (all.some(({ authentication }) => authentication === undefined)) next.set('', open);
    return next;
  });
  const authenticate: Authenticate = async (caller) => {
    const gate = gateOf(caller.agent?.authentication);
    if (caller.agent !== undefined && gate !== undefined) return gate.ownerOf(caller);
    // Only who may call every agent is told which there are; all others cannot tell one that is not theirs from none.
    let owner = ANONYMOUS;
    for (const each of derived.now.values()) owner = await each.ownerOf(caller);
    if (caller.agent !== undefined)
      throw new Error(`the agent ${caller.agent.id} is not one of the authenticator's`);
    return owner;
  };
  own.add(authenticate);
  return { authenticate, end: () => derived.end() };
}

/** The authenticator that somebody gives, or else one of the agents. @throws ConfigError as {@link authenticatorOf} */
export function givenOrOwn(
  agents: AgentSet,
  {
    authenticate,
    logger,
  }: { authenticate?: Authenticate | undefined; logger: { warn(message: string): void } },
): { authenticate: Authenticate; end(): void } {
  if (authenticate !== undefined) return { authenticate, end: () => {} };
  return authenticatorOf(agents, { warn: (message) => logger.warn(message) });
}

/** One `authentication`. */
class Gate {
  private readonly open: boolean;
  private readonly takesKeys: boolean;
  private readonly keys: ApiKeys;
  private readonly keyFile: KeyFile | undefined;
  private readonly tokens: TokenVerifier | undefined;

  constructor(config: AuthenticationConfig | undefined, options: AuthenticatorOptions) {
    const { env, warn, times } = options;
    this.open = config === undefined || config.anonymous === true;
    this.takesKeys = config !== undefined && takesApiKeys(config);
    const keyOptions = { ...(env && { env }), ...(warn && { warn }), ...times };
    this.keys = new ApiKeys(config?.apiKeys ?? [], keyOptions);
    this.keyFile = config?.keyFile === undefined ? undefined : new KeyFile(config.keyFile, keyOptions);
    const issuers = config?.jwt ?? [];
    if (issuers.length === 0) return;
    // With what it needs, a fifth of what the API loads before it listens.
    const { TokenVerifier } = require('./jwt') as typeof import('./jwt');
    this.tokens = new TokenVerifier(issuers, times);
  }

  /** @throws BridgeError UNAUTHENTICATED, PERMISSION_DENIED, UNAVAILABLE */
  async ownerOf({ header, recognized = () => {} }: Caller): Promise<string> {
    if (this.open) return ANONYMOUS;
    const key = this.takesKeys ? header(API_KEY_HEADER).trim() : '';
    const bearer = /^bearer +(\S.*)$/i.exec(header('Authorization').trim())?.[1] ?? '';
    for (const presented of [key, bearer]) {
      if (presented === '') continue;
      const owner = await this.keys.ownerOf(presented);
      if (owner !== undefined) {
        recognized({ owner: `key:${owner}`, credential: 'api-key' });
        return `key:${owner}`;
      }
      const found = await this.keyFile?.ownerOf(presented);
      if (found === undefined) continue;
      recognized({ owner: `key:${found.owner}`, credential: `api-key:${found.id}` });
      if (found.expired) throw this.refusal({ refused: 'expired', why: 'The API key has expired' });
      return `key:${found.owner}`;
    }
    if (bearer !== '' && this.tokens !== undefined) {
      const verdict = await this.tokens.verify(bearer);
      if (verdict.owner !== undefined) recognized({ owner: verdict.owner, credential: 'jwt' });
      if (!('refused' in verdict)) return verdict.owner;
      throw this.refusal(verdict);
    }
    throw this.refusal(
      key === '' && bearer === '' ? undefined : { refused: 'invalid', why: 'no known API key' },
    );
  }

  private refusal(verdict?: RefusedToken): BridgeError {
    const cause = new Error(verdict?.why ?? 'no credential');
    if (verdict?.refused === 'scopes') {
      const scope = `scope="${verdict.missing.join(' ')}"`;
      return new BridgeError('PERMISSION_DENIED', `The token lacks scopes: ${verdict.missing.join(' ')}`, {
        cause,
        headers: { 'WWW-Authenticate': `Bearer ${REALM}, error="insufficient_scope", ${scope}` },
      });
    }
    const expired = verdict?.refused === 'expired' ? `, error_description="${verdict.why}"` : '';
    const error = verdict === undefined ? '' : `, error="invalid_token"${expired}`;
    const challenges = [`Bearer ${REALM}${error}`];
    if (this.takesKeys) challenges.push(`ApiKey ${REALM}, in="header", name="${API_KEY_HEADER}"`);
    const ways = this.takesKeys ? `${API_KEY_HEADER} or Authorization: Bearer` : 'Authorization: Bearer';
    const message =
      verdict === undefined
        ? `Authentication required: send the header ${ways}`
        : expired === ''
          ? 'The credentials are not valid'
          : verdict.why;
    return new BridgeError('UNAUTHENTICATED', message, {
      cause,
      headers: { 'WWW-Authenticate': challenges.join(', ') },
    });
  }
}
