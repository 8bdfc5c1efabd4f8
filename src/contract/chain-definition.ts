import type { JsonValue } from '../a2a/types';
import type { CredentialRef, RemoteAgent, ResolvedAgent, Waiting } from './agent-call';

/** What a `chain:` of agents.yaml says (docs/chains.md), as its tasks keep it from their start to their end. */
export interface ChainDefinition {
  steps: ChainStep[];
  /** How the agents of this bridge that steps name are called, by their IDs. */
  agents?: Record<string, ResolvedAgent> | undefined;
  /** What becomes of the chain's artifacts; those of the last step without it. A template. */
  result?: JsonValue | undefined;
  /** Most events and bytes of the history of a task; a little less than Temporal takes unless set. */
  historyLimits?: { events?: number | undefined; bytes?: number | undefined } | undefined;
}

/** One step: a call of an agent, branches side by side, or steps one after the other. */
export interface ChainStep {
  /** What `$steps` calls it. */
  name: string;
  /** ID of an agent of this bridge. */
  agent?: string | undefined;
  /** A remote agent. */
  url?: string | undefined;
  credentials?: CredentialRef[] | undefined;
  requireSignature?: boolean | undefined;
  bindings?: RemoteAgent['bindings'] | undefined;
  waiting?: Waiting | undefined;
  /** Whether the call goes on in the agent's context of earlier ones; true unless set. */
  keepContext?: boolean | undefined;
  parallel?: ChainStep[] | undefined;
  steps?: ChainStep[] | undefined;
  /** The step is left out when this is false, or nothing. One expression. */
  when?: string | undefined;
  /** The step is taken once for each item: a list, or one expression that gives one. */
  forEach?: JsonValue | undefined;
  /** Items at once; 10 unless set. */
  concurrency?: number | undefined;
  /** What the agent is sent; what the step before it said, or the chain's own message, without it. A template. */
  message?: JsonValue | undefined;
  /** What `$steps` gives; the answer without it. A template. */
  result?: JsonValue | undefined;
  /** Longest time for each attempt, as in "30s". */
  timeout?: string | undefined;
  retry?: StepRetry | undefined;
  /** `fail` unless set; `continue`, or the ID or URL of the agent that is called instead. */
  onError?: string | undefined;
}

export interface StepRetry {
  maximumAttempts?: number | undefined;
  initialInterval?: string | undefined;
  maximumInterval?: string | undefined;
  backoffCoefficient?: number | undefined;
}

/** What a `proxy:` of agents.yaml says. */
export interface ProxyDefinition extends RemoteAgent {
  waiting?: Waiting;
  timeout?: string;
  retry?: StepRetry;
  keepContext?: boolean;
}
