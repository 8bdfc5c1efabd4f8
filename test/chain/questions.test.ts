import type { Task } from '../../src/a2a/types';
import { CHILD_SIGNAL } from '../../src/contract/agent-call';
import type { CallPlan } from '../support/calling-workflows';
import type { ForeignStep } from '../support/foreign-workflows';
import {
  type Harness,
  immediate,
  inShort,
  message,
  readAll,
  readUntil,
  request,
  scripted,
  startHarness,
  taskOf,
} from '../support/harness';
import { resetWorkflow } from '../support/reset';
import { eventually } from '../support/temporal';
import type { Step } from '../support/workflows';

let harness: Harness;

const TICKS = { name: 'ticks', agent: 'ticker', message: '60 every 50ms' };
const WHO = { name: 'who', agent: 'interview', message: 'hi' };
const foreign = (...steps: ForeignStep[]) => ({ steps }) as never;

beforeAll(async () => {
  harness = await startHarness({
    agents: [
      { id: 'interview' },
      { id: 'ticker' },
      { id: 'script' },
      { id: 'foreign' },
      { id: 'caller' },
      {
        id: 'beside',
        chain: { steps: [{ name: 'both', parallel: [WHO, TICKS] }], result: '{% $steps.who.text %}' },
      },
      { id: 'twice', chain: { steps: [{ name: 'who', agent: 'interview', message: 'twice' }] } },
      { id: 'around', chain: { steps: [{ name: 'inner', agent: 'beside' }] } },
      {
        id: 'besideForeign',
        chain: {
          steps: [
            {
              name: 'both',
              parallel: [
                {
                  name: 'who',
                  agent: 'foreign',
                  message: foreign({ ask: 'name?' }, { result: {} }),
                  result: '{% $result.data.answers[0] %}',
                },
                TICKS,
              ],
            },
          ],
          result: '{% $steps.who %}',
        },
      },
      {
        id: 'two',
        chain: {
          steps: [
            {
              name: 'both',
              parallel: [WHO, { name: 'friend', agent: 'interview', message: 'twice' }],
            },
          ],
          result: '{% $steps.who.text & " " & $steps.friend.text %}',
        },
      },
      { id: 'aroundTwo', chain: { steps: [{ name: 'inner', agent: 'two' }] } },
    ],
  });
}, 60_000);

const get = async ({ id }: Pick<Task, 'id'>, agentId: string, bridge = harness.bridge) =>
  bridge.getTask({ id }, harness.call(agentId));

const begin = async (agentId: string) =>
  taskOf(await harness.bridge.sendMessage(request('hi'), harness.call(agentId)));

const answer = async ({ id }: Task, agentId: string, text: string, more = {}) =>
  taskOf(
    await harness.bridge.sendMessage(
      { message: message(text, { taskId: id, ...more }) },
      harness.call(agentId),
    ),
  );

const naming = (question: string) => ({ metadata: { a2a_question: question } });

const until = (task: Pick<Task, 'id'>, agentId: string, is: (now: Task) => boolean) =>
  eventually(async () => {
    const now = await get(task, agentId);
    return is(now) && now;
  });

const ended = (task: Task, agentId: string) =>
  until(task, agentId, ({ status }) => status.state === 'TASK_STATE_COMPLETED');

const state = ({ status }: Task) => status.state.replace('TASK_STATE_', '');
const textOf = ({ status }: Task) => status.message?.parts.map(({ text }) => text ?? '').join('|');
const resultOf = ({ artifacts }: Task) => artifacts?.at(-1)?.parts[0]?.text;

interface Listed {
  id: string;
  [key: string]: unknown;
}
const questionsOf = ({ metadata }: Task) => (metadata?.a2a_questions ?? []) as never as Listed[];
const listed = (task: Task, count: number, agentId: string) =>
  until(task, agentId, (now) => questionsOf(now).length === count);

