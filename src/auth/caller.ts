import type { AgentConfig } from '../config/agents';

/** A call, as far as it tells who makes it; the same for HTTP and gRPC. */
export interface Caller {
  /** Value of an HTTP header or a gRPC metadata key, whatever its case; empty when there is none. */
  header(name: string): string;
  /** The agent that is called; undefined when there is none of that name, which only known callers may learn. */
  agent: AgentConfig | undefined;
  /**
   * Told whose credential it is, also when it is refused all the same: expired, or without the scopes.
   * @param caller.credential how that is known: `api-key`, `api-key:<ID in the key file>`, `jwt`
   */
  recognized?(caller: { owner: string; credential: string }): void;
}

/**
 * Tells who calls: the owner of what the call makes.
 * @throws BridgeError UNAUTHENTICATED or PERMISSION_DENIED, with the header WWW-Authenticate; UNAVAILABLE when
 * that cannot be told now
 */
export type Authenticate = (caller: Caller) => string | Promise<string>;
