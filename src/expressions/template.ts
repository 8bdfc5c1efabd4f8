import { isObject } from '../a2a/is-object';
import type { JsonValue } from '../a2a/types';
import { type ExpressionFault, findFaults, type Scope } from './expression';

/**
 * JSON with expressions in it: a text `{% ... %}` stands for the value of the expression, whatever its type; in a
 * text with more around it the value is written out. Everything else stands for itself.
 */

/** A fault at a place within a template. */
export interface TemplateFault {
  path: (string | number)[];
  reason: string;
}

/** The value of an expression; undefined when it has none. */
export type Evaluate = (source: string) => Promise<JsonValue | undefined>;

type Piece = { text: string } | { expression: string; offset: number };

/** What is wrong with the expressions in a template, each with its place, as far as it can be seen without evaluating. */
export function findTemplateFaults(template: unknown, scope: Scope): TemplateFault[] {
  if (typeof template === 'string')
    return textFaults(template, scope).map((reason) => ({ path: [], reason }));
  if (Array.isArray(template)) {
    return template.flatMap((item, index) => within(index, findTemplateFaults(item, scope)));
  }
  if (!isObject(template)) return [];
  return Object.entries(template).flatMap(([key, item]) => within(key, findTemplateFaults(item, scope)));
}

/**
 * The value of a template; undefined when it is one expression without a value. In an object such a member is left
 * out, in a list it is null.
 * @throws ExpressionError
 */
export async function fill(template: JsonValue, evaluate: Evaluate): Promise<JsonValue | undefined> {
  if (typeof template === 'string') return fillText(template, evaluate);
  if (Array.isArray(template)) {
    const list: JsonValue[] = [];
    for (const item of template) list.push((await fill(item, evaluate)) ?? null);
    return list;
  }
  if (!isObject(template)) return template;
  const filled: { [key: string]: JsonValue } = {};
  for (const [key, item] of Object.entries(template)) {
    const value = await fill(item as JsonValue, evaluate);
    if (value !== undefined) filled[key] = value;
  }
  return filled;
}

/** Whether a text is nothing but one expression. */
export function isExpression(text: string): boolean {
  const pieces = piecesOf(text.trim());
  return Array.isArray(pieces) && pieces.length === 1 && 'expression' in (pieces[0] ?? {});
}

async function fillText(text: string, evaluate: Evaluate): Promise<JsonValue | undefined> {
  const pieces = piecesOf(isExpression(text) ? text.trim() : text);
  if (!Array.isArray(pieces)) return text;
  const [only] = pieces;
  if (pieces.length === 1 && only && 'expression' in only) return evaluate(only.expression);
  const written: string[] = [];
  for (const piece of pieces) {
    written.push('text' in piece ? piece.text : write(await evaluate(piece.expression)));
  }
  return written.join('');
}

function write(value: JsonValue | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function textFaults(text: string, scope: Scope): string[] {
  const pieces = piecesOf(text);
  if (!Array.isArray(pieces)) return [`{% at ${place(text, pieces.openAt)} has no %}`];
  return pieces.flatMap((piece) =>
    'text' in piece
      ? []
      : findFaults(piece.expression, scope).map(({ position, reason }: ExpressionFault) => {
          return `${place(text, piece.offset + position)}: ${reason}`;
        }),
  );
}

/** Where in a text, for people: lines and characters from 1. */
function place(text: string, position: number): string {
  const before = text.slice(0, position).split('\n');
  const character = `character ${(before.at(-1) ?? '').length + 1}`;
  return text.includes('\n') ? `line ${before.length}, ${character}` : character;
}

/** The texts and expressions of a text; where the last `{%` is when nothing closes it. */
function piecesOf(text: string): Piece[] | { openAt: number } {
  const pieces: Piece[] = [];
  let from = 0;
  for (;;) {
    const open = text.indexOf('{%', from);
    if (open < 0) break;
    const close = text.indexOf('%}', open + 2);
    if (close < 0) return { openAt: open };
    if (open > from) pieces.push({ text: text.slice(from, open) });
    pieces.push({ expression: text.slice(open + 2, close), offset: open + 2 });
    from = close + 2;
  }
  if (from < text.length || pieces.length === 0) pieces.push({ text: text.slice(from) });
  return pieces;
}

function within(key: string | number, faults: TemplateFault[]): TemplateFault[] {
  return faults.map(({ path, reason }) => ({ path: [key, ...path], reason }));
}
