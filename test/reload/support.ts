import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type WatchAgentsOptions, type WatchedAgents, watchAgents } from '../../src/watch-agents';

const watched: WatchedAgents[] = [];
const directories: string[] = [];

/** Stops what {@link watch} has started, and removes what {@link newDirectory} has made. */
export async function cleanUp(): Promise<void> {
  for (const agents of watched.splice(0)) agents.close();
  for (const path of directories.splice(0)) await rm(path, { recursive: true });
}

export function newDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'reload-'));
  directories.push(path);
  return path;
}

export interface Logged {
  level: 'info' | 'error';
  message: string;
  added?: string[];
  changed?: string[];
  removed?: string[];
  faults?: string[];
}

/** Watches a file, often, and keeps what is logged. */
export async function watch(
  place: string,
  options: WatchAgentsOptions = {},
): Promise<{ agents: WatchedAgents; log: Logged[] }> {
  const log: Logged[] = [];
  const note = (level: Logged['level']) => (fields: object, message: string) =>
    void log.push({ level, message, ...fields });
  const logger = { info: note('info'), error: note('error') };
  const agents = await watchAgents(place, { logger, lookMs: 20, ...options });
  watched.push(agents);
  return { agents, log };
}

/** What a file says of agents; each one runs an echo unless it says otherwise. */
export function fileOf(agents: { id: string; [field: string]: unknown }[], more: object = {}): string {
  const entries = agents.map(({ id, ...fields }) => ({
    id,
    name: id,
    description: `The agent ${id}`,
    skills: [{ id: 's', name: 'S', description: 'S' }],
    ...(!('chain' in fields) && { workflow: { type: 'echo' } }),
    ...fields,
  }));
  // JSON is YAML, too.
  return JSON.stringify({ ...more, agents: entries }, null, 2);
}
