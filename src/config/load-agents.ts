import { readFileSync } from 'node:fs';
import {
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
} from 'yaml';
import type { z } from 'zod';
import type { AgentConfig } from './agents';
import { agentsFile } from './agents-file';
import { agentsCalledBy } from './chain';
import { ConfigError, show } from './config-error';
import { suggestion } from './did-you-mean';
import { SECRET_REFERENCE } from './fields';
import { knownKeys } from './known-keys';
import { toolAgents } from './model';

type Path = readonly PropertyKey[];

/**
 * Reads agents.yaml.
 * @param file path of the file; errors name it as it is written here
 * @throws ConfigError with one line a fault: file, line, key, what was expected and what was found
 */
export function loadAgents(file: string): AgentConfig[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    throw new ConfigError([`${file}: ${reason}; AGENTS_FILE names the file that lists the agents`]);
  }
  return parseAgents(text, file);
}

/** As {@link loadAgents}, from text. */
export function parseAgents(text: string, file: string): AgentConfig[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw faultsIn(
      file,
      document.errors.map((error) => {
        const [reason = ''] = error.message.split('\n');
        return { line: lines.linePos(error.pos[0]).line, path: '', reason };
      }),
    );
  }
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    // Aliases that have no anchor, or that multiply without end.
    throw new ConfigError([`${file}: ${(error as Error).message}`]);
  }
  const faults: { line: number; path: string; reason: string }[] = [];
  const add = (path: Path, reason: string, ofKey = false) => {
    faults.push({ line: lineOf(document.contents, path, lines, ofKey), path: formatPath(path), reason });
  };
  const parsed = agentsFile.safeParse(value);
  for (const issue of parsed.error?.issues ?? []) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys)
        add([...issue.path, key], `unknown key${suggestion(key, knownKeys(issue.path))}`, true);
    } else {
      add(issue.path, reasonOf(issue, valueAt(value, issue.path)));
    }
  }
  for (const { path, reason } of findConflicts(value)) add(path, reason);
  if (!parsed.success || faults.length > 0) {
    throw faultsIn(
      file,
      faults.sort((a, b) => a.line - b.line),
    );
  }
  return parsed.data.agents;
}

function faultsIn(
  file: string,
  faults: readonly { line: number; path: string; reason: string }[],
): ConfigError {
  return new ConfigError(
    faults.map(({ line, path, reason }) => `${file}:${line}: ${path === '' ? '' : `${path}: `}${reason}`),
    faults.map(({ line, path, reason: message }) => ({ file, line, path, message })),
  );
}

/** What one entry alone cannot show. Works on unchecked data, so that all faults come at once. */
function findConflicts(value: unknown): { path: Path; reason: string }[] {
  const agents = valueAt(value, ['agents']);
  if (!Array.isArray(agents)) return [];
  const faults: { path: Path; reason: string }[] = [];
  const first = new Map<string, number>();
  let defaultAgent: number | undefined;
  for (const [index] of agents.entries()) {
    const id = valueAt(agents, [index, 'id']);
    const other = typeof id === 'string' ? first.get(id) : undefined;
    if (other !== undefined) {
      faults.push({
        path: ['agents', index, 'id'],
        reason: `expected an ID that no other agent has, got ${show(id)}, which is the ID of agents[${other}]`,
      });
    } else if (typeof id === 'string') first.set(id, index);
    faults.push(...findMissingAgents(agents, index), ...findRings(agents, index));
    if (valueAt(agents, [index, 'default']) !== true) continue;
    if (defaultAgent === undefined) defaultAgent = index;
    else {
      const reason = `expected one default agent, got another: agents[${defaultAgent}] is the default already`;
      faults.push({ path: ['agents', index, 'default'], reason });
    }
  }
  return faults;
}

/** Chains and models call agents by their IDs. */
function findMissingAgents(agents: readonly unknown[], index: number): { path: Path; reason: string }[] {
  const ids = agents.map((_, other) => valueAt(agents, [other, 'id']));
  const called = {
    chain: agentsCalledBy(valueAt(agents, [index, 'chain', 'steps'])),
    model: toolAgents(valueAt(agents, [index, 'model', 'tools'])),
  };
  return Object.entries(called).flatMap(([caller, named]) =>
    named.flatMap(({ id, path }) => {
      const at = ['agents', index, caller, ...path];
      if (id === ids[index]) {
        return [{ path: at, reason: `expected another agent, got the ${caller} itself` }];
      }
      if (ids.includes(id)) return [];
      const near = suggestion(
        id,
        ids.filter((each) => typeof each === 'string' && each !== ids[index]),
      );
      return [{ path: at, reason: `expected the ID of an agent in this file, got ${show(id)}${near}` }];
    }),
  );
}

/** Chains that call each other would do so for ever. */
function findRings(agents: readonly unknown[], index: number): { path: Path; reason: string }[] {
  const ids = agents.map((_, other) => valueAt(agents, [other, 'id']));
  const calledBy = (at: number) => agentsCalledBy(valueAt(agents, [at, 'chain', 'steps']));
  const leadsBack = (id: string, seen: Set<string>): boolean => {
    if (id === ids[index]) return true;
    if (seen.has(id)) return false;
    seen.add(id);
    return calledBy(ids.indexOf(id)).some((called) => leadsBack(called.id, seen));
  };
  return calledBy(index).flatMap(({ id, path }) => {
    if (id === ids[index] || !leadsBack(id, new Set())) return [];
    const reason = `expected an agent that does not call this chain in turn, got ${show(id)}`;
    return [{ path: ['agents', index, 'chain', ...path], reason }];
  });
}

function reasonOf(issue: z.core.$ZodIssue, found: unknown): string {
  if (issue.code === 'custom' && issue.params?.verbatim === true) return issue.message;
  if (issue.code === 'custom' && issue.params?.found !== undefined) {
    return `expected ${issue.message}, got ${issue.params.found}`;
  }
  if (issue.message === SECRET_REFERENCE) return `expected ${SECRET_REFERENCE}, got another text`;
  return `expected ${expectation(issue)}, got ${issue.code === 'invalid_type' ? kind(found) : show(found)}`;
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'a whole number' : issue.expected;
    case 'invalid_value':
      return `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_small':
      if (issue.origin === 'array')
        return `at least ${issue.minimum} ${issue.minimum === 1 ? 'entry' : 'entries'}`;
      return issue.origin === 'string' ? 'a text that is not empty' : `at least ${issue.minimum}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    case 'invalid_format':
      return issue.format === 'url' ? 'a URL' : issue.message;
    default:
      return issue.message;
  }
}

function kind(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? typeof value
    : show(value);
}

function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<PropertyKey, unknown>)[key];
  }
  return current;
}

function formatPath(path: Path): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`))
    .join('');
}

/** Line of the value at a path, or of its key; of the nearest thing around it that is there. */
function lineOf(root: ParsedNode | null, path: Path, lines: LineCounter, ofKey: boolean): number {
  let node: unknown = root;
  let offset = root?.range[0] ?? 0;
  for (const [depth, key] of path.entries()) {
    const next = isMap(node)
      ? node.items.find((pair) => isScalar(pair.key) && pair.key.value === key)
      : (node as { items?: unknown[] } | null)?.items?.[Number(key)];
    if (next === undefined) break;
    const last = depth === path.length - 1;
    node = isPair(next) ? (next.value ?? next.key) : next;
    const shown = isPair(next) && last && ofKey ? next.key : node;
    offset = isNode(shown) ? ((shown as Node).range?.[0] ?? offset) : offset;
  }
  return Math.max(1, lines.linePos(offset).line);
}
