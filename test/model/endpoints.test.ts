import { answerOf, type ModelHarness, reasonOf, startModelHarness } from './support';

/** Endpoints that speak chat completions each in their own way: every answer here is shaped as the named one's. */

let harness: ModelHarness;

beforeAll(async () => {
  harness = await startModelHarness();
}, 60_000);

beforeEach(() => harness.openai.reset());

const call = (fields: object) => ({ tool_calls: [fields] });

/** The message of the first answer, as the second request has it. */
async function sentAgain(...deltas: object[]): Promise<object | undefined> {
  harness.openai.answer({ deltas }, { text: ['done'] });
  expect(answerOf(await harness.run({ tools: ['echo'] }))).toBe('done');
  return harness.openai.requests[1]?.body.messages.find(({ role }) => role === 'assistant');
}

const echoes = (json = '{"message":"hi"}', id = 'c1') => ({
  id,
  type: 'function',
  function: { name: 'echo', arguments: json },
});

describe('reasoning goes back as it came', () => {
  it('with a tool call of Gemini', async () => {
    const signature = { google: { thought_signature: 'abc=' } };
    const whole = { index: 0, ...echoes(), extra_content: signature };
    expect(await sentAgain(call(whole))).toEqual({
      role: 'assistant',
      content: null,
      tool_calls: [{ ...echoes(), extra_content: signature }],
    });
  });

  it('as reasoning_content of Kimi and DeepSeek', async () => {
    const thought = [{ reasoning_content: 'Let me ' }, { reasoning_content: 'see.' }];
    const message = await sentAgain(...thought, { content: 'One moment.' }, call({ index: 0, ...echoes() }));
    expect(message).toMatchObject({ content: 'One moment.', reasoning_content: 'Let me see.' });
  });

  it('as reasoning_details of OpenRouter', async () => {
    const detail = (fields: object) => ({
      reasoning_details: [{ index: 0, type: 'reasoning.text', ...fields }],
    });
    const message = await sentAgain(
      detail({ text: 'Let me ', signature: null }),
      detail({ text: 'see.' }),
      detail({ signature: 'sig' }),
      { reasoning_details: [{ index: 1, type: 'reasoning.encrypted', data: 'xyz' }] },
      call({ index: 0, ...echoes() }),
    );
    expect(message).toMatchObject({
      reasoning_details: [
        { index: 0, type: 'reasoning.text', text: 'Let me see.', signature: 'sig' },
        { index: 1, type: 'reasoning.encrypted', data: 'xyz' },
      ],
    });
  });

  it('as a list of contents of Mistral, whose text is the answer', async () => {
    const thinking = (text: string) => ({
      content: [{ type: 'thinking', thinking: [{ type: 'text', text }] }],
    });
    const message = await sentAgain(
      thinking('Let me '),
      thinking('see.'),
      { content: [{ type: 'text', text: 'Hm. ' }] },
      {
        content: [{ type: 'text', text: 'So.' }],
        ...call({ index: 0, ...echoes() }),
      },
    );
    expect(message).toMatchObject({
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'Let me see.' }] },
        { type: 'text', text: 'Hm. So.' },
      ],
    });
    harness.openai.reset();
    harness.openai.answer({ deltas: [thinking('Hm.'), { content: [{ type: 'text', text: 'Yes.' }] }] });
    expect(answerOf(await harness.run({}))).toBe('Yes.');
  });

  it('but not reasoning_content of an answer without tool calls', async () => {
    harness.openai.answer({ deltas: [{ reasoning_content: 'Hm.', content: 'Yes.' }] });
    expect(answerOf(await harness.run({}))).toBe('Yes.');
  });
});

