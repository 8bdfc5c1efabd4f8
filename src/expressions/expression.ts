import { Base64 } from 'js-base64';
import type jsonata from 'jsonata';
// The build without async functions: all its promises come from the global Promise, which LocalPromise can replace.
import jsonataEs5 from 'jsonata/jsonata-es5.min.js';
import { isObject } from '../a2a/is-object';
import type { JsonValue } from '../a2a/types';
import { LinearRegExp } from './linear-regexp';
import { runToEnd } from './local-promise';

/**
 * JSONata expressions that workflows evaluate: always with the same result for the same history, and never
 * without an end. `$now()`, `$millis()`, `$random()` and `$shuffle()` read the workflow's own clock and dice;
 * `$eval` does not exist.
 */

/**
 * Nodes that one evaluation may visit. Each takes about 10 microseconds in a workflow, and Temporal gives up a
 * workflow task that computes for five seconds.
 */
const MAX_NODES = 50_000;
/** The same for an {@link Evaluator} with traced promises, whose nodes take some tenths of a millisecond. */
const MAX_TRACED_NODES = 5_000;
/** Values that one evaluation may make; what it refers to does not count. */
const MAX_VALUES = 100_000;
/** Values that a result may have, with what it refers to. */
const MAX_RESULT_VALUES = 500_000;
/** Characters that count as one value. */
const TEXT_UNIT = 64;
const MAX_DEPTH = 500;
const MAX_SEQUENCE = 10_000;
/** JSONata's code of the error. */
const SEQUENCE_TOO_LONG = 'D2015';
/** Longest text that `$pad` makes. */
const MAX_PADDING = 10_000;

/** What is wrong with an expression. */
export interface ExpressionFault {
  /** Place in the expression, from 0. */
  position: number;
  reason: string;
}

/** Names that an expression may use. */
export interface Scope {
  /** Variables, without `$`. */
  variables: readonly string[];
  /** What `$steps` has. */
  steps: readonly string[];
}

/** Bad when it is written, or when it is evaluated. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

const compiled = new Map<string, jsonata.Expression>();

/** What is wrong with an expression, as far as it can be seen without evaluating it. */
export function findFaults(source: string, scope: Scope): ExpressionFault[] {
  let expression: jsonata.Expression;
  try {
    expression = compile(source);
  } catch (error) {
    return [{ position: Math.max(0, positionOf(error) - 1), reason: messageOf(error) }];
  }
  const faults: ExpressionFault[] = [];
  const nodes = nodesIn(expression.ast());
  const bound = new Set(nodes.flatMap(namesBoundBy));
  for (const node of nodes) {
    const reason = faultOf(node, scope, bound);
    if (reason !== undefined) faults.push({ position: startOf(node), reason });
  }
  return faults;
}

/** Evaluates expressions, and counts what that takes. */
export class Evaluator {
  /** Nodes visited so far, by all evaluations. */
  nodes = 0;
  private readonly known = new KnownValues();

  /**
   * @param traced evaluate with the promises of the workflow, as workflows did that must be replayed in the same
   * order; some 80 times slower
   */
  constructor(readonly traced = false) {}

  /**
   * The value of an expression; undefined when it has none.
   * @throws ExpressionError when it fails, does too much, or gives what is not JSON
   */
  async evaluate(
    source: string,
    variables: Record<string, JsonValue | undefined>,
  ): Promise<JsonValue | undefined> {
    this.known.add(variables);
    const work = new Work(this.traced ? MAX_TRACED_NODES : MAX_NODES, this.known);
    try {
      const run = () => compile(source).evaluate(variables.input ?? null, { ...variables, [WORK]: work });
      return work.result(this.traced ? await run() : runToEnd(run));
    } catch (error) {
      throw new ExpressionError(`${shorten(source)}: ${messageOf(error)}`);
    } finally {
      this.nodes += work.nodes;
    }
  }
}

interface Node {
  type?: unknown;
  value?: unknown;
  position?: unknown;
  [key: string]: unknown;
}

