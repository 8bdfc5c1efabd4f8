import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { AgentSet } from './config/agent-set';
import type { AgentConfig } from './config/agents';
import { agentsVersion } from './config/agents-place';
import { ConfigError } from './config/config-error';
import { loadAgents } from './config/load-agents';
import { preloadApiKeys } from './config/secret-ref';
import type { Meter } from './metrics/meter';

/** A pino logger, or the like. */
export interface WatchLogger {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** See {@link watchAgents}. */
export interface WatchAgentsOptions {
  /** Told what has changed, and what is refused and why; nobody is unless set. */
  logger?: WatchLogger;
  /** How often the files are looked at, in ms; 1,000 unless set. */
  lookMs?: number;
}

const LOOK_MS = 1_000;

/** Files that change are looked at after so long, in ms, and read once they stay as they are, or after so many looks. */
const SETTLE = { ms: 200, looks: 25 };

/** What was refused may have lacked something that comes later, such as a key file; in ms. */
const RETRY_MS = 30_000;

/**
 * Reads the agents of a file or of several, as `loadAgents` does, and again whenever the files change:
 *
 * ```ts
 * const agents = await watchAgents('agents.yaml', { logger });
 * const bridge = await createBridge({ client, agents });
 * process.on('SIGHUP', () => agents.reload());
 * ```
 *
 * Agents that cannot be used are refused, with the reason in the log, and those before them go on.
 * @throws ConfigError as `loadAgents` does
 */
export async function watchAgents(place: string, options: WatchAgentsOptions = {}): Promise<WatchedAgents> {
  // Before they are read: what changes meanwhile is a change.
  const version = await agentsVersion(place);
  const agents = new WatchedAgents(place, version, options);
  await preloadApiKeys(agents.current);
  return agents;
}

/** Agents that are replaced when their files change. Made by {@link watchAgents}. */
export class WatchedAgents extends AgentSet {
  private readonly stopping = new AbortController();
  /** Faults of the files as they are now, while they are refused. */
  private refused: string | undefined;
  private triedAt = Date.now();
  private readAt = Date.now();
  private running: Promise<boolean> = Promise.resolve(true);
  private waiting: Promise<boolean> | undefined;

  /** @param version of the files, from before they are read */
  constructor(
    private readonly place: string,
    private version: string,
    private readonly options: WatchAgentsOptions = {},
  ) {
    super(loadAgents(place));
    void this.watch();
  }

  /**
   * Reads the files again, although they may not have changed. One at a time: whoever asks while one is waiting gets that.
   * @returns whether the agents are those of the files now; otherwise the log says why not
   */
  reload(): Promise<boolean> {
    this.waiting ??= this.queue(false, () => {
      this.waiting = undefined;
    });
    return this.waiting;
  }

  /** Tells how the last reload went, and when it was, until `close`. */
  meter(metrics: Meter): void {
    const ends = [
      metrics.gauge('a2a_agents_refused', () => [{ labels: {}, value: this.refused === undefined ? 0 : 1 }]),
      metrics.gauge('a2a_agents_read_timestamp_seconds', () => [{ labels: {}, value: this.readAt / 1_000 }]),
    ];
    this.stopping.signal.addEventListener('abort', () => {
      for (const end of ends) end();
    });
  }

  /** Looks at the files no more. */
  close(): void {
    this.stopping.abort();
  }

  /**
   * By looking: what tells of changes (inotify) tells nothing of other machines' on network file systems, and follows a
   * file by its inode, which editors and Kubernetes replace.
   */
  private async watch(): Promise<void> {
    const { lookMs = LOOK_MS } = this.options;
    while (await this.pause(lookMs)) {
      if ((await agentsVersion(this.place)) !== this.version) {
        if (await this.settle()) await this.queue(false);
      } else if (this.refused !== undefined && Date.now() - this.triedAt >= RETRY_MS) {
        await this.queue(true);
      }
    }
  }

  /** Waits until the files stay as they are. @returns whether they are still to be looked at */
  private async settle(): Promise<boolean> {
    let version = '';
    for (let looks = 0; looks < SETTLE.looks; looks++) {
      const before = version;
      version = await agentsVersion(this.place);
      if (version === before) break;
      if (!(await this.pause(SETTLE.ms))) return false;
    }
    return true;
  }

  /** @returns whether the files are still to be looked at */
  private async pause(ms: number): Promise<boolean> {
    const { signal } = this.stopping;
    await sleep(ms, undefined, { signal, ref: false }).catch(() => {});
    return !signal.aborted;
  }

  private queue(retries: boolean, onBegin = () => {}): Promise<boolean> {
    this.running = this.running.then(() => {
      onBegin();
      return this.readAgain(retries);
    });
    return this.running;
  }

  /** @param retries whether nothing has happened: then only another fault is told */
  private async readAgain(retries: boolean): Promise<boolean> {
    const { place } = this;
    const { logger } = this.options;
    this.version = await agentsVersion(place);
    this.triedAt = Date.now();
    const before = this.current;
    try {
      const agents = loadAgents(place);
      await preloadApiKeys(agents);
      this.replace(agents);
    } catch (error) {
      const faults = error instanceof ConfigError ? error.faults : [String(error)];
      const text = faults.join('\n');
      if (!retries || text !== this.refused)
        logger?.error({ faults }, `${place} is refused, and the agents stay as they were`);
      this.refused = text;
      return false;
    }
    this.refused = undefined;
    this.readAt = Date.now();
    logger?.info(differences(before, this.current), `${place} was read again`);
    return true;
  }
}

/** IDs of the agents that are new, others than before, and no more. */
function differences(
  before: readonly AgentConfig[],
  after: readonly AgentConfig[],
): Record<'added' | 'changed' | 'removed', string[]> {
  const known = new Map(before.map((agent) => [agent.id, agent]));
  const ids = new Set(after.map(({ id }) => id));
  return {
    added: after.filter(({ id }) => !known.has(id)).map(({ id }) => id),
    changed: after
      .filter((agent) => known.has(agent.id) && !isDeepStrictEqual(known.get(agent.id), agent))
      .map(({ id }) => id),
    removed: before.filter(({ id }) => !ids.has(id)).map(({ id }) => id),
  };
}