describe('tool calls are those that the model meant', () => {
  const two = [echoes('{"message":"a"}', 'c1'), echoes('{"message":"b"}', 'c2')];
  const bare = (json: unknown, name = 'echo') => ({ function: { name, arguments: json } });
  const named = { name: 'echo' };

  it.each<[string, object[], object[]]>([
    [
      'with the name in each delta',
      [
        call({ index: 0, id: 'c1', function: { name: 'echo', arguments: '{"message"' } }),
        call({ index: 0, id: 'c1', function: { name: 'echo', arguments: ':"hi"}' } }),
      ],
      [echoes()],
    ],
    [
      'with the name in pieces',
      [
        call({ index: 0, id: 'c1', function: { name: 'ec', arguments: '' } }),
        call({ index: 0, function: { name: 'ho', arguments: '{"message":"hi"}' } }),
      ],
      [echoes()],
    ],
    ['with a new ID at an index that is in use', two.map((whole) => call({ index: 0, ...whole })), two],
    [
      'whole, without index and ID',
      [{ tool_calls: [bare('{"message":"a"}'), bare('{"message":"b"}')] }],
      [echoes('{"message":"a"}', 'call_0'), echoes('{"message":"b"}', 'call_1')],
    ],
    [
      'in pieces, without index and ID',
      [call(bare('{"message"')), call({ function: { arguments: ':"hi"}' } })],
      [echoes('{"message":"hi"}', 'call_0')],
    ],
    [
      'with arguments that are an object',
      [call({ index: 0, id: 'c1', ...bare({ message: 'hi' }) })],
      [echoes()],
    ],
    [
      'with arguments that come again as a whole',
      [
        call({ index: 0, id: 'c1', function: { ...named, arguments: '{"message"' } }),
        call({ index: 0, function: { arguments: ':"hi"}' } }),
        call({ index: 0, function: { arguments: '{"message":"hi"}' } }),
      ],
      [echoes()],
    ],
    [
      'with arguments that grow',
      ['{"message"', '{"message":"hi"', '{"message":"hi"}'].map((json) =>
        call({ index: 0, id: 'c1', function: { ...named, arguments: json } }),
      ),
      [echoes()],
    ],
    [
      'with empty arguments first',
      [
        call({ index: 0, id: 'c1', function: { ...named, arguments: '{}' } }),
        call({ index: 0, function: { arguments: '{"message":' } }),
        call({ index: 0, function: { arguments: '"hi"}' } }),
      ],
      [echoes()],
    ],
    [
      'with an index that does not fit the ID',
      [
        call({ index: 0, id: 'c1', function: { ...named, arguments: '{"message":' } }),
        call({ index: 1, id: 'c2', function: { ...named, arguments: '{"message":' } }),
        call({ index: 0, id: 'c2', function: { arguments: '"b"}' } }),
        call({ index: 1, id: 'c1', function: { arguments: '"a"}' } }),
      ],
      two,
    ],
    [
      'with another ID in each delta',
      [
        call({ index: 0, id: 'c1', function: { ...named, arguments: '{"message":' } }),
        call({ index: 0, id: 'x7', function: { arguments: '"hi"}' } }),
      ],
      [echoes()],
    ],
    [
      'with the same words in both',
      [
        call({ index: 0, id: 'c1', function: { ...named, arguments: '{"message":"{\\"message\\":' } }),
        call({ index: 0, function: { arguments: '\\"x\\"}"}' } }),
      ],
      [echoes('{"message":"{\\"message\\":\\"x\\"}"}')],
    ],
  ])('%s', async (_, deltas, calls) => {
    expect(await sentAgain(...deltas)).toEqual({ role: 'assistant', content: null, tool_calls: calls });
  });

  it('or an error says what is missing', async () => {
    harness.openai.answer({ deltas: [call({ index: 0, id: 'c1', function: { arguments: '{}' } })] });
    expect(reasonOf(await harness.run({ maximumAttempts: 1 }))).toBe(
      'FAILED: The answer of the model has a tool call without a name',
    );
  });
});

describe('the end of an answer', () => {
  it('is [DONE] when there is no finish_reason', async () => {
    harness.openai.answer({ deltas: [{ content: 'Yes.' }], end: ['data: [DONE]\n\n'] });
    expect(answerOf(await harness.run({ maximumAttempts: 1 }))).toBe('Yes.');
    harness.openai.answer(
      { deltas: [call({ index: 0, ...echoes() })], end: ['data: [DONE]\n\n'] },
      { text: ['done'] },
    );
    expect(answerOf(await harness.run({ tools: ['echo'], maximumAttempts: 1 }))).toBe('done');
  });

  it('that says "error" is an error, and is tried again', async () => {
    const failed = {
      choices: [{ index: 0, delta: {}, finish_reason: 'error', error: { message: 'upstream' } }],
    };
    harness.openai.answer({ deltas: [{ content: 'Ye' }, failed] }, { text: ['Yes.'] });
    expect(answerOf(await harness.run({}))).toBe('Yes.');
    harness.openai.answer({ deltas: [failed] });
    const task = await harness.run({ maximumAttempts: 1 });
    expect(reasonOf(task)).toBe('FAILED: The model is not available');
    expect(await harness.detailOf(task)).toBe('The model fake-1 answered with an error: upstream');
  });
});

