import { isObject } from '../../a2a/is-object';
import type { JsonValue } from '../../a2a/types';
import type { ModelReply } from '../../contract/model-call';

type Fields = Record<string, unknown>;

/** Fields of a detail that come in pieces. */
const GROWING = ['text', 'summary', 'data'];

/**
 * Gathers what an answer has beside its words, and what the endpoint wants to see again with the next request:
 * `reasoning_content` (DeepSeek, Kimi), `reasoning_details` (OpenRouter), `extra_content` (Gemini) and thinking in a
 * list of contents (Mistral).
 */
export class ReasoningReader {
  private content = '';
  private readonly details: Fields[] = [];
  private extra: Fields | undefined;
  private parts: Fields[] | undefined;

  /** @returns the number of characters that the delta brought */
  read({ reasoning_content: content, reasoning_details: details, extra_content: extra }: Fields): number {
    if (isObject(extra)) this.extra = { ...this.extra, ...extra };
    let characters = 0;
    if (typeof content === 'string') {
      this.content += content;
      characters += content.length;
    }
    for (const detail of Array.isArray(details) ? details.filter(isObject) : []) {
      this.addDetail(detail);
      characters += JSON.stringify(detail).length;
    }
    return characters;
  }

  /** Reads a content that is a list. @returns the text in it */
  readParts(list: readonly unknown[]): string {
    const parts = list.filter(isObject);
    this.parts ??= [];
    for (const part of parts) addPart(this.parts, part);
    return parts.map((part) => (typeof part.text === 'string' ? part.text : '')).join('');
  }

  /** The fields that the message of this answer has when it is sent again. */
  finish(hasToolCalls: boolean): NonNullable<ModelReply['carried']> {
    const thought = this.parts?.some((part) => part.type !== 'text') === true;
    return {
      ...(thought && { content: this.parts as JsonValue[] }),
      // Wanted while tools are called, and refused by some in an answer that has ended.
      ...(hasToolCalls && this.content !== '' && { reasoning_content: this.content }),
      ...(this.details.length > 0 && { reasoning_details: this.details as JsonValue }),
      ...(this.extra !== undefined && { extra_content: this.extra as JsonValue }),
    };
  }

  private addDetail(detail: Fields): void {
    const { index, type } = detail;
    const known =
      index === undefined ? undefined : this.details.find((one) => one.index === index && one.type === type);
    if (known === undefined) {
      this.details.push({ ...detail });
      return;
    }
    for (const [key, value] of Object.entries(detail)) {
      if (value === null || value === undefined) continue;
      const before = known[key];
      const grows = GROWING.includes(key) && typeof value === 'string' && typeof before === 'string';
      known[key] = grows ? before + value : value;
    }
  }
}

/** Adds a piece to a list of contents: text to text, thinking to thinking. */
function addPart(list: Fields[], part: Fields): void {
  const last = list.at(-1);
  if (last === undefined || last.type !== part.type) {
    list.push(structuredClone(part));
  } else if (typeof last.text === 'string' && typeof part.text === 'string') {
    last.text += part.text;
  } else if (Array.isArray(last.thinking) && Array.isArray(part.thinking)) {
    for (const inner of part.thinking.filter(isObject)) addPart(last.thinking as Fields[], inner);
  } else {
    list.push(structuredClone(part));
  }
}
