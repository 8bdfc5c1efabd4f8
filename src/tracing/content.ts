import type { Message, Part, Task } from '../a2a/types';
import type { SpanAttributes } from './tracing';

/** Longest content of a span, in characters: collectors refuse large ones. */
const MAX_CONTENT = 16_384;

/** What was said, and what the agent has answered with, as the conventions for generative AI write it. */
export function messageAttributes(
  said: Message | undefined,
  answer: { message?: Message | undefined; task?: Task | undefined } = {},
): SpanAttributes {
  const answered = answerParts(answer);
  return {
    ...(said !== undefined && { 'gen_ai.input.messages': written('user', said.parts) }),
    ...(answered.length > 0 && { 'gen_ai.output.messages': written('assistant', answered) }),
  };
}

function answerParts({ message, task }: { message?: Message | undefined; task?: Task | undefined }): Part[] {
  if (message !== undefined) return message.parts ?? [];
  const artifacts = task?.artifacts?.flatMap(({ parts }) => parts ?? []) ?? [];
  return artifacts.length > 0 ? artifacts : (task?.status?.message?.parts ?? []);
}

function written(role: string, parts: readonly Part[]): string {
  return JSON.stringify([{ role, parts: parts.map(contentOf) }]).slice(0, MAX_CONTENT);
}

/** Text and data as they are; of a file, what kind it is. */
function contentOf(part: Part): object {
  const { text, data, url, mediaType, filename } = part as Part & Record<string, unknown>;
  if (typeof text === 'string') return { type: 'text', content: text };
  if (data !== undefined) return { type: 'data', content: data };
  return { type: 'file', ...(url !== undefined && { uri: url }), mediaType, filename };
}