function compile(source: string): jsonata.Expression {
  const known = compiled.get(source);
  if (known !== undefined) return known;
  const expression = jsonataEs5(source, {
    stack: MAX_DEPTH,
    sequence: MAX_SEQUENCE,
    RegexEngine: LinearRegExp as unknown as RegExpConstructor,
  });
  for (const node of nodesIn(expression.ast())) {
    if (node.type === 'regex') new LinearRegExp(node.value as RegExp);
  }
  expression.registerFunction('eval', () => {
    throw new ExpressionError('there is no $eval here');
  });
  expression.registerFunction('pad', pad, '<s-ns?:s>');
  // JSONata's own need Buffer or btoa, which workflows do not have.
  expression.registerFunction('base64encode', base64Encode, '<s-:s>');
  expression.registerFunction('base64decode', base64Decode, '<s-:s>');
  // JSONata's own need Buffer or btoa, which workflows do not have.
  expression.registerFunction('base64encode', base64Encode, '<s-:s>');
  expression.registerFunction('base64decode', base64Decode, '<s-:s>');
  bind(expression, '__evaluate_entry', (_node: Node, _input: unknown, frame: Frame) => {
    workIn(frame)?.visit();
  });
  bind(expression, '__evaluate_exit', (node: Node, _input: unknown, frame: Frame, result: unknown) => {
    if (node.type !== 'variable') workIn(frame)?.weigh(result);
  });
  compiled.set(source, expression);
  return expression;
}

/** Name under which an evaluation finds its own {@link Work}; not one that an expression could write. */
const WORK = ' work';

/** Where JSONata looks up names. */
interface Frame {
  lookup(name: string): unknown;
}

/** Of the evaluation that is under way; several are, side by side, when their promises are traced. */
function workIn(frame: Frame): Work | undefined {
  return frame.lookup(WORK) as Work | undefined;
}

function bind(expression: jsonata.Expression, name: string, hook: (...args: never[]) => void): void {
  expression.assign(Symbol.for(`jsonata.${name}`) as unknown as string, hook);
}

/** As JSONata's own, which would fill the memory if asked to. */
function pad(text: string | undefined, width: number, fill = ' '): string | undefined {
  if (text === undefined) return undefined;
  if (Math.abs(width) > MAX_PADDING)
    throw new ExpressionError(`$pad makes at most ${MAX_PADDING} characters`);
  const missing = Math.abs(Math.trunc(width)) - [...text].length;
  if (missing <= 0) return text;
  const padding = [...(fill || ' ').repeat(missing)].slice(0, missing).join('');
  return width > 0 ? text + padding : padding + text;
}

/** Each character is one byte, as in JSONata's own. */
function base64Encode(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if ([...text].some((character) => character > '\xff')) {
    throw new ExpressionError('$base64encode takes characters up to U+00FF: each stands for one byte');
  }
  return Base64.btoa(text);
}

function base64Decode(text: string | undefined): string | undefined {
  return text === undefined ? undefined : Base64.atob(text);
}

/** Lists, objects and long texts that evaluations are given: to refer to them makes nothing. */
class KnownValues {
  private readonly objects = new WeakSet<object>();
  private readonly texts = new Set<string>();

  /** With everything in it; what has been added before is not walked again. */
  add(value: unknown): void {
    if (typeof value === 'string' && value.length > TEXT_UNIT) this.texts.add(value);
    if (typeof value !== 'object' || value === null || this.objects.has(value)) return;
    this.objects.add(value);
    for (const inner of Object.values(value)) this.add(inner);
  }

  has(value: unknown): boolean {
    if (typeof value === 'string') return this.texts.has(value);
    return typeof value === 'object' && value !== null && this.objects.has(value);
  }
}

/** Counts what an evaluation does, and ends it when it is too much. */
class Work {
  nodes = 0;
  private values = 0;
  /** Lists and objects that have been counted. */
  private readonly counted = new WeakSet<object>();

  constructor(
    private readonly maxNodes: number,
    private readonly known: KnownValues,
  ) {}

  visit(): void {
    this.nodes += 1;
    if (this.nodes > this.maxNodes) throw new ExpressionError('it takes too long');
  }

