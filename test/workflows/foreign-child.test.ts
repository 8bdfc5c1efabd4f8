import { randomUUID } from 'node:crypto';
import type { Part, Task } from '../../src/a2a/types';
import { createCallActivities } from '../../src/activities';
import { MESSAGE_SIGNAL } from '../../src/contract/contract';
import { testActivities } from '../support/activities';
import type { CallPlan, CallReport } from '../support/calling-workflows';
import { eventually } from '../support/eventually';
import type { ForeignReport, ForeignStep } from '../support/foreign-workflows';
import {
  type Harness,
  immediate,
  inShort,
  message,
  readAll,
  request,
  startHarness,
  taskOf,
} from '../support/harness';
import { resetWorkflow } from '../support/reset';
import { startTestWorker, type TestWorker } from '../support/temporal';
import type { Step } from '../support/workflows';

/** Contract workflows that nothing of this package has helped to write, as steps of others. */
let harness: Harness;
let worker: TestWorker | undefined;

beforeAll(async () => {
  harness = await startHarness({
    agents: [
      { id: 'caller' },
      { id: 'foreign' },
      { id: 'script' },
      { id: 'echo' },
      { id: 'invoice', workflow: { input: 'data' } },
      { id: 'chain', chain: { steps: [{ name: 'it', agent: 'foreign' }] } },
      {
        id: 'two',
        chain: {
          steps: [
            { name: 'first', agent: 'foreign' },
            { name: 'then', agent: 'echo', message: '{% $steps.first.text %}!' },
          ],
        },
      },
    ],
  });
  worker = harness.worker;
}, 60_000);

const does = (...steps: ForeignStep[]): Part[] => [{ data: { steps } as never }];

const call = (...steps: ForeignStep[]): CallPlan => ({ calls: [{ to: 'foreign', say: does(...steps) }] });

const stream = async (parts: Part[], agent = 'chain') =>
  (await readAll(await harness.bridge.sendStreamingMessage(request(parts), harness.call(agent)))).map(
    inShort,
  );

const send = async (parts: Part[], agent = 'chain') =>
  taskOf(await harness.bridge.sendMessage(request(parts), harness.call(agent)));

const answer = async ({ id }: Task, text: string, agent = 'chain') =>
  taskOf(await harness.bridge.sendMessage({ message: message(text, { taskId: id }) }, harness.call(agent)));

const planned = (plan: CallPlan): Part[] => [{ data: plan as never }];

const reportOf = (task: Task) =>
  (task.status.message?.parts[0]?.data as unknown as CallReport[] | undefined)?.[0];

const question = ({ status }: Task) => [status.state, status.message?.parts[0]?.text];

