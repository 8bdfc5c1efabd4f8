import { readFileSync } from 'node:fs';
import { type KeyRecord, keyFileFault, keyState, parseKeyRecords } from '../auth/key-records';
import type { AgentConfig } from '../config/agents';
import { error, type Finding, ok, warning } from './finding';

/** A key that expires within this time in ms is worth a word. */
const SOON_MS = 7 * 24 * 60 * 60_000;

/** The key files of the agents: whether they can be used, and which keys expire soon. */
export function checkKeyFiles(agents: readonly AgentConfig[]): Finding[] {
  const paths = new Set(agents.flatMap(({ authentication }) => authentication?.keyFile ?? []));
  return [...paths].map((path): Finding => {
    const about = `key file ${path}`;
    try {
      const active = parseKeyRecords(readFileSync(path, 'utf8')).filter((key) => keyState(key) === 'active');
      const expiresSoon = ({ expiresAt }: KeyRecord) =>
        expiresAt !== undefined && Date.parse(expiresAt) < Date.now() + SOON_MS;
      // Whose owner has one that lasts was rotated already.
      const lasting = new Set(active.filter((key) => !expiresSoon(key)).map(({ owner }) => owner));
      const soon = active.filter((key) => expiresSoon(key) && !lasting.has(key.owner));
      if (soon.length > 0) {
        const keys = soon.map(({ id, owner, expiresAt }) => `${id} of ${owner} (${expiresAt})`).join(', ');
        return warning(
          about,
          `keys expire within 7 days: ${keys}`,
          `rotate them: npx temporal-a2a keys rotate <id> --file ${path}`,
        );
      }
      return ok(about, active.length === 1 ? '1 active key' : `${active.length} active keys`);
    } catch (cause) {
      const remedy =
        (cause as NodeJS.ErrnoException).code === 'ENOENT'
          ? `make one: npx temporal-a2a keys create <owner> --file ${path}`
          : 'correct it, or let the user that runs the API read it';
      return error(about, keyFileFault(cause), remedy);
    }
  });
}