  /** Counts a value that was made, each list or object once. */
  weigh(value: unknown): void {
    if (this.known.has(value)) return;
    if (typeof value === 'string') this.make(value.length / TEXT_UNIT);
    if (typeof value !== 'object' || value === null || isFunction(value) || this.counted.has(value)) return;
    this.counted.add(value);
    for (const inner of Object.values(value)) {
      this.make(1);
      if (typeof inner === 'object' || typeof inner === 'string') this.weigh(inner);
    }
  }

  /** The value of the whole expression as JSON. @throws ExpressionError */
  result(value: unknown): JsonValue | undefined {
    if (value === undefined) return undefined;
    if (isFunction(value)) throw new ExpressionError('it gives a function');
    if (this.known.has(value)) return value as JsonValue;
    this.weigh(value);
    assertResultSize(value);
    return JSON.parse(JSON.stringify(value)) as JsonValue;
  }

  private make(amount: number): void {
    this.values += amount;
    if (this.values > MAX_VALUES) throw new ExpressionError('it makes too much');
  }
}

/** As JSON, where the same list or object may stand many times. */
function assertResultSize(result: unknown): void {
  let values = 0;
  const count = (value: unknown): void => {
    values += typeof value === 'string' ? 1 + value.length / TEXT_UNIT : 1;
    if (values > MAX_RESULT_VALUES) throw new ExpressionError('it makes too much');
    if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) count(inner);
  };
  count(result);
}

function isFunction(value: unknown): boolean {
  if (typeof value === 'function') return true;
  return isObject(value) && (value._jsonata_function === true || value._jsonata_lambda === true);
}

function nodesIn(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn);
  if (!isObject(value) || value instanceof RegExp) return [];
  const inner = Object.values(value).flatMap(nodesIn);
  return typeof value.type === 'string' ? [value, ...inner] : inner;
}

function namesBoundBy(node: Node): string[] {
  const names = [node.focus, node.index];
  if (node.type === 'bind') names.push((node.lhs as Node).value);
  if (node.type === 'lambda') names.push(...(node.arguments as Node[]).map(({ value }) => value));
  return names.filter((name) => typeof name === 'string');
}

function faultOf(node: Node, scope: Scope, bound: ReadonlySet<string>): string | undefined {
  if (node.type === 'path') {
    const [first, second] = node.steps as Node[];
    if (first?.type !== 'variable' || first.value !== 'steps' || second?.type !== 'name') return undefined;
    const step = String(second.value);
    if (scope.steps.includes(step)) return undefined;
    const known = scope.steps.length === 0 ? 'none' : scope.steps.join(', ');
    return `there is no step ${JSON.stringify(step)} before this one (there is: ${known})`;
  }
  if (node.type !== 'variable') return undefined;
  const name = String(node.value);
  if (name === 'eval') return 'there is no $eval here';
  if (name === '' || name === '$' || bound.has(name) || FUNCTIONS.has(name)) return undefined;
  if (scope.variables.includes(name)) return undefined;
  const known = scope.variables.map((variable) => `$${variable}`).join(', ');
  return `there is no $${name} here (there is: ${known})`;
}

/** What comes with JSONata. */
const FUNCTIONS = new Set(
  `sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad
  match contains replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs
  sqrt power random boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse
  each error assert type sort shuffle distinct base64encode base64decode encodeUrlComponent encodeUrl
  decodeUrlComponent decodeUrl toMillis fromMillis clone now millis`.split(/\s+/),
);

/** JSONata tells where a token ends; of a path it tells nothing. */
function startOf(node: Node): number {
  const token = node.type === 'path' ? (node.steps as Node[])[1] : node;
  const length = String(token?.value).length + (token?.type === 'variable' ? 1 : 0);
  return Math.max(0, Number(token?.position ?? length) - length);
}

function positionOf(error: unknown): number {
  return isObject(error) && typeof error.position === 'number' ? error.position : 1;
}

/** JSONata throws plain objects. */
function messageOf(error: unknown): string {
  // Its own text has the length that was not to be, as if that were the limit.
  if (isObject(error) && error.code === SEQUENCE_TOO_LONG) return `a sequence may have ${MAX_SEQUENCE} items`;
  const message = (error as { message?: unknown } | null)?.message;
  return typeof message === 'string' && message !== '' ? message : String(error);
}

function shorten(source: string): string {
  const line = source.trim().replace(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
}
