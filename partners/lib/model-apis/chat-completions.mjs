// POST .../chat/completions of OpenAI.
import { textOf } from './texts.mjs';

const ROLES = { user: 'user', tool: 'tool', assistant: 'model' };
const HEAD = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'fake' };
const USAGE = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };

const chunk = (delta, finish_reason = null) => ({
  ...HEAD,
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason }],
});

const toolCall = ({ name, input }) => ({
  id: 'call_1',
  type: 'function',
  function: { name, arguments: JSON.stringify(input) },
});

export const chatCompletions = {
  path: /\/chat\/completions/,
  turns: ({ messages }) =>
    messages.flatMap(({ role, content }) =>
      role in ROLES ? [{ role: ROLES[role], text: textOf(content) }] : [],
    ),
  streams: (_url, { stream }) => stream === true,
  error: (message) => ({ error: { message, type: 'invalid_request_error', param: null, code: 'refused' } }),
  whole: ({ text, call }) => ({
    ...HEAD,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        finish_reason: call === undefined ? 'stop' : 'tool_calls',
        message:
          call === undefined
            ? { role: 'assistant', content: text }
            : { role: 'assistant', content: null, tool_calls: [toolCall(call)] },
      },
    ],
    usage: USAGE,
  }),
  begin: () => [chunk({ role: 'assistant', content: '' })],
  word: (content) => [chunk({ content })],
  other: ({ call }) => [chunk({ tool_calls: [{ index: 0, ...toolCall(call) }] })],
  end: ({ call }, { stream_options: options }) => [
    chunk({}, call === undefined ? 'stop' : 'tool_calls'),
    ...(options?.include_usage ? [{ ...chunk({}), choices: [], usage: USAGE }] : []),
    '[DONE]',
  ],
};
