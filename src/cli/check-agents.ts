import { ConfigError } from '../config/config-error';
import { loadAgents } from '../config/load-agents';
import { toJson } from './json';

/** What the file alone does not tell. */
const NEXT = 'npx temporal-a2a doctor looks at the rest: Temporal, workers, secrets, remote agents';

/** `agents check`: a line for each fault of the file, or what is in it. */
export function checkAgents(file: string, json: boolean): { text: string; failed: boolean } {
  try {
    const ids = loadAgents(file).map(({ id }) => id);
    const text = json
      ? toJson({ file, ok: true, agents: ids, faults: [] })
      : `${file}: ${ids.length === 1 ? '1 agent' : `${ids.length} agents`}, nothing wrong: ${ids.join(', ')}\n${NEXT}\n`;
    return { text, failed: false };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { faults, places } = error;
    const listed = places.length > 0 ? places : faults.map((message) => ({ message }));
    const text = json ? toJson({ file, ok: false, faults: listed }) : `${faults.join('\n')}\n`;
    return { text, failed: true };
  }
}
