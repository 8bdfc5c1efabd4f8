// POST .../responses of OpenAI.
import { textOf } from './texts.mjs';

const MESSAGE = 'msg_1';

function turnOf(item) {
  if (item.type === 'function_call_output')
    return [{ role: 'tool', text: typeof item.output === 'string' ? item.output : textOf(item.output) }];
  if (item.role === 'user') return [{ role: 'user', text: textOf(item.content) }];
  return item.role === 'assistant' ? [{ role: 'model', text: textOf(item.content) }] : [];
}

const response = (status, output, model = 'fake') => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1_700_000_000,
  status,
  model,
  output,
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  parallel_tool_calls: true,
  temperature: 1,
  top_p: 1,
  tool_choice: 'auto',
  tools: [],
  usage: {
    input_tokens: 1,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 1,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 2,
  },
});

const text = (value) => ({ type: 'output_text', text: value, annotations: [], logprobs: [] });
const message = (value, status = 'completed') => ({
  id: MESSAGE,
  type: 'message',
  role: 'assistant',
  status,
  content: value === undefined ? [] : [text(value)],
});
const call = ({ name, input }) => ({
  id: 'fc_1',
  type: 'function_call',
  status: 'completed',
  call_id: 'call_1',
  name,
  arguments: JSON.stringify(input),
});
const outputOf = (answer) =>
  answer.call === undefined ? message(answer.text ?? answer.words.join('')) : call(answer.call);

export const responses = {
  path: /\/responses/,
  turns: ({ input }) => (typeof input === 'string' ? [{ role: 'user', text: input }] : input.flatMap(turnOf)),
  streams: (_url, { stream }) => stream === true,
  error: (message) => ({ error: { message, type: 'invalid_request_error', param: null, code: 'refused' } }),
  whole: (answer, { model }) => response('completed', [outputOf(answer)], model),
  begin: ({ model }) => [
    { type: 'response.created', sequence_number: 0, response: response('in_progress', [], model) },
  ],
  word: (delta) => [
    {
      type: 'response.output_text.delta',
      sequence_number: 1,
      item_id: MESSAGE,
      output_index: 0,
      content_index: 0,
      delta,
      logprobs: [],
    },
  ],
  other: ({ call: what }) => [
    {
      type: 'response.output_item.added',
      sequence_number: 1,
      output_index: 0,
      item: { ...call(what), arguments: '' },
    },
    {
      type: 'response.function_call_arguments.delta',
      sequence_number: 2,
      item_id: 'fc_1',
      output_index: 0,
      delta: JSON.stringify(what.input),
    },
    { type: 'response.output_item.done', sequence_number: 3, output_index: 0, item: call(what) },
  ],
  end: (answer, { model }) => [
    {
      type: 'response.completed',
      sequence_number: 9,
      response: response('completed', [outputOf(answer)], model),
    },
  ],
};