describe('an open question', () => {
  it.each(['beside', 'around', 'besideForeign'])(
    'stays, with the progress beside it: %s',
    async (agentId) => {
      const asked = await begin(agentId);
      expect(state(asked)).toBe('INPUT_REQUIRED');
      const stream = await harness.bridge.subscribeToTask({ id: asked.id }, harness.call(agentId));
      const { response } = await readUntil(
        stream,
        ({ statusUpdate }) => statusUpdate?.metadata?.a2a_progress !== undefined,
      );
      expect(response.statusUpdate?.status).toMatchObject({ state: 'TASK_STATE_INPUT_REQUIRED' });
      const now = await get(asked, agentId);
      expect([state(now), now.status.message]).toEqual(['INPUT_REQUIRED', asked.status.message]);
      expect(now.metadata?.a2a_progress).toMatchObject({ message: { role: 'ROLE_AGENT' } });
      expect(await answer(asked, agentId, 'Ada')).toMatchObject({
        status: { state: expect.stringMatching(/COMPLETED/) },
      });
      const done = await get(asked, agentId);
      expect(resultOf(done)).toContain('Ada');
      expect(Object.keys(done.metadata ?? {})).toEqual([]);
      await stream.return?.();
    },
  );

  it('reads the same from the workflow and from the history', async () => {
    const asked = await begin('beside');
    const progressed = await until(asked, 'beside', ({ metadata }) => metadata?.a2a_progress !== undefined);
    expect(state(progressed)).toBe('INPUT_REQUIRED');
    await answer(asked, 'beside', 'Ada');
    const handle = harness.temporal.client.workflow.getHandle(asked.id);
    const [folded, queried] = [
      await get(asked, 'beside', harness.newBridge()),
      await handle.query('a2a_task'),
    ];
    expect({ ...folded, artifacts: [], status: {} }).toEqual({
      ...(queried as Task),
      artifacts: [],
      status: {},
    });
  });

  it('says which step and agent asks', async () => {
    const asked = await begin('around');
    const [question] = questionsOf(asked);
    expect(question).toEqual({
      id: expect.any(String),
      state: 'TASK_STATE_INPUT_REQUIRED',
      step: 'inner',
      agent: 'beside',
      taskId: expect.any(String),
      asker: { step: 'who', agent: 'interview', taskId: expect.any(String) },
    });
    const { id, state: _, ...asker } = question as Listed;
    expect(asked.status.message?.parts).toEqual([
      { text: 'What is your name?' },
      { data: { question: id, event: 'asks', ...asker } },
    ]);
    await harness.bridge.cancelTask({ id: asked.id }, harness.call('around'));
  });
});

describe('several open questions', () => {
  it.each(['two', 'aroundTwo'])('are all seen, and each gets its answer: %s', async (agentId) => {
    const asked = await listed(await begin(agentId), 2, agentId);
    expect(state(asked)).toBe('INPUT_REQUIRED');
    expect(textOf(asked)?.match(/What is your name\?/g)).toHaveLength(2);
    const friend = questionsOf(asked).find((each) => JSON.stringify(each).includes('friend')) as Listed;
    const again = await answer(asked, agentId, 'Grace', naming(friend.id));
    expect(state(again)).toBe('INPUT_REQUIRED');
    const more = await until(asked, agentId, (now) => /Grace\. What/.test(textOf(now) ?? ''));
    // Without a name, the oldest one.
    const oldest = questionsOf(more)[0] as Listed;
    expect(JSON.stringify(oldest)).toContain('"who"');
    await answer(asked, agentId, 'Ada');
    const last = await listed(asked, 1, agentId);
    expect(last.status.message?.parts[0]).toEqual({ text: 'Hello, Grace. What is your favourite color?' });
    await answer(asked, agentId, 'green');
    expect(resultOf(await ended(asked, agentId))).toBe(
      'Your name is Ada. Your name is Grace. Your favourite color is green.',
    );
  });

  it('may be answered by the task that asks', async () => {
    const asked = await listed(await begin('two'), 2, 'two');
    const second = questionsOf(asked)[1];
    await answer(asked, 'two', 'Second', { referenceTaskIds: [second?.taskId] });
    const child = { id: String(second?.taskId) };
    await until(child, 'interview', ({ history = [] }) =>
      history.some(({ parts }) => parts[0]?.text === 'Second'),
    );
    await harness.bridge.cancelTask({ id: asked.id }, harness.call('two'));
  });

  it('are answered in their order by messages that come at once', async () => {
    const asked = await listed(await begin('two'), 2, 'two');
    const [first, second] = questionsOf(asked);
    for (const text of ['First', 'Second']) {
      const further = { message: message(text, { taskId: asked.id }) };
      await harness.bridge.sendMessage(immediate(further), harness.call('two'));
    }
    for (const [text, question] of [
      ['First', first],
      ['Second', second],
    ] as const) {
      const heard = await until({ id: String(question?.taskId) }, 'interview', ({ history = [] }) =>
        history.some(({ role, parts }) => role === 'ROLE_USER' && parts[0]?.text === text),
      );
      expect(heard.history?.filter(({ role }) => role === 'ROLE_USER')).toHaveLength(2);
    }
    await harness.bridge.cancelTask({ id: asked.id }, harness.call('two'));
  });

  it('of calls in Promise.all, too', async () => {
    const ask = (what: string) => ({
      to: 'script',
      say: [{ data: { steps: [{ ask: what }, { complete: { text: what } }] } as never }],
    });
    const plan: CallPlan = { calls: [ask('left?'), ask('right?')], atOnce: true };
    const begun = taskOf(
      await harness.bridge.sendMessage(request([{ data: plan as never }]), harness.call('caller')),
    );
    const asked = await listed(begun, 2, 'caller');
    expect(textOf(asked)).toMatch(/left\?/);
    expect(textOf(asked)).toMatch(/right\?/);
    const [first, second] = questionsOf(asked);
    await answer(asked, 'caller', 'one', naming(String(second?.id)));
    await answer(asked, 'caller', 'two', naming(String(first?.id)));
    expect(state(await ended(asked, 'caller'))).toBe('COMPLETED');
  });

  it('refuse an answer to what is not asked', async () => {
    const asked = await begin('interview');
    await expect(answer(asked, 'interview', 'Ada', naming('nonsense'))).rejects.toMatchObject({
      message: expect.stringMatching(/a2a_question/),
    });
    expect(state(await answer(asked, 'interview', 'Ada'))).toBe('COMPLETED');
  });
});

