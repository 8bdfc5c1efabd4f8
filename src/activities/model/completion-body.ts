import { isObject } from '../../a2a/is-object';
import { readEvents } from '../../a2a/server-sent-events';
import { ModelError, toModelError } from './model-error';

/** Characters of a body that is no stream; a longer one is no answer that could be used. */
const MAX_BODY = 4 * 1024 * 1024;

/** Characters of a body that is shown when it says nothing in words. */
const MAX_SHOWN = 200;

export type Chunk = Record<string, unknown>;

/**
 * The chunks of an answer, and `done` behind the last one. An endpoint may answer the request for a stream with a
 * whole completion: that is one chunk.
 * @throws ModelError for an error in the stream, and for a body that is neither stream nor completion
 */
export async function* readCompletion(body: ReadableStream<Uint8Array>): AsyncGenerator<Chunk | 'done'> {
  const { first, rest } = await peek(body);
  if (first === '{' || first === '[') {
    yield wholeCompletion(await textOf(rest));
    yield 'done';
    return;
  }
  if (first === '<') throw new ModelError(wordsIn(await textOf(rest)), undefined, true);
  for await (const { data, event } of readEvents(rest)) {
    if (data.trim() === '[DONE]') {
      yield 'done';
      return;
    }
    const chunk = parse(data);
    const error = event === 'error' ? (toModelError(chunk) ?? new ModelError(shown(data))) : errorIn(chunk);
    if (error !== undefined) throw error;
    if (isObject(chunk)) yield chunk;
  }
}

/** What a body says is wrong, in words: of JSON the message, of HTML the title. */
export function wordsIn(text: string): string {
  const title = /<title[^>]*>([^<]+)<\/title>/i.exec(text)?.[1]?.trim();
  if (title !== undefined) return `a page of HTML, "${shown(title)}"`;
  return toModelError(parse(text))?.message ?? (text.trim() === '' ? 'nothing' : shown(text));
}

function wholeCompletion(text: string): Chunk {
  const value = parse(text);
  const error = errorIn(value) ?? (Array.isArray(value) ? toModelError(value) : undefined);
  if (error !== undefined) throw error;
  if (isObject(value) && Array.isArray(value.choices)) return value;
  throw new ModelError(`it sent neither a stream nor a completion: ${shown(text)}`, undefined, true);
}

/** The error that stands where an answer should. */
function errorIn(value: unknown): ModelError | undefined {
  if (!isObject(value) || (Array.isArray(value.choices) && value.choices.length > 0)) return undefined;
  const tells = value.object === 'error' || ['error', 'errors', 'detail'].some((key) => Boolean(value[key]));
  return tells ? (toModelError(value) ?? new ModelError(shown(JSON.stringify(value)))) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function shown(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line;
}

/** The first character that is no white space, empty when there is none, and the whole body again. */
async function peek(
  body: ReadableStream<Uint8Array>,
): Promise<{ first: string; rest: ReadableStream<Uint8Array> }> {
  const reader = body.getReader();
  const seen: Uint8Array[] = [];
  let first = '';
  while (first === '') {
    const { done, value } = await reader.read();
    if (done) break;
    seen.push(value);
    first = Buffer.from(value)
      .toString('latin1')
      .replace(/^\xef\xbb\xbf/, '')
      .trimStart()
      .slice(0, 1);
  }
  const rest = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const known = seen.shift();
      if (known !== undefined) return controller.enqueue(known);
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return { first, rest };
}

async function textOf(body: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of body) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > MAX_BODY)
      throw new ModelError(`it sent more than ${MAX_BODY} characters`, undefined, true);
  }
  return text;
}
