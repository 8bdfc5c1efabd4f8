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
import { type FaultPlace, show } from './config-error';
import { suggestion } from './did-you-mean';
import { SECRET_REFERENCE } from './fields';
import { knownKeys } from './known-keys';

const TYPES: Readonly<Record<string, string>> = {
  int: 'a whole number',
  object: 'an object',
  array: 'a list',
};

/** Known keys that a fault lists, at most. */
const MOST_SHOWN = 6;

/** Where something is in a file, as in `['agents', 0, 'id']`. */
export type Path = readonly PropertyKey[];

/** One file of agents, as it was read: what it holds, and what is wrong with it. */
export class AgentsDocument {
  /** All that the file holds, unchecked. */
  readonly value: unknown;
  /** The agents; none when something is wrong with the file. */
  readonly agents: readonly AgentConfig[];
  private readonly lines = new LineCounter();
  private readonly contents: ParsedNode | null = null;
  private readonly places: FaultPlace[] = [];

  /** @param file name of the file, for faults */
  constructor(
    text: string,
    readonly file: string,
  ) {
    const document = parseDocument(text, { lineCounter: this.lines, prettyErrors: false });
    this.agents = [];
    if (document.errors.length > 0) {
      for (const { message, pos } of document.errors) {
        const [reason = ''] = message.split('\n');
        this.places.push({ file, line: this.lines.linePos(pos[0]).line, path: '', message: reason });
      }
      return;
    }
    this.contents = document.contents;
    try {
      this.value = document.toJS();
    } catch (error) {
      // Aliases that have no anchor, or that multiply without end.
      this.addFault([], (error as Error).message);
      return;
    }
    const parsed = agentsFile.safeParse(this.value);
    if (this.contents === null) this.addFault([], 'expected a list of agents (agents:), got an empty file');
    else for (const issue of parsed.error?.issues ?? []) this.addIssue(issue);
    if (parsed.success) this.agents = parsed.data.agents;
  }

  /** In the order of their lines. */
  get faults(): readonly FaultPlace[] {
    return this.places.sort((a, b) => a.line - b.line);
  }

  /** @param ofKey whether the key is wrong, and not what it has */
  addFault(path: Path, message: string, ofKey = false): void {
    const line = lineOf(this.contents, path, this.lines, ofKey);
    this.places.push({ file: this.file, line, path: formatPath(path), message });
  }

  private addIssue(issue: z.core.$ZodIssue): void {
    const { path } = issue;
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys)
        this.addFault([...path, key], `unknown key${hint(key, knownKeys(path))}`, true);
    } else {
      this.addFault(path, reasonOf(issue, valueAt(this.value, path)));
    }
  }
}

export function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<PropertyKey, unknown>)[key];
  }
  return current;
}

export function formatPath(path: Path): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`))
    .join('');
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
      return TYPES[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_small':
      if (issue.origin === 'array')
        return `at least ${issue.minimum} ${issue.minimum === 1 ? 'entry' : 'entries'}`;
      if (issue.origin === 'string') return 'a text that is not empty';
      return issue.inclusive === false ? `a number above ${issue.minimum}` : `at least ${issue.minimum}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    case 'invalid_format':
      return issue.format === 'url' ? 'a URL' : issue.message;
    default:
      return issue.message;
  }
}

/** The key that is meant, or else all that there are, where these are few. */
function hint(key: string, known: readonly string[]): string {
  const similar = suggestion(key, known);
  if (similar !== '' || known.length === 0 || known.length > MOST_SHOWN) return similar;
  return `; known here: ${known.join(', ')}`;
}

function kind(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? typeof value
    : show(value);
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