describe('a message that nobody asked for', () => {
  const start = async (...steps: Step[]) =>
    taskOf(await harness.bridge.sendMessage(immediate(scripted(steps)), harness.call('script')));

  it('answers no later question, and may be read', async () => {
    const task = await start(
      { working: 'on' },
      { wait: 1_000 },
      { ask: 'name?' },
      { next: true },
      { complete: {} },
    );
    await until(task, 'script', (now) => state(now) === 'WORKING');
    const early = { message: message('early', { taskId: task.id }) };
    const asked = taskOf(await harness.bridge.sendMessage(early, harness.call('script')));
    expect([state(asked), textOf(asked)]).toEqual(['INPUT_REQUIRED', 'name?']);
    const stream = await harness.bridge.subscribeToTask({ id: task.id }, harness.call('script'));
    await answer(asked, 'script', 'Ada');
    expect(
      inShort(await readUntil(stream, ({ statusUpdate }) => statusUpdate?.status.message !== undefined)),
    ).toBe('working "early"');
    expect(state(await ended(task, 'script'))).toBe('COMPLETED');
  });

  it('is an answer when a reset has it come before its question', async () => {
    const task = await start({ wait: 0 }, { ask: 'name?' }, { ask: 'color?' }, { complete: {} });
    await until(task, 'script', (now) => textOf(now) === 'name?');
    expect(textOf(await answer(task, 'script', 'Ada'))).toBe('color?');
    await resetWorkflow(harness.temporal.client, task.id, { workflowTask: 0 });
    const asked = await until(task, 'script', (now) => textOf(now) === 'color?');
    const done = await answer(asked, 'script', 'green');
    expect(state(await ended(done, 'script'))).toBe('COMPLETED');
    const said = (done.history ?? []).flatMap(({ role, parts }) =>
      role === 'ROLE_USER' ? parts[0]?.text : [],
    );
    expect(said.slice(1)).toEqual(['Ada', 'green']);
  });

  it.each(['send', 'stream'])('ends its %s with the question that was asked meanwhile', async (way) => {
    const task = await start({ ask: 'name?' }, { ask: 'color?' }, { complete: {} });
    await until(task, 'script', (now) => textOf(now) === 'name?');
    const { workflowService } = harness.temporal.client;
    const signal = workflowService.signalWorkflowExecution.bind(workflowService);
    const held = jest.spyOn(workflowService, 'signalWorkflowExecution').mockImplementationOnce((async (
      request: Parameters<typeof signal>[0],
    ) => {
      // The bridge has taken it; now another one is faster.
      expect(textOf(await answer(task, 'script', 'Ada'))).toBe('color?');
      return signal(request);
    }) as never);
    const call = harness.call('script');
    const extra = { message: message('extra', { taskId: task.id }) };
    const told =
      way === 'send'
        ? taskOf(await harness.bridge.sendMessage(extra, call))
        : (await readAll(await harness.bridge.sendStreamingMessage(extra, call))).at(-1)?.response.task;
    held.mockRestore();
    expect([told && state(told), told && textOf(told)]).toEqual(['INPUT_REQUIRED', 'color?']);
    expect(state(await answer(task, 'script', 'green'))).toBe('COMPLETED');
  });

  it('answers no other question of the called task, which a reset of the caller finds further on', async () => {
    const task = await begin('twice');
    await until(task, 'twice', (now) => /name/.test(textOf(now) ?? ''));
    expect(textOf(await answer(task, 'twice', 'Ada'))).toMatch(/color/);
    const { client } = harness.temporal;
    const events = (await client.workflow.getHandle(task.id).fetchHistory()).events ?? [];
    const asked = events.findIndex(
      ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName === CHILD_SIGNAL,
    );
    const before = events.slice(0, asked).filter((each) => each.workflowTaskCompletedEventAttributes);
    await resetWorkflow(client, task.id, { workflowTask: before.length - 1 });
    await until(task, 'twice', (now) => state(now) !== 'WORKING' && /color/.test(textOf(now) ?? ''));
    const done = await answer(task, 'twice', 'green');
    expect(done.artifacts?.[0]?.parts[0]?.text).toBe('Your name is Ada. Your favourite color is green.');
  });
});
