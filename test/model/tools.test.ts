import type { Message, Task } from '../../src/a2a/types';
import { readAll, request } from '../support/harness';
import { eventually } from '../support/temporal';
import type { Answer, ChatRequest } from './fake-openai';
import { answerOf, type ModelHarness, reasonOf, startModelHarness } from './support';

let harness: ModelHarness;

beforeAll(async () => {
  harness = await startModelHarness({ app: true });
}, 60_000);

beforeEach(() => harness.openai.reset());

const call = (name: string, input: object | string): { name: string; arguments: object | string } => ({
  name,
  arguments: input,
});

/** A turn that asks for a script to be run, step by step. */
const script = (...steps: object[]) => call('script', { data: { steps } });

/** The results that the model was told of last. */
const toolResults = (body: ChatRequest | undefined) =>
  (body?.messages ?? []).filter(({ role }) => role === 'tool').map(({ content }) => content);

const lastRequest = () => harness.openai.requests.at(-1)?.body;

const say = (id: string, text: string, more: Partial<Message> = {}) =>
  harness.bridge.sendMessage(
    { ...request(text, { taskId: id, ...more }), configuration: { returnImmediately: true } },
    harness.call('model'),
  );

describe('tools', () => {
  it('are described by their agents, under names that a function may have', async () => {
    harness.openai.answer({ text: ['ok'] });
    const remote = { url: 'http://127.0.0.1:1/', name: 'far.away agent', description: 'Is far away.' };
    await harness.run({ tools: ['echo', remote], askUser: true });
    expect(lastRequest()?.tools?.map(({ function: { name, description } }) => [name, description])).toEqual([
      ['echo', 'echo: The agent echo\nSkills:\n- echo: What echo does'],
      ['far_away_agent', 'Is far away.'],
      ['ask_user', expect.stringContaining('Asks the user')],
    ]);
    expect(lastRequest()?.tools?.[0]?.function.parameters).toMatchObject({ required: ['message'] });
  });

  it('that are not there fail the task, by their names', async () => {
    expect(reasonOf(await harness.run({ tools: ['nobody'] }))).toMatch(
      /^FAILED: The tool "nobody" is no agent of this worker$/,
    );
    expect(reasonOf(await harness.run({ tools: ['model'] }))).toMatch(/cannot be a tool of itself/);
  });

  it('may be remote agents, described by their cards', async () => {
    harness.openai.answer({ calls: [call('echo', { message: 'from afar' })] }, { text: ['ok'] });
    const task = await harness.run({ tools: [`${harness.url}/a2a/echo`] });
    expect(reasonOf(task)).toBe('COMPLETED: ');
    expect(lastRequest()?.tools?.[0]?.function.description).toContain('- echo: What echo does');
    expect(toolResults(lastRequest())).toEqual(['from afar']);
  });

  it('run at the same time, and their results go back in the order of the calls', async () => {
    const wait = { wait: 500 };
    harness.openai.answer(
      {
        text: ['Let me see.'],
        calls: [
          script(wait, { complete: { text: 'slow' } }),
          call('echo', { message: 'fast', data: { n: 1 } }),
          script(wait, { complete: { text: 'slow too' } }),
        ],
      },
      { text: ['Both are ', 'done.'] },
    );
    const task = await harness.begin({ tools: ['echo', 'script'] });
    const stream = await harness.bridge.subscribeToTask({ id: task.id }, harness.call('model'));
    const events = await readAll(stream);
    const said = events.map(({ response }) => response.statusUpdate?.status.message?.parts[0]?.text);
    expect(said).toContain('Let me see.');
    const done = await harness.get(task);
    expect(answerOf(done)).toBe('Both are done.');
    expect(done.artifacts).toHaveLength(1);
    expect(done.metadata?.usage).toMatchObject({ modelCalls: 2, toolCalls: 3 });
    expect(toolResults(lastRequest())).toEqual(['slow', 'fast\n{"n":1}', 'slow too']);
    expect(lastRequest()?.messages[1]).toMatchObject({ role: 'assistant', content: 'Let me see.' });
    const started = (await harness.history(task)).filter(
      ({ startChildWorkflowExecutionInitiatedEventAttributes: child }) => child,
    );
    const together = started.map(
      (event) => event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowTaskCompletedEventId,
    );
    expect(together).toHaveLength(3);
    expect(new Set(together.map(String)).size).toBeLessThan(3);
  });

  it('that fail tell the model why', async () => {
    harness.openai.answer(
      {
        calls: [
          script({ fail: 'no paper' }),
          script({ reject: 'not today' }),
          call('nobody', { message: 'hi' }),
          call('echo', '{"message": '),
          call('echo', {}),
          call('ask_user', { question: 'may I?' }),
        ],
      },
      { text: ['I see.'] },
    );
    const task = await harness.run({ tools: ['echo', 'script'] });
    expect(answerOf(task)).toBe('I see.');
    expect(toolResults(lastRequest()).map((text) => Object(JSON.parse(String(text))).error)).toEqual([
      'script: no paper',
      'script: not today',
      'There is no tool "nobody"; there are: echo, script',
      'The arguments must be a JSON object',
      'message is missing',
      'There is no tool "ask_user"; there are: echo, script',
    ]);
  });

  it('have their results cut to a part of what the model may be told', async () => {
    harness.openai.answer(
      { calls: [call('echo', { message: `long ${'y'.repeat(3_000)}` })] },
      { text: ['ok'] },
    );
    await harness.run({ tools: ['echo'], contextTokens: 2_000 });
    const [result = ''] = toolResults(lastRequest()) as string[];
    expect(result).toMatch(/^long y+… \[cut: 3005 characters in all\]$/);
    expect(result.length).toBeLessThanOrEqual(2_000);
  });
});

