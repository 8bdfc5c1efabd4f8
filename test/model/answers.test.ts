import { inShort, readNext, readUntil } from '../support/harness';
import { eventually } from '../support/temporal';
import { answerOf, type ModelHarness, reasonOf, startModelHarness, textIn } from './support';

let harness: ModelHarness;

beforeAll(async () => {
  process.env.TEST_MODEL_KEY = 'sk-very-secret';
  harness = await startModelHarness();
}, 60_000);

beforeEach(() => harness.openai.reset());

describe('a plain answer', () => {
  it('becomes one artifact, with the usage in the metadata', async () => {
    const { openai } = harness;
    openai.answer({ text: ['Hel', 'lo, ', 'world'], usage: [20, 3] });
    const definition = {
      systemPrompt: 'Be kind.',
      temperature: 0.5,
      maxTokens: 50,
      parameters: { seed: 7 },
    };
    const task = await harness.run(definition, [
      { text: 'hi' },
      { data: { a: 1 } },
      { raw: 'aGk=', filename: 'a.txt', mediaType: 'text/plain' },
    ]);
    expect(task.status.state).toBe('TASK_STATE_COMPLETED');
    expect(task.artifacts).toEqual([
      { artifactId: 'answer', name: 'answer', parts: [{ text: 'Hello, world' }] },
    ]);
    expect(task.metadata?.usage).toEqual({
      model: 'fake-1',
      modelCalls: 1,
      toolCalls: 0,
      promptTokens: 20,
      completionTokens: 3,
      totalTokens: 23,
    });
    expect(openai.requests.map(({ body }) => body)).toEqual([
      {
        model: 'fake-1',
        stream: true,
        stream_options: { include_usage: true },
        temperature: 0.5,
        max_tokens: 50,
        seed: 7,
        messages: [
          { role: 'system', content: 'Be kind.' },
          { role: 'user', content: 'hi\n{"a":1}\n[file: a.txt, text/plain]' },
        ],
      },
    ]);
  });

  it('is streamed while it comes', async () => {
    let goOn = () => {};
    const until = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    harness.openai.answer({ text: ['Once '], until, rest: ['upon ', 'a time'] });
    const { id } = await harness.begin({});
    const stream = await harness.bridge.subscribeToTask({ id }, harness.call('model'));
    await readUntil(stream, ({ task, artifactUpdate }) =>
      [...(task?.artifacts ?? []), ...(artifactUpdate ? [artifactUpdate.artifact] : [])].some(
        ({ parts }) => parts[0]?.text === 'Once ',
      ),
    );
    goOn();
    const rest: string[] = [];
    let last = '';
    while (last !== 'completed') {
      const event = await readNext(stream);
      last = inShort(event);
      if (event.response.artifactUpdate?.append) {
        rest.push(event.response.artifactUpdate.artifact.parts[0]?.text ?? '');
        if (event.response.artifactUpdate.lastChunk) rest.push('.');
      }
    }
    expect(rest.join('')).toBe('upon a time.');
  });

  it('has estimated tokens when the endpoint does not count, and says when it is incomplete', async () => {
    harness.openai.answer({ text: ['Hello'], usage: 'none', finish: 'length' });
    const task = await harness.run({});
    expect(task.metadata).toMatchObject({
      finishReason: 'length',
      usage: { estimated: true, modelCalls: 1 },
    });
    expect(Object(task.metadata?.usage).totalTokens).toBeGreaterThan(10);
  });
});

