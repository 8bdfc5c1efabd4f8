import type { AgentConfig } from './agents';
import { ConfigError } from './config-error';

/** The agents, for good or as they are now. */
export type Agents = readonly AgentConfig[] | AgentSet;

/** What was made of the agents of an {@link AgentSet}. */
export interface Derived<T> {
  readonly now: T;
  /** It is made no more. */
  end(): void;
}

/** Something that is made of the agents, and what was made for those that are about to count. */
interface Part {
  prepare(agents: readonly AgentConfig[]): () => void;
}

/**
 * Agents that can be replaced while they are served: bridges, gRPC servers and workers that were given the same set go on
 * with the new ones. A call that runs, and a task that was begun, keep what they began with.
 */
export class AgentSet {
  private agents: readonly AgentConfig[];
  private readonly parts = new Set<Part>();
  private readonly listeners = new Set<() => void>();

  /** @param agents from `loadAgents` or `defineAgents` */
  constructor(agents: readonly AgentConfig[]) {
    this.agents = agents;
  }

  static of(agents: Agents): AgentSet {
    return agents instanceof AgentSet ? agents : new AgentSet(agents);
  }

  get current(): readonly AgentConfig[] {
    return this.agents;
  }

  /**
   * Puts these agents in the place of those that there are.
   * @throws ConfigError of those that serve the agents, such as for an API key that is missing; nothing has changed then
   */
  replace(agents: readonly AgentConfig[]): void {
    const faults = new Set<string>();
    const commits: (() => void)[] = [];
    for (const part of this.parts) {
      try {
        commits.push(part.prepare(agents));
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        for (const fault of error.faults) faults.add(fault);
      }
    }
    if (faults.size > 0) throw new ConfigError([...faults]);
    this.agents = agents;
    for (const commit of commits) commit();
    for (const listener of this.listeners) listener();
  }

  /**
   * What `make` makes of the agents, and of others before they take their place: what it throws keeps them out.
   * @param make gets what it has made of those before, too
   * @throws what `make` throws
   */
  derive<T>(make: (agents: readonly AgentConfig[], before?: T) => T): Derived<T> {
    let now = make(this.agents);
    const part: Part = {
      prepare: (agents) => {
        const next = make(agents, now);
        return () => {
          now = next;
        };
      },
    };
    this.parts.add(part);
    return {
      get now() {
        return now;
      },
      end: () => this.parts.delete(part),
    };
  }

  /** Gives what `make` makes of the agents as they are, made when it is asked for and kept until they are others. */
  view<T>(make: (agents: readonly AgentConfig[]) => T): () => T {
    let made: { of: readonly AgentConfig[]; value: T } | undefined;
    return () => {
      if (made?.of !== this.agents) made = { of: this.agents, value: make(this.agents) };
      return made.value;
    };
  }

  /** Calls `listener` whenever the agents have been replaced. @returns ends that */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