describe('a question to the user', () => {
  it('stops the task until it is answered, and the time for work with it', async () => {
    harness.openai.answer(
      { calls: [call('ask_user', { question: 'Which colour?' })] },
      { text: ['Blue then.'] },
    );
    const task = await harness.begin({ askUser: true, limits: { time: '2s' } });
    const asked = await harness.reached(task, 'INPUT_REQUIRED');
    expect(asked.status.message?.parts).toEqual([{ text: 'Which colour?' }]);
    const waited = Date.now() + 2_500;
    await eventually(() => Date.now() > waited);
    expect((await harness.get(task)).status.state).toBe('TASK_STATE_INPUT_REQUIRED');
    await say(task.id, 'blue');
    expect(answerOf(await harness.reached(task))).toBe('Blue then.');
    expect(toolResults(lastRequest())).toEqual(['blue']);
  });

  it('may come from a tool, and its answer goes there', async () => {
    harness.openai.answer({ calls: [call('interview', { message: 'go' })] }, { text: ['Hello Ada'] });
    const task = await harness.begin({ tools: ['interview'] });
    const asked = await harness.reached(task, 'INPUT_REQUIRED');
    expect(asked.status.message?.parts).toEqual([{ text: 'What is your name?' }]);
    await say(task.id, 'Ada');
    expect(answerOf(await harness.reached(task))).toBe('Hello Ada');
    expect(toolResults(lastRequest())).toEqual(['Your name is Ada.']);
  });
});

describe('questions of several tools at once', () => {
  it('are all seen, and each tool gets its answer', async () => {
    const go = (message: string) => call('interview', { message });
    harness.openai.answer({ calls: [go('one'), go('two')] }, { text: ['Hello both'] });
    const task = await harness.begin({ tools: ['interview'] });
    const listed = (now: Task) => (now.metadata?.a2a_questions ?? []) as { id: string; agent: string }[];
    const asked = await eventually(async () => {
      const now = await harness.get(task);
      return listed(now).length === 2 && now;
    });
    expect(asked.status.state).toBe('TASK_STATE_INPUT_REQUIRED');
    expect(listed(asked).map(({ agent }) => agent)).toEqual(['interview', 'interview']);
    const second = { metadata: { a2a_question: listed(asked)[1]?.id ?? '' } };
    await say(task.id, 'Grace', second);
    await say(task.id, 'Ada');
    expect(answerOf(await harness.reached(task))).toBe('Hello both');
    expect(toolResults(lastRequest()).sort()).toEqual(['Your name is Ada.', 'Your name is Grace.']);
  });
});

describe('what the user says while the model works', () => {
  it('is told to the model before it may end', async () => {
    let goOn = () => {};
    const until = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    harness.openai.answer({ text: ['One, '], until, rest: ['two'] }, { text: ['Three'] });
    const task = await harness.begin({});
    await eventually(() => harness.openai.requests.length === 1);
    await say(task.id, 'and the next?');
    goOn();
    expect(answerOf(await harness.reached(task))).toBe('Three');
    expect(lastRequest()?.messages).toEqual([
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'One, two' },
      { role: 'user', content: 'and the next?' },
    ]);
  });
});

describe('cancelling', () => {
  it('ends the task and aborts the request', async () => {
    harness.openai.answer({ hang: ['This will ', 'never end'] });
    const task = await harness.begin({});
    await eventually(() => harness.openai.requests.length === 1);
    const canceled = await harness.bridge.cancelTask({ id: task.id }, harness.call('model'));
    expect(canceled.status.state).toBe('TASK_STATE_CANCELED');
    await eventually(() => harness.openai.requests[0]?.aborted === true);
    expect(harness.openai.requests).toHaveLength(1);
  });

  it('cancels the agents that are called', async () => {
    harness.openai.answer({ calls: [script({ working: 'on it' }, { forever: true })] });
    const task = await harness.begin({ tools: ['script'] });
    const child = await eventually(async () => {
      const { tasks } = await harness.bridge.listTasks({ contextId: task.contextId }, harness.call('script'));
      return tasks.find(({ status }) => status.state === 'TASK_STATE_WORKING');
    });
    await harness.bridge.cancelTask({ id: task.id }, harness.call('model'));
    const end = await harness.bridge.getTask({ id: child.id }, harness.call('script'));
    expect(end.status.state).toBe('TASK_STATE_CANCELED');
  });
});

describe('a worker that goes', () => {
  it('repeats no call that has succeeded', async () => {
    const turn: Answer = { calls: [call('interview', { message: 'go' })] };
    harness.openai.answer({ calls: [call('echo', { message: 'first' })] }, turn, { text: ['Done'] });
    const task = await harness.begin({ tools: ['echo', 'interview'] });
    await harness.reached(task, 'INPUT_REQUIRED');
    await harness.worker.stop();
    await say(task.id, 'Ada');
    harness.worker = await harness.startWorker();
    expect(answerOf(await harness.reached(task))).toBe('Done');
    expect(harness.openai.requests).toHaveLength(3);
    expect(toolResults(lastRequest())).toEqual(['first', 'Your name is Ada.']);
  });
});
