import { readFileSync } from 'node:fs';
import { addConflicts } from './agent-conflicts';
import type { AgentConfig } from './agents';
import { AgentsDocument } from './agents-document';
import { agentsFilesAt, unreadable } from './agents-place';
import { withCalledAgents } from './called-agents';
import { ConfigError } from './config-error';

/**
 * Reads agents.yaml, or the agents of several such files.
 * @param place path of the file, or of a directory of `*.yaml` files, or several of both, separated by commas; errors name
 * a file as it is written here
 * @throws ConfigError with one line a fault: file, line, key, what was expected and what was found
 */
export function loadAgents(place: string): AgentConfig[] {
  const unread: string[] = [];
  const documents = agentsFilesAt(place).flatMap((file) => {
    try {
      return new AgentsDocument(readFileSync(file, 'utf8'), file);
    } catch (error) {
      unread.push(unreadable(file, error));
      return [];
    }
  });
  if (unread.length > 0) throw new ConfigError(unread);
  return agentsOf(documents);
}

/** As {@link loadAgents}, from text. */
export function parseAgents(text: string, file: string): AgentConfig[] {
  return agentsOf([new AgentsDocument(text, file)]);
}

function agentsOf(documents: readonly AgentsDocument[]): AgentConfig[] {
  addConflicts(documents);
  const places = documents.flatMap(({ faults }) => faults);
  if (places.length > 0) {
    throw new ConfigError(
      places.map(({ file, line, path, message }) => {
        return `${file}:${line}: ${path === '' ? '' : `${path}: `}${message}`;
      }),
      places,
    );
  }
  // Once more for all files: chains call agents of others.
  return withCalledAgents(documents.flatMap(({ agents }) => agents));
}