const steps = (says: string[]) => says.filter((each) => !/^working "it (started|completed)/.test(each));

/** The text of each artifact, whatever its parts have beside it. */
const texts = ({ artifacts = [] }: Task) =>
  Object.fromEntries(
    artifacts.map(({ artifactId, parts }) => [artifactId, parts.map(({ text }) => text).join('')]),
  );

/** Retried, since Temporal refuses to read a history that changes in that moment. */
const historyOf = (workflowId: string) =>
  eventually(async () => {
    const { events } = await harness.temporal.client.workflow.getHandle(workflowId).fetchHistory();
    return events ?? [];
  });

/** How often a workflow has scheduled an activity. */
async function scheduled(workflowId: string, type: string): Promise<number> {
  return (await historyOf(workflowId)).filter(
    ({ activityTaskScheduledEventAttributes: activity }) => activity?.activityType?.name === type,
  ).length;
}

const childrenOf = (id: string) =>
  eventually(async () => {
    const { raw } = await harness.temporal.client.workflow.getHandle(id).describe();
    const ids = (raw.pendingChildren ?? []).flatMap(({ workflowId, runId }) =>
      runId ? (workflowId ?? []) : [],
    );
    return ids.length > 0 && ids;
  });

describe('a contract workflow in another language, as a step', () => {
  const talks = does(
    { working: 'half way' },
    { artifact: 'song', text: 'la ' },
    { sleep: 10 },
    { artifact: 'song', text: 'la', append: true, last: true },
    { signal: [{ working: 'from below' }, { artifact: 'deep', text: 'down' }] },
    { text: 'end' },
  );

  it('shows what it says while it runs, in order and once', async () => {
    expect(steps(await stream(talks))).toEqual([
      'task submitted',
      'working "half way"',
      'artifact song"la "',
      'artifact song+"la" last',
      'working "from below"',
      'artifact deep"down"',
      'artifact result"end" last',
      'completed',
    ]);
  });

  it('hands on all of its artifacts', async () => {
    const task = await send(talks, 'two');
    expect(texts(task).echo?.replace(/\s/g, '')).toBe('laladownend!');
  });

  it('does so, too, when it has ended at once', async () => {
    const task = await send(does({ artifact: 'quick', text: 'done' }));
    expect(texts(task)).toEqual({ quick: 'done' });
  });

  it('asks through its caller, as often as it needs', async () => {
    const asks = does({ ask: 'name?' }, { ask: 'color?' }, { result: {} });
    const asked = await send(asks);
    expect(question(asked)).toEqual(['TASK_STATE_INPUT_REQUIRED', 'name?']);
    const again = await answer(asked, 'Ada');
    expect(question(again)).toEqual(['TASK_STATE_INPUT_REQUIRED', 'color?']);
    const done = await answer(asked, 'green');
    expect(done.artifacts?.[0]?.parts[0]?.data).toEqual({ answers: ['Ada', 'green'] });
  });

  it('may ask again without a word in between', async () => {
    const asked = await send(
      does({ ask: 'name?', silent: true }, { ask: 'color?', silent: true }, { result: {} }),
    );
    expect(question(await answer(asked, 'Ada'))[1]).toBe('color?');
    const done = await answer(asked, 'green');
    expect(done.artifacts?.[0]?.parts[0]?.data).toEqual({ answers: ['Ada', 'green'] });
  });

  it('may be answered at its own ID; the caller then asks no more', async () => {
    const asked = await send(does({ ask: 'name?' }, { result: {} }));
    const [child = ''] = await childrenOf(asked.id);
    const events = await harness.bridge.subscribeToTask({ id: asked.id }, harness.call('chain'));
    await answer({ ...asked, id: child }, 'Ada', 'foreign');
    expect(steps((await readAll(events)).map(inShort))).toEqual([
      'task input_required',
      'working',
      'artifact result"" last',
      'completed',
    ]);
  });

  it('asks the same while an operator has paused it', async () => {
    const asked = await send(does({ ask: 'name?' }, { result: {} }));
    const [child = ''] = await childrenOf(asked.id);
    const { client, namespace } = harness.temporal;
    const operated = (reason: string) => ({
      namespace,
      workflowId: child,
      identity: 'an operator',
      reason,
      requestId: randomUUID(),
    });
    const hasPaused = (paused: boolean) =>
      eventually(async () => {
        const { status } = await harness.bridge.getTask({ id: child }, harness.call('foreign'));
        const last = status.message?.parts.at(-1)?.text;
        return (last === 'The workflow is paused: lunch') === paused;
      });
    await client.workflowService.pauseWorkflowExecution(operated('lunch'));
    await hasPaused(true);
    await client.workflowService.unpauseWorkflowExecution(operated('back'));
    await hasPaused(false);
    const done = await answer(asked, 'Ada');
    const said = done.history?.filter(({ role }) => role === 'ROLE_AGENT') ?? [];
    expect(said.map(({ parts }) => parts[0]?.text)).toEqual(['name?']);
  });

  it('asks for nobody when its caller answers itself', async () => {
    const task = await send(
      planned({ ...call({ ask: 'name?' }, { result: {} }), answer: 'Grace' }),
      'caller',
    );
    expect(task.artifacts?.[0]?.parts[0]?.data).toEqual({ answers: ['Grace'] });
  });

  it('keeps what it had said when it fails', async () => {
    const plan = call(
      { artifact: 'half', text: 'half of it' },
      { sleep: 10 },
      { fail: 'no luck', type: 'A2A_REJECTED' },
    );
    const task = await send(planned({ ...plan, catches: true }), 'caller');
    expect(reportOf(task)?.failure).toMatchObject({
      type: 'A2A_AGENT_REJECTED',
      message: 'foreign: no luck',
    });
    expect(texts(task)).toEqual({ half: 'half of it' });
  });

  it('goes on in a new run', async () => {
    const task = await send(
      does(
        { artifact: 'a', text: '1' },
        { continueAsNew: true },
        { artifact: 'a', text: '2', append: true },
        { ask: 'more?' },
        { artifact: 'a', text: '3', append: true },
      ),
    );
    expect(question(task)[1]).toBe('more?');
    expect(texts(await answer(task, 'yes'))).toEqual({ a: '123' });
  });

  it('loses nothing, and repeats nothing, when the worker goes in between', async () => {
    const asked = await send(
      does({ artifact: 'a', text: '1' }, { ask: 'more?' }, { artifact: 'a', text: '2', append: true }),
    );
    await worker?.stop();
    await harness.bridge.sendMessage(
      immediate({ message: message('yes', { taskId: asked.id }) }),
      harness.call('chain'),
    );
    worker = await harness.startWorker();
    const done = await eventually(async () => {
      const task = await harness.bridge.getTask({ id: asked.id }, harness.call('chain'));
      return task.status.state === 'TASK_STATE_COMPLETED' && task;
    });
    expect(texts(done)).toEqual({ a: '12' });
  });

  it.each([
    ['with', false, 'color?'],
    ['without', true, 'name?'],
  ])('goes on where a reset has put it, %s the answers', async (_, withoutSignals, next) => {
    const asked = await send(does({ ask: 'name?' }, { ask: 'color?' }, { result: {} }));
    const [child = ''] = await childrenOf(asked.id);
    expect(question(await answer(asked, 'Ada'))[1]).toBe('color?');
    await resetWorkflow(harness.temporal.client, child, { workflowTask: 0, withoutSignals });
    await eventually(async () => {
      const task = await harness.bridge.getTask({ id: asked.id }, harness.call('chain'));
      return question(task)[1] === next;
    });
    for (const said of withoutSignals ? ['Grace', 'red'] : ['red']) await answer(asked, said);
    // The question may be told once more, by the new run, which has the answer.
    const task = await eventually(async () => {
      const now = await harness.bridge.getTask({ id: asked.id }, harness.call('chain'));
      return now.status.state === 'TASK_STATE_COMPLETED' && now;
    });
    expect(task.artifacts?.[0]?.parts[0]?.data).toEqual({
      answers: [withoutSignals ? 'Grace' : 'Ada', 'red'],
    });
  });

  it('gets the answer to a question once, also when its caller was reset behind the question', async () => {
    const asked = await send(does({ ask: 'name?' }, { ask: 'color?' }, { result: {} }));
    expect(question(await answer(asked, 'Ada'))[1]).toBe('color?');
    const { client } = harness.temporal;
    const events = (await client.workflow.getHandle(asked.id).fetchHistory()).events ?? [];
    const said = events.findIndex(
      ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName === MESSAGE_SIGNAL,
    );
    const before = events.slice(0, said).filter((each) => each.workflowTaskCompletedEventAttributes);
    // To the workflow task in which the answer went out: it is done again.
    await resetWorkflow(client, asked.id, { workflowTask: before.length });
    await eventually(async () => {
      const task = await harness.bridge.getTask({ id: asked.id }, harness.call('chain'));
      return question(task)[1] === 'color?';
    });
    const done = await answer(asked, 'red');
    expect(done.artifacts?.[0]?.parts[0]?.data).toEqual({ answers: ['Ada', 'red'] });
  });

  it('goes on when its caller was reset', async () => {
    const asked = await send(does({ artifact: 'a', text: '1' }, { ask: 'name?' }, { result: {} }));
    await resetWorkflow(harness.temporal.client, asked.id);
    const done = await answer(asked, 'Ada');
    expect(done.artifacts?.at(-1)?.parts[0]?.data).toEqual({ answers: ['Ada'] });
    expect(texts(done).a).toBe('1');
  });

  it('is cancelled with its caller', async () => {
    const { id } = taskOf(
      await harness.bridge.sendMessage(
        immediate(request(does({ working: 'on' }, { forever: true }))),
        harness.call('chain'),
      ),
    );
    const [child = ''] = await childrenOf(id);
    const task = await harness.bridge.cancelTask({ id }, harness.call('chain'));
    expect(task.status.state).toBe('TASK_STATE_CANCELED');
    const { status } = await harness.temporal.client.workflow.getHandle(child).describe();
    expect(status.name).toBe('CANCELLED');
  });

  it('shows as much as its caller wants', async () => {
    const plan = (relay: 'status' | 'none'): CallPlan => ({
      calls: [{ to: 'foreign', say: talks, options: { relay } }],
    });
    expect(await stream(planned(plan('status')), 'caller')).toEqual([
      'task submitted',
      'working "half way"',
      'working "from below"',
      'completed',
    ]);
    expect(await stream(planned(plan('none')), 'caller')).toEqual(['task submitted', 'completed']);
  });
});

describe('a caller', () => {
  it('fails the call, and cancels the task, when it cannot take what the task says', async () => {
    const plan = call({ large: 2 * 1024 * 1024 - 8 * 1024 }, { forever: true });
    const task = await send(planned({ ...plan, catches: true }), 'caller');
    expect(reportOf(task)?.failure).toMatchObject({
      type: 'A2A_PAYLOAD_TOO_LARGE',
      message: expect.stringMatching(/^an update of the task is \d+ bytes/),
    });
    const [child = ''] = (await historyOf(task.id)).flatMap(
      ({ childWorkflowExecutionStartedEventAttributes: started }) =>
        started?.workflowExecution?.workflowId ?? [],
    );
    const { status } = await harness.temporal.client.workflow.getHandle(child).describe();
    expect(status.name).toBe('CANCELLED');
  });

  it('does not follow a plain workflow', async () => {
    const order = { customer: 'Ada', items: [{ sku: 'pen', quantity: 2, unitPrice: 1.5 }] };
    const plan: CallPlan = { calls: [{ to: 'invoice', say: [{ data: order }] }] };
    const task = await send(planned(plan), 'caller');
    expect(texts(task)).toHaveProperty('result');
    expect(await scheduled(task.id, 'followChild')).toBe(0);
  });

  it('in another language hears the questions, too', async () => {
    const report = (await harness.temporal.client.workflow.execute('foreignCaller', {
      taskQueue: harness.taskQueue,
      workflowId: `caller-${randomUUID()}`,
      args: [
        {
          call: {
            agent: 'foreign',
            message: does({ ask: 'name?' }, { result: {} }),
            options: { onInput: 'signal' },
          },
          answers: ['Ada'],
        },
      ],
    })) as ForeignReport;
    expect(report.questions).toHaveLength(1);
    expect((report.answer as { task: Task }).task.artifacts?.[0]?.parts[0]?.data).toEqual({
      answers: ['Ada'],
    });
  });

  it('goes on without a worker that can follow, as before', async () => {
    const old = await startHarness({ agents: [{ id: 'caller' }, { id: 'foreign' }], withoutWorker: true });
    const { followChild: _, ...activities } = createCallActivities({ agents: old.agents });
    const { connection } = old.temporal;
    const { followChild: __, ...others } = testActivities;
    await startTestWorker({ connection, taskQueue: old.taskQueue, activities: { ...others, ...activities } });
    const plan = call({ artifact: 'unheard', text: '1' }, { text: 'end' });
    const sent = await old.bridge.sendMessage(request(planned(plan)), old.call('caller'));
    expect(texts(taskOf(sent))).toEqual({ result: 'end' });
  });
});

describe('a called task that reports itself', () => {
  const says: Step[] = [
    { working: 'one' },
    { chunks: { artifactId: 'song', texts: ['la ', 'la'] } },
    { wait: 600 },
    { working: 'two' },
    { complete: { text: 'end' } },
  ];

  it('is heard once, although its history could be read as well', async () => {
    const plan: CallPlan = { calls: [{ to: 'script', say: [{ data: { steps: says } as never }] }] };
    const sent = taskOf(await harness.bridge.sendMessage(request(planned(plan)), harness.call('caller')));
    const events = await stream(planned(plan), 'caller');
    expect(events).toEqual([
      'task submitted',
      'working "one"',
      'artifact song"la "',
      'artifact song+"la" last',
      'working "two"',
      'artifact last"end" last',
      'completed',
    ]);
    expect(await scheduled(sent.id, 'followChild')).toBe(1);
    const signals = (await historyOf(sent.id)).flatMap(
      ({ workflowExecutionSignaledEventAttributes: signal }) =>
        signal?.signalName === 'a2a_child'
          ? [Buffer.from(signal.input?.payloads?.[0]?.data ?? []).toString()]
          : [],
    );
    expect(signals.filter((each) => each.includes('readFrom'))).toEqual([]);
  });

  it('is not followed when it is a built-in one', async () => {
    const sent = await send([{ text: 'hi' }], 'two');
    expect(await scheduled(sent.id, 'followChild')).toBe(1);
    const plan: CallPlan = { calls: [{ to: 'echo', say: 'hi' }] };
    const calls = taskOf(await harness.bridge.sendMessage(request(planned(plan)), harness.call('caller')));
    expect(await scheduled(calls.id, 'followChild')).toBe(0);
  });
});
