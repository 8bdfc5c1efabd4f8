import { randomUUID } from 'node:crypto';
import { eventually } from '../support/temporal';
import type { ChatRequest } from './fake-openai';
import { answerOf, type Definition, type ModelHarness, startModelHarness } from './support';

let harness: ModelHarness;

beforeAll(async () => {
  harness = await startModelHarness();
}, 60_000);

beforeEach(() => harness.openai.reset());

const said = (body: ChatRequest | undefined) =>
  body?.messages.map(({ role, content }) => [role, String(content).slice(0, 40)]);

const echo = (message: string) => ({ calls: [{ name: 'echo', arguments: { message } }] });

describe('the memory', () => {
  /** A task of the context that has ended, and that a list shows. */
  async function earlier(contextId: string, question: string, answer: string, definition: Definition = {}) {
    harness.openai.answer({ text: [answer] });
    const { id } = await harness.run(definition, question, { contextId });
    await eventually(async () => {
      const { tasks } = await harness.bridge.listTasks(
        { contextId, status: 'TASK_STATE_COMPLETED' },
        harness.call('model'),
      );
      return tasks.some((task) => task.id === id);
    });
  }

  it('holds what was said in earlier tasks of the context, oldest first, and of no other', async () => {
    const contextId = randomUUID();
    await earlier(randomUUID(), 'I am Bob.', 'Hello Bob.');
    await earlier(contextId, 'I am Ada.', 'Hello Ada.');
    await earlier(contextId, 'I like blue.', 'So do I.');
    harness.openai.answer({ text: ['Ada, blue'] });
    await harness.run({ systemPrompt: 'Remember.' }, 'Who am I?', { contextId });
    expect(said(harness.openai.requests.at(-1)?.body)).toEqual([
      ['system', 'Remember.'],
      ['user', 'I am Ada.'],
      ['assistant', 'Hello Ada.'],
      ['user', 'I like blue.'],
      ['assistant', 'So do I.'],
      ['user', 'Who am I?'],
    ]);
  });

  it('is cut to the budget, the oldest first, and can be switched off', async () => {
    const contextId = randomUUID();
    await earlier(contextId, 'the first '.repeat(200), 'old');
    await earlier(contextId, 'the second '.repeat(150), 'new', { memory: false });
    expect(harness.openai.requests.at(-1)?.body.messages).toHaveLength(1);
    harness.openai.answer({ text: ['ok'] });
    await harness.run({ contextTokens: 1_000 }, 'x'.repeat(1_200), { contextId });
    expect(said(harness.openai.requests.at(-1)?.body)?.map(([, content]) => content?.slice(0, 10))).toEqual([
      'the second',
      'new',
      'xxxxxxxxxx',
    ]);
  });
});

describe('a long conversation', () => {
  it('goes on in a new run, and forgets nothing that fits', async () => {
    const turns = 9;
    for (let turn = 1; turn <= turns; turn++) harness.openai.answer(echo(`turn ${turn}`));
    harness.openai.answer({ text: ['The end'] });
    const task = await harness.run({ tools: ['echo'], contextTokens: 200_000 }, `go ${'x'.repeat(700_000)}`);
    expect(answerOf(task)).toBe('The end');
    expect(task.metadata?.usage).toMatchObject({ modelCalls: turns + 1, toolCalls: turns });
    expect(harness.openai.requests).toHaveLength(turns + 1);
    const [started] = await harness.history(task);
    expect(started?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId).toBeTruthy();
    const told = said(harness.openai.requests.at(-1)?.body) ?? [];
    expect(told[0]?.[1]).toMatch(/^go x/);
    expect(told.filter(([role]) => role === 'tool').map(([, content]) => content)).toEqual(
      Array.from({ length: turns }, (_, index) => `turn ${index + 1}`),
    );
  }, 60_000);

  it('that outgrows the budget keeps its first message and its latest turns, whole', async () => {
    const long = (name: string) => echo(`${name} ${'y'.repeat(1_500)}`);
    harness.openai.answer(long('a'), long('b'), long('c'), { text: ['ok'] });
    await harness.run({ tools: ['echo'], contextTokens: 2_000 }, 'begin');
    expect(
      said(harness.openai.requests.at(-1)?.body)?.map(([role, content]) => `${role} ${content?.slice(0, 3)}`),
    ).toEqual(['user beg', 'assistant nul', 'tool b y', 'assistant nul', 'tool c y']);
  });
});

describe('a worker that goes in the middle of an answer', () => {
  it('leaves the call to the next one, whose text replaces what there was', async () => {
    harness.openai.answer({ hang: ['Half an '] }, { text: ['A whole ', 'answer'] });
    const task = await harness.begin({});
    await eventually(async () => answerOf(await harness.get(task)) === 'Half an ');
    await harness.worker.stop();
    await eventually(() => harness.openai.requests[0]?.aborted === true);
    harness.worker = await harness.startWorker();
    expect(answerOf(await harness.reached(task))).toBe('A whole answer');
    expect(harness.openai.requests).toHaveLength(2);
  });
});