describe('a call that fails', () => {
  it('is repeated when the connection breaks, and its text replaces the broken one', async () => {
    harness.openai.answer({ cut: ['Half a '] }, { text: ['The whole ', 'answer'] });
    const task = await harness.run({});
    expect(answerOf(task)).toBe('The whole answer');
    expect(harness.openai.requests).toHaveLength(2);
    expect(task.metadata?.usage).toMatchObject({ modelCalls: 1 });
  });

  it('is repeated when the answer ends in the middle without an error', async () => {
    harness.openai.answer({ unfinished: ['Half a '] }, { text: ['Whole'] });
    expect(answerOf(await harness.run({}))).toBe('Whole');
  });

  it('is repeated after the time that Retry-After asks for', async () => {
    harness.openai.answer(
      { status: 429, headers: { 'retry-after': '2' } },
      { status: 503, headers: { 'retry-after-ms': '5' } },
      { text: ['At last'] },
    );
    const task = await harness.run({});
    expect(answerOf(task)).toBe('At last');
    expect(harness.openai.requests).toHaveLength(3);
    const [first, second] = harness.openai.requests;
    expect(Number(second?.at) - Number(first?.at)).toBeGreaterThan(1_900);
  });

  it('is given up after its attempts', async () => {
    harness.openai.answer({ status: 500, message: 'on fire' }, { status: 500, message: 'still on fire' });
    const task = await harness.run({ maximumAttempts: 2 });
    expect(reasonOf(task)).toBe('FAILED: The model is not available (status 500)');
    expect(await harness.detailOf(task)).toBe('The model fake-1 answered with an error: 500 still on fire');
    expect(harness.openai.requests).toHaveLength(2);
  });

  it('is not repeated when the endpoint refuses it', async () => {
    harness.openai.answer({ status: 400, message: 'no such parameter' });
    const task = await harness.run({});
    expect(reasonOf(task)).toBe('FAILED: The model has refused the request (status 400)');
    expect(await harness.detailOf(task)).toBe(
      'The model fake-1 answered with an error: 400 no such parameter',
    );
    expect(harness.openai.requests).toHaveLength(1);
  });

  it('that fails in the middle of an answer is repeated or not, by what the error says', async () => {
    harness.openai.answer(
      { text: ['Half'], error: { message: 'overloaded', code: 503 } },
      { text: ['Half'], error: { message: 'not allowed', code: 403 } },
    );
    const task = await harness.run({});
    expect(reasonOf(task)).toBe('FAILED: The model does not accept the credentials (status 403)');
    expect(await harness.detailOf(task)).toBe('The model fake-1 answered with an error: not allowed');
    expect(harness.openai.requests).toHaveLength(2);
  });

  it('says that the endpoint cannot be reached', async () => {
    const task = await harness.run({ baseUrl: 'http://127.0.0.1:1/v1', maximumAttempts: 1 });
    expect(reasonOf(task)).toBe('FAILED: The model cannot be reached');
    expect(await harness.detailOf(task)).toMatch(/^The model fake-1 cannot be reached: ./);
  });

  it('is given up when the model never stops', async () => {
    harness.openai.answer({ endless: 'x'.repeat(10_000) });
    expect(reasonOf(await harness.run({}))).toBe(
      "FAILED: The model's answer is longer than 250000 characters",
    );
  });

  it('fails the task when a content filter held the answer back', async () => {
    harness.openai.answer({ text: [], finish: 'content_filter' });
    expect(reasonOf(await harness.run({}))).toBe(
      'FAILED: The answer of the model fake-1 was held back by its content filter',
    );
  });
});

describe('the key', () => {
  it('is sent, and is nowhere else', async () => {
    harness.openai.answer({ status: 401, message: 'Incorrect API key provided: sk-very-secret' });
    const task = await harness.run({ apiKey: 'env:TEST_MODEL_KEY' });
    expect(harness.openai.requests[0]?.headers.authorization).toBe('Bearer sk-very-secret');
    expect(reasonOf(task)).toBe('FAILED: The model does not accept the credentials (status 401)');
    const written = textIn(await harness.history(task));
    expect(written).toContain('env:TEST_MODEL_KEY');
    expect(written).toContain('provided: ***');
    expect(written).not.toContain('sk-very-secret');
  });

  it('is not made up when there is none', async () => {
    harness.openai.answer({ text: ['ok'] });
    await harness.run({});
    expect(harness.openai.requests[0]?.headers.authorization).toBeUndefined();
  });

  it('that is missing fails the task at once, by its reference', async () => {
    const task = await harness.run({ apiKey: 'env:TEST_NO_KEY' });
    expect(reasonOf(task)).toBe('FAILED: A credential of the model is missing');
    expect(await harness.detailOf(task)).toBe('The worker has no secret at env:TEST_NO_KEY');
  });
});

describe('the limits', () => {
  const again = {
    calls: [{ name: 'echo', arguments: { message: 'again' } }],
    usage: [60, 40] as [number, number],
  };

  it('end a model that does not come to an end', async () => {
    harness.openai.answer(again, again, again);
    const task = await harness.run({ tools: ['echo'], limits: { turns: 2 } });
    expect(reasonOf(task)).toBe('FAILED: The model has not come to an end in 2 turns (limits.turns)');
    expect(task.metadata?.usage).toMatchObject({ modelCalls: 2, toolCalls: 1, totalTokens: 200 });
  });

  it('end a model that uses too many tokens', async () => {
    harness.openai.answer(again, again, again);
    const task = await harness.run({ tools: ['echo'], limits: { totalTokens: 150 } });
    expect(reasonOf(task)).toBe(
      'FAILED: The model has used 200 tokens without coming to an end; the limit is 150 (limits.totalTokens)',
    );
  });

  it('end a model that takes too long, and abort its request', async () => {
    harness.openai.answer({ hang: ['wait '] });
    const task = await harness.run({ limits: { time: '1s' } });
    expect(reasonOf(task)).toBe("FAILED: The model's work took longer than 1s (limits.time)");
    await eventually(() => harness.openai.requests[0]?.aborted === true);
  });

  it('refuse a message that is longer than the model is to be told', async () => {
    const task = await harness.run({ contextTokens: 1_000 }, 'x'.repeat(5_000));
    expect(reasonOf(task)).toMatch(/^FAILED: The conversation no longer fits into contextTokens/);
    expect(harness.openai.requests).toHaveLength(0);
  });
});