describe('an answer that is no stream', () => {
  const completion = (message: object, more: object = {}) => ({
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop' }],
    ...more,
  });

  it('may be a whole completion', async () => {
    const { openai } = harness;
    openai.answer(
      { body: completion({ content: null, tool_calls: [echoes()] }) },
      { body: completion({ content: 'Yes.' }, { usage: { prompt_tokens: 7, completion_tokens: 2 } }) },
    );
    const task = await harness.run({ tools: ['echo'] });
    expect(answerOf(task)).toBe('Yes.');
    expect(task.metadata?.usage).toMatchObject({ modelCalls: 2, toolCalls: 1 });
  });

  it.each<[string, object | string, string | undefined, string, number]>([
    ['an error with status 200', { error: { message: 'busy', code: 503 } }, undefined, 'busy', 2],
    [
      'an error that lasts',
      { error: { message: 'no model x', code: 'model_not_found' } },
      undefined,
      'no model x',
      1,
    ],
    ['an error as a list', [{ error: { message: 'bad key', code: 401 } }], undefined, 'bad key', 1],
    ['an error as a text', { error: 'model is loading' }, undefined, 'model is loading', 2],
    [
      'what FastAPI says',
      { detail: [{ loc: ['body'], msg: 'field required' }] },
      undefined,
      'field required',
      1,
    ],
    [
      'an object of vLLM',
      { object: 'error', message: 'no such field', code: 400 },
      undefined,
      'no such field',
      1,
    ],
    [
      'a page',
      '<html><head><title>Sign in</title></head></html>',
      'text/html',
      'a page of HTML, "Sign in"',
      1,
    ],
    [
      'something else',
      { hello: 'world' },
      undefined,
      'it sent neither a stream nor a completion: {"hello":"world"}',
      1,
    ],
  ])('%s is told in words, and tried again where that can help', async (_, body, type, words, attempts) => {
    const answer = { body, ...(type !== undefined && { type }) };
    harness.openai.answer(answer, answer);
    const task = await harness.run({ maximumAttempts: 2 });
    expect(await harness.detailOf(task)).toBe(`The model fake-1 answered with an error: ${words}`);
    expect(reasonOf(task)).not.toContain(words);
    expect(harness.openai.requests).toHaveLength(attempts);
  });

  it.each<[number, object | string, string]>([
    [400, [{ error: { message: 'bad argument', status: 'INVALID_ARGUMENT' } }], '400 bad argument'],
    [422, { detail: 'messages is empty' }, '422 messages is empty'],
    [404, '<html><title>Not here</title></html>', '404 a page of HTML, "Not here"'],
    [400, 'plain words', '400 plain words'],
  ])('with status %i is told in words', async (status, body, words) => {
    harness.openai.answer({ status, body });
    const task = await harness.run({});
    expect(await harness.detailOf(task)).toBe(`The model fake-1 answered with an error: ${words}`);
    expect(reasonOf(task)).toBe(`FAILED: The model has refused the request (status ${status})`);
  });

  it.each([
    ["This model's maximum context length is 8192 tokens", 'the conversation is too long for it'],
    ['The prompt was filtered by the content policy of tenant 42', 'the content is not allowed'],
  ])('tells the client of what it can do something about: %s', async (message, told) => {
    harness.openai.answer({ status: 400, body: { error: { message } } });
    expect(reasonOf(await harness.run({}))).toBe(`FAILED: The model has refused the request: ${told}`);
  });
});

describe('a request', () => {
  it('leaves out what parameters take away', async () => {
    harness.openai.answer({ text: ['ok'], usage: 'none' });
    await harness.run({
      temperature: 1,
      parameters: { stream_options: null, temperature: null, seed: null },
    });
    const body = harness.openai.requests[0]?.body ?? {};
    expect(body).toMatchObject({ stream: true, seed: null });
    expect(Object.keys(body)).not.toContain('stream_options');
    expect(Object.keys(body)).not.toContain('temperature');
  });

  it('keeps the query of the base URL', async () => {
    harness.openai.answer({ text: ['ok'] });
    await harness.run({ baseUrl: `${harness.openai.baseUrl}/?api-version=2026-01-01` });
    expect(harness.openai.requests[0]?.url).toBe('/v1/chat/completions?api-version=2026-01-01');
  });
});

describe('usage', () => {
  it.each([{ prompt_tokens: null, completion_tokens: null, total_tokens: null }, {}, null])(
    'that is %j is estimated, and limits hold',
    async (usage) => {
      const chunk = { choices: [], usage };
      harness.openai.answer({ deltas: [call({ index: 0, ...echoes() }), chunk] });
      const task = await harness.run({ tools: ['echo'], limits: { totalTokens: 5 } });
      expect(reasonOf(task)).toMatch(/^FAILED: The model has used \d+ tokens/);
      expect(task.metadata?.usage).toMatchObject({ estimated: true });
    },
  );
});
