import { type AgentsDocument, formatPath, type Path, valueAt } from './agents-document';
import { agentsCalledBy } from './chain';
import { show } from './config-error';
import { suggestion } from './did-you-mean';
import { toolAgents } from './model';

/** An entry of `agents:` in one of the files, unchecked. */
interface Entry {
  document: AgentsDocument;
  index: number;
  id: unknown;
  value: unknown;
}

/**
 * Adds the faults that one entry alone cannot show. Works on unchecked data, so that all faults come at once.
 * @param documents all files, whose agents call each other
 */
export function addConflicts(documents: readonly AgentsDocument[]): void {
  const entries = documents.flatMap((document): Entry[] => {
    const agents = valueAt(document.value, ['agents']);
    if (!Array.isArray(agents)) return [];
    return agents.map((value, index) => ({ document, index, id: valueAt(value, ['id']), value }));
  });
  const first = new Map<string, Entry>();
  let defaultAgent: Entry | undefined;
  for (const entry of entries) {
    const { id } = entry;
    const other = typeof id === 'string' ? first.get(id) : undefined;
    if (other !== undefined) {
      const reason = `expected an ID that no other agent has, got ${show(id)}, which is the ID of ${placeOf(other, entry)}`;
      addFault(entry, ['id'], reason);
    } else if (typeof id === 'string') first.set(id, entry);
    addMissingAgents(entries, entry, documents.length === 1 ? 'this file' : 'these files');
    addRings(entries, entry);
    if (valueAt(entry.value, ['default']) !== true) continue;
    if (defaultAgent === undefined) defaultAgent = entry;
    else {
      const already = `${placeOf(defaultAgent, entry)} is the default already`;
      addFault(entry, ['default'], `expected one default agent, got another: ${already}`);
    }
  }
}

function addFault({ document, index }: Entry, path: Path, reason: string): void {
  document.addFault(['agents', index, ...path], reason);
}

/** As who reads of another entry finds it. */
function placeOf({ document, index }: Entry, reader: Entry): string {
  const place = formatPath(['agents', index]);
  return document === reader.document ? place : `${place} in ${document.file}`;
}

/** Chains and models call agents by their IDs. */
function addMissingAgents(entries: readonly Entry[], entry: Entry, where: string): void {
  const called = {
    chain: agentsCalledBy(valueAt(entry.value, ['chain', 'steps'])),
    model: toolAgents(valueAt(entry.value, ['model', 'tools'])),
  };
  for (const [caller, named] of Object.entries(called)) {
    for (const { id, path } of named) {
      if (id === entry.id) {
        addFault(entry, [caller, ...path], `expected another agent, got the ${caller} itself`);
      } else if (!entries.some((each) => each.id === id)) {
        const others = entries.flatMap((each) =>
          typeof each.id === 'string' && each.id !== entry.id ? each.id : [],
        );
        const reason = `expected the ID of an agent in ${where}, got ${show(id)}${suggestion(id, others)}`;
        addFault(entry, [caller, ...path], reason);
      }
    }
  }
}

/** Chains that call each other would do so for ever. */
function addRings(entries: readonly Entry[], entry: Entry): void {
  const calledBy = (value: unknown) => agentsCalledBy(valueAt(value, ['chain', 'steps']));
  const leadsBack = (id: string, seen: Set<string>): boolean => {
    if (id === entry.id) return true;
    if (seen.has(id)) return false;
    seen.add(id);
    const value = entries.find((each) => each.id === id)?.value;
    return calledBy(value).some((called) => leadsBack(called.id, seen));
  };
  for (const { id, path } of calledBy(entry.value)) {
    if (id === entry.id || !leadsBack(id, new Set())) continue;
    const reason = `expected an agent that does not call this chain in turn, got ${show(id)}`;
    addFault(entry, ['chain', ...path], reason);
  }
}
