import type { JsonValue, Message, Part } from './types';

/** The members of a Part of which it has exactly one (specification section 4.1.6). */
export const PART_CONTENTS: readonly string[] = ['text', 'raw', 'url', 'data'];

/** What a message or an artifact holds: text, one part, or several. */
export type Content = string | Part | Part[];

/** The parts that the content stands for: a text is one text part. */
export function toParts(content: Content): Part[] {
  if (typeof content === 'string') return [{ text: content }];
  return Array.isArray(content) ? content : [content];
}

/** All text of a message, its text parts joined by newlines. */
export function textOf(message: Pick<Message, 'parts'>): string {
  return message.parts.flatMap((part) => part.text ?? []).join('\n');
}

/** Content of the message's first data part; undefined when it has none (the content itself may be null). */
export function dataOf(message: Pick<Message, 'parts'>): JsonValue | undefined {
  return message.parts.find((part) => part.data !== undefined)?.data;
}

/** What a plain workflow gets of a message. */
export type InputMapping = 'data' | 'text' | 'parts' | 'message';

/** The one argument of such a workflow; undefined when the message does not hold it. */
export function inputOf(message: Message, mapping: InputMapping): unknown {
  switch (mapping) {
    case 'message':
      return message;
    case 'parts':
      return message.parts;
    case 'data':
      return dataOf(message) ?? dataInText(message);
    case 'text':
      return textOf(message) || undefined;
  }
}

/** The object or list that a client which sends nothing but text has written as JSON. */
function dataInText(message: Message): JsonValue | undefined {
  for (const { text } of message.parts) {
    if (text === undefined || !/^\s*[[{]/.test(text)) continue;
    try {
      return JSON.parse(text) as JsonValue;
    } catch {
      // Text after all.
    }
  }
  return undefined;
}

/** What a message must hold for {@link inputOf} to find it, in words that follow "needs". */
export function inputWanted(mapping: InputMapping): string {
  return mapping === 'data' ? 'a data part, or a text part that is a JSON object or list' : 'a text part';
}
