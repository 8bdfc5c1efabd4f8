import { ApplicationFailure } from '@temporalio/common';
import { isObject } from '../../a2a/is-object';
import type { JsonValue } from '../../a2a/types';
import type { ModelToolCall } from '../../contract/model-call';

/** Calls that are tried as the beginning of the arguments, when all pieces together are not JSON. */
const MAX_BEGINNINGS = 50;

/** One call as its deltas have told it so far. */
interface PendingCall {
  id: string;
  name: string;
  /** The pieces of the arguments, in order. */
  pieces: string[];
  extraContent?: JsonValue;
}

/**
 * Puts the tool calls of a streamed answer together.
 *
 * OpenAI gives each call an index, and its ID and name in its first delta alone. Other endpoints repeat the name, give
 * two calls the same index, leave out index and ID, or send arguments as an object or once more as a whole.
 */
export class ToolCallReader {
  private readonly calls: PendingCall[] = [];
  private readonly byIndex = new Map<number, PendingCall>();

  get size(): number {
    return this.calls.length;
  }

  /** @returns the number of characters that the delta brought */
  read(delta: unknown): number {
    if (!isObject(delta)) return 0;
    const called = isObject(delta.function) ? delta.function : {};
    const id = text(delta.id);
    const name = text(called.name);
    const piece = argumentsOf(called.arguments);
    const index = typeof delta.index === 'number' ? delta.index : undefined;
    const call = this.find(id, index, name);
    if (index !== undefined) this.byIndex.set(index, call);
    if (call.id === '') call.id = id;
    // Repeated by some endpoints, in pieces from others.
    if (name !== call.name) call.name += name;
    if (piece !== '') call.pieces.push(piece);
    if (delta.extra_content !== undefined && delta.extra_content !== null) {
      call.extraContent = delta.extra_content as JsonValue;
    }
    return name.length + piece.length;
  }

  /** @throws ApplicationFailure, retryable, when a call has no name */
  finish(): ModelToolCall[] {
    return this.calls.map(({ id, name, pieces, extraContent }, place) => {
      if (name === '') {
        throw ApplicationFailure.create({
          message: 'The answer of the model has a tool call without a name',
          type: 'MODEL_BROKEN_ANSWER',
        });
      }
      return {
        id: id || `call_${place}`,
        type: 'function',
        function: { name, arguments: joined(pieces) },
        ...(extraContent !== undefined && { extra_content: extraContent }),
      };
    });
  }

  /** The call that a delta belongs to; a new one when it begins one. */
  private find(id: string, index: number | undefined, name: string): PendingCall {
    const known = id === '' ? undefined : this.calls.find((call) => call.id === id);
    if (known !== undefined) return known;
    const current = index === undefined ? this.calls.at(-1) : this.byIndex.get(index);
    return current !== undefined && continues(current, id, name) ? current : this.begin();
  }

  private begin(): PendingCall {
    const call: PendingCall = { id: '', name: '', pieces: [] };
    this.calls.push(call);
    return call;
  }
}

/** Whether a delta goes on with the call that its index, or its place behind it, points to. */
function continues(call: PendingCall, id: string, name: string): boolean {
  // Only a name begins a call: some endpoints make up a new ID for each delta.
  if (name === '') return true;
  if (id !== '' && call.id !== '') return false;
  // The same name again; that of another call when this one has all of its arguments.
  if (call.pieces.length === 0) return call.name === '' || call.name === name || id === '';
  return call.name === name && !isWhole(call.pieces.join(''));
}

/** The arguments as one JSON text; all pieces in a row when they make none. */
function joined(pieces: readonly string[]): string {
  const all = pieces.join('');
  if (isWhole(all)) return all;
  // They were sent again as a whole, grew with each delta, or had a placeholder first.
  const last = pieces.at(-1) ?? '';
  if (isWhole(last)) return last;
  for (let from = 1; from < Math.min(pieces.length, MAX_BEGINNINGS); from++) {
    const rest = pieces.slice(from).join('');
    if (isWhole(rest)) return rest;
  }
  return all;
}

function isWhole(json: string): boolean {
  if (!/\}\s*$/.test(json)) return false;
  try {
    return isObject(JSON.parse(json));
  } catch {
    return false;
  }
}

function argumentsOf(value: unknown): string {
  return isObject(value) ? JSON.stringify(value) : text(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
