import { randomUUID } from 'node:crypto';
import { askedBy, openQuestions } from '../../src/a2a/open-questions';
import type { Task, TaskState } from '../../src/a2a/types';
import type { CallPlan, CallReport } from '../support/calling-workflows';
import { eventually } from '../support/eventually';
import {
  type Harness,
  immediate,
  inShort,
  message,
  readAll,
  readUntil,
  request,
  startHarness,
  taskOf,
} from '../support/harness';
import type { TestWorker } from '../support/temporal';
import type { Step } from '../support/workflows';

let harness: Harness;
let worker: TestWorker | undefined;

beforeAll(async () => {
  harness = await startHarness({
    agents: [
      { id: 'caller' },
      { id: 'echo' },
      { id: 'interview' },
      { id: 'script' },
      { id: 'looper' },
      { id: 'plain-looper', workflow: { type: 'plainLooper', input: 'text' } },
      { id: 'replier', answers: 'message' },
      { id: 'invoice', workflow: { input: 'data' } },
      { id: 'hasty', workflow: { type: 'script', executionTimeout: '1s' } },
    ],
  });
  worker = harness.worker;
}, 60_000);

/** What happens meanwhile comes to the workflows all at once. */
async function withoutWorker(act: () => Promise<void>): Promise<void> {
  await worker?.stop();
  await act();
  worker = await harness.startWorker();
}

const plan = (...calls: CallPlan['calls']): CallPlan => ({ calls });
const steps = (...list: Step[]) => [{ data: { steps: list } as never }];

const planned = (what: CallPlan) => request([{ data: what as never }]);

const run = async (what: CallPlan, owner?: string) =>
  taskOf(await harness.bridge.sendMessage(planned(what), harness.call('caller', owner)));

const start = async (what: CallPlan) =>
  taskOf(await harness.bridge.sendMessage(immediate(planned(what)), harness.call('caller')));

const reportsOf = ({ status }: Task) => {
  expect(status.state).toBe('TASK_STATE_COMPLETED');
  return status.message?.parts[0]?.data as unknown as CallReport[];
};

const stream = async (what: CallPlan) =>
  (await readAll(await harness.bridge.sendStreamingMessage(planned(what), harness.call('caller')))).map(
    inShort,
  );

const answer = async (task: Pick<Task, 'id'>, text: string, agent = 'caller') =>
  taskOf(
    await harness.bridge.sendMessage({ message: message(text, { taskId: task.id }) }, harness.call(agent)),
  );

const question = ({ status }: Task) => [status.state, status.message?.parts[0]?.text];

/** Runs a workflow that is no agent. */
const runPlain = (what: CallPlan): Promise<CallReport[]> =>
  harness.temporal.client.workflow.execute('plainCaller', {
    taskQueue: harness.taskQueue,
    workflowId: `plain-${randomUUID()}`,
    args: [what],
  });

describe('an agent of the same bridge', () => {
  it('answers with its finished task, whose artifacts the caller shows', async () => {
    const task = await run(plan({ to: 'echo', say: 'hello' }));
    expect(reportsOf(task)).toEqual([{ text: 'hello', taskId: expect.any(String) }]);
    expect(task.artifacts).toEqual([{ artifactId: 'echo', name: 'echo', parts: [{ text: 'hello' }] }]);
  });

  it('is a task of its own: same context, same owner, and each names the other', async () => {
    const parent = await run(plan({ to: 'echo', say: 'hello' }), 'bert');
    const [report] = reportsOf(parent);
    const id = report?.taskId ?? '';
    const call = harness.call('echo', 'bert');
    const child = await harness.bridge.getTask({ id }, call);
    expect(child).toMatchObject({
      id,
      contextId: parent.contextId,
      status: { state: 'TASK_STATE_COMPLETED' },
      history: [{ role: 'ROLE_USER', referenceTaskIds: [parent.id] }],
    });
    const listed = await eventually(async () => {
      const { tasks } = await harness.bridge.listTasks({ contextId: parent.contextId }, call);
      return tasks.length > 0 && tasks;
    });
    expect(listed.map((task) => task.id)).toEqual([id]);
    await expect(harness.bridge.getTask({ id }, harness.call('echo', 'anna'))).rejects.toThrow('not found');
    const children = await eventually(async () => {
      const found: string[] = [];
      for await (const { workflowId } of harness.temporal.client.workflow.list({
        query: `ParentWorkflowId = '${parent.id}'`,
      })) {
        found.push(workflowId);
      }
      return found.length > 0 && found;
    });
    expect(children).toEqual([id]);
  });

  const talkative = steps(
    { working: 'half way' },
    { chunks: { artifactId: 'song', texts: ['la ', 'la'] } },
    {
      report: [{ statusUpdate: { status: { state: 'TASK_STATE_WORKING', message: message('from below') } } }],
    },
    { complete: { text: 'end' } },
  );

  it.each([
    [
      'all',
      [
        'working "half way"',
        'artifact song"la "',
        'artifact song+"la" last',
        'working "from below"',
        'artifact last"end" last',
      ],
    ],
    ['status', ['working "half way"', 'working "from below"']],
    ['none', []],
  ] as const)('is shown by its caller as asked for: %s', async (relay, expected) => {
    expect(await stream(plan({ to: 'script', say: talkative, options: { relay } }))).toEqual([
      'task submitted',
      ...expected,
      'completed',
    ]);
  });

  it('is shown while it runs, not when it has ended', async () => {
    const what = plan({ to: 'script', say: steps({ working: 'name?' }, { next: true }, { complete: {} }) });
    const events = await harness.bridge.sendStreamingMessage(planned(what), harness.call('caller'));
    const { response } = await readUntil(events, ({ statusUpdate }) => statusUpdate !== undefined);
    const parentId = response.statusUpdate?.taskId ?? '';
    expect(response.statusUpdate).toMatchObject({
      contextId: expect.any(String),
      status: { message: { taskId: parentId, parts: [{ text: 'name?' }] } },
    });
    const child = await childOf(parentId);
    await answer({ id: child }, 'go on', 'script');
    expect((await readAll(events)).map(inShort)).toEqual(['working "go on"', 'completed']);
  });

  it('keeps apart the artifacts of two that use the same name', async () => {
    const task = await run({
      ...plan({ to: 'echo', say: 'one' }, { to: 'echo', say: 'two' }),
      atOnce: true,
    });
    expect(reportsOf(task).map(({ text }) => text)).toEqual(['one', 'two']);
    const [first, other] = [...(task.artifacts ?? [])].sort((a, b) =>
      a.artifactId.localeCompare(b.artifactId),
    );
    expect(first?.artifactId).toBe('echo');
    expect(other?.artifactId).toMatch(/^echo-[0-9a-f-]{36}$/);
    expect(new Set([first, other].map((artifact) => artifact?.parts[0]?.text))).toEqual(
      new Set(['one', 'two']),
    );
  });

  it('may answer with a Message', async () => {
    const task = await run(plan({ to: 'replier', say: 'hi' }));
    expect(reportsOf(task)).toEqual([{ text: 'You said: hi' }]);
  });

  it('may be a plain workflow', async () => {
    const order = { customer: 'Ada', items: [{ sku: 'pen', quantity: 2, unitPrice: 1.5 }] };
    const task = await run(plan({ to: 'invoice', say: [{ data: order }] }));
    const [report] = reportsOf(task);
    expect(task.artifacts).toMatchObject([{ artifactId: 'result', parts: [{ data: { total: 3.57 } }] }]);
    const id = report?.taskId ?? '';
    expect(await harness.bridge.getTask({ id }, harness.call('invoice'))).toMatchObject({
      id,
      status: { state: 'TASK_STATE_COMPLETED' },
      history: [{ parts: [{ data: order }], referenceTaskIds: [task.id] }],
    });
  });

  it('gets no message that it cannot take', async () => {
    const task = await run({ ...plan({ to: 'invoice', say: 'no data' }), catches: true });
    expect(reportsOf(task)).toEqual([
      {
        failure: {
          type: 'A2A_INVALID_MESSAGE',
          message: 'invoice needs a data part, or a text part that is a JSON object or list',
        },
      },
    ]);
  });

  it('may be told more at once than one signal holds', async () => {
    const say = steps({ next: true }, { complete: { text: 'end' } });
    const { id } = await start(plan({ to: 'script', say, options: { relay: 'none' } }));
    const child = await childOf(id);
    await withoutWorker(async () => {
      const handle = harness.temporal.client.workflow.getHandle(child);
      for (let count = 0; count < 3; count++) {
        const said = { state: 'TASK_STATE_WORKING', message: message('x'.repeat(1_000_000)) };
        await handle.signal('a2a_update', { statusUpdate: { status: said } });
      }
      await handle.signal('a2a_message', message('go on'));
    });
    const result = await harness.temporal.client.workflow.getHandle(id).result();
    expect((result as Task).status.message?.parts[0]?.data).toMatchObject([{ text: 'end' }]);
  });

  it('has to exist', async () => {
    const task = await run(plan({ to: 'nobody', say: 'hi' }));
    expect(question(task)).toEqual([
      'TASK_STATE_FAILED',
      expect.stringMatching(/^There is no agent "nobody" here$/),
    ]);
  });
});

describe('a called agent that asks', () => {
  it('makes its caller ask, and gets the answer, as often as it needs', async () => {
    const asked = await run(plan({ to: 'interview', say: 'twice' }));
    expect(question(asked)).toEqual(['TASK_STATE_INPUT_REQUIRED', 'What is your name?']);
    const again = await answer(asked, 'Ada');
    expect(question(again)).toEqual([
      'TASK_STATE_INPUT_REQUIRED',
      'Hello, Ada. What is your favourite color?',
    ]);
    const done = await answer(asked, 'green');
    expect(reportsOf(done)[0]?.text).toBe('Your name is Ada. Your favourite color is green.');
  });

  it('asks for credentials in its own words', async () => {
    const say = steps({ ask: 'log in', state: 'TASK_STATE_AUTH_REQUIRED' }, { complete: { text: 'in' } });
    const asked = await run(plan({ to: 'script', say }));
    expect(question(asked)).toEqual(['TASK_STATE_AUTH_REQUIRED', 'log in']);
    expect(reportsOf(await answer(asked, 'done'))[0]?.text).toBe('in');
  });

  it('is asked for beside another that asks at the same time', async () => {
    const ask = (what: string) => ({ to: 'script', say: steps({ ask: what }, { complete: { text: what } }) });
    const { id } = await run({ ...plan(ask('left?'), ask('right?')), atOnce: true });
    const asked = await eventually(async () => {
      const task = await harness.bridge.getTask({ id }, harness.call('caller'));
      return openQuestions(task.metadata).length === 2 && task;
    });
    const [first = '', other = ''] = askedBy(asked).map(({ parts }) => parts[0]?.text);
    expect([first, other].sort()).toEqual(['left?', 'right?']);
    // The oldest one is answered.
    expect(question(await answer(asked, 'one'))).toEqual(['TASK_STATE_INPUT_REQUIRED', other]);
    expect(reportsOf(await answer(asked, 'two')).map(({ text }) => text)).toEqual(['left?', 'right?']);
  });

  it('is answered by the code of the caller that wants to', async () => {
    const what = { ...plan({ to: 'interview', say: 'hi' }), answer: 'Grace' };
    expect(reportsOf(await run(what))[0]?.text).toBe('Your name is Grace.');
  });

  it('may be answered at its own ID; the caller then asks no more', async () => {
    const asked = await run(plan({ to: 'interview', say: 'hi' }));
    const events = await harness.bridge.subscribeToTask({ id: asked.id }, harness.call('caller'));
    await answer({ id: await childOf(asked.id) }, 'Ada', 'interview');
    expect((await readAll(events)).map(inShort)).toEqual([
      'task input_required',
      'working',
      'artifact answers"Your name is Ada." last',
      'completed',
    ]);
  });

  it('makes its caller ask anew when it has changed its question', async () => {
    const status = (state: TaskState, text?: string) => ({
      statusUpdate: { status: { state, ...(text !== undefined && { message: message(text) }) } },
    });
    // The first update leaves by itself; the others tell of the second question at once.
    const second = [
      status('TASK_STATE_INPUT_REQUIRED', 'one?'),
      status('TASK_STATE_WORKING'),
      status('TASK_STATE_INPUT_REQUIRED', 'two?'),
    ];
    const say = steps(
      { report: [status('TASK_STATE_INPUT_REQUIRED', 'one?')] },
      { wait: 500 },
      { report: second },
      { next: true },
    );
    const asked = await run(plan({ to: 'script', say }));
    expect(question(asked)).toEqual(['TASK_STATE_INPUT_REQUIRED', 'one?']);
    await eventually(async () => {
      const task = await harness.bridge.getTask({ id: asked.id }, harness.call('caller'));
      return question(task)[1] === 'two?';
    });
    expect(question(await answer(asked, 'fine'))[0]).toBe('TASK_STATE_COMPLETED');
  });

  it('may end in the moment that it is answered', async () => {
    const say = steps({ ask: 'well?' }, { complete: {} });
    const asked = await run({ ...plan({ to: 'script', say }), catches: true });
    const child = await childOf(asked.id);
    await withoutWorker(async () => {
      await harness.bridge.sendMessage(
        immediate({ message: message('well', { taskId: asked.id }) }),
        harness.call('caller'),
      );
      await harness.temporal.client.workflow.getHandle(child).terminate();
    });
    const done = await eventually(async () => {
      const task = await harness.bridge.getTask({ id: asked.id }, harness.call('caller'));
      return task.status.state === 'TASK_STATE_COMPLETED' && task;
    });
    expect(reportsOf(done)[0]?.failure).toMatchObject({
      type: 'A2A_AGENT_FAILED',
      message: 'script: The workflow was terminated: terminated by user via frontend',
    });
  });

  it('loses no message that comes while it goes on in a new run', async () => {
    const again: Step[] = [{ working: 'on' }, { continueAsNew: true }];
    const say = steps({ wait: 100 }, ...Array.from({ length: 3 }, () => again).flat(), { until: 'last' });
    const parent = await start(plan({ to: 'script', say }));
    const child = await childOf(parent.id);
    const sent = [...Array.from({ length: 60 }, (_, index) => `${index}`), 'last'];
    for (const text of sent) {
      const further = { message: message(text, { taskId: child }) };
      await harness.bridge.sendMessage(immediate(further), harness.call('script'));
    }
    await harness.temporal.client.workflow.getHandle(parent.id).result();
    const task = await harness.bridge.getTask({ id: child }, harness.call('script'));
    expect(task.history?.map(({ parts }) => parts[0]?.text).slice(1)).toEqual(sent);
  });

  it('makes no sense to a caller that nobody can answer', async () => {
    const what = { ...plan({ to: 'interview', say: 'hi' }), catches: true };
    const [report] = await runPlain(what);
    expect(report?.failure).toEqual({
      type: 'A2A_AGENT_INPUT_REQUIRED',
      message: 'interview: What is your name?',
      state: 'TASK_STATE_INPUT_REQUIRED',
    });
    const abandoned = await harness.temporal.client.workflow.getHandle(report?.taskId ?? '').describe();
    expect(abandoned.status.name).toBe('CANCELLED');
  });
});

describe('a workflow that is no agent', () => {
  it('calls one', async () => {
    expect(await runPlain(plan({ to: 'echo', say: 'hello' }))).toMatchObject([{ text: 'hello' }]);
  });

  it('answers for itself', async () => {
    const what = { ...plan({ to: 'interview', say: 'twice' }), answer: 'blue' };
    expect(await runPlain(what)).toMatchObject([
      { text: 'Your name is blue. Your favourite color is blue.' },
    ]);
  });

  it('has called for whoever comes without credentials', async () => {
    const [report] = await runPlain(plan({ to: 'echo', say: 'hello' }));
    const task = await harness.bridge.getTask(
      { id: report?.taskId ?? '' },
      harness.call('echo', 'anonymous'),
    );
    expect(task.status.state).toBe('TASK_STATE_COMPLETED');
  });
});

describe('a call that goes wrong', () => {
  it.each([
    [{ fail: 'no luck' }, 'A2A_AGENT_FAILED', 'TASK_STATE_FAILED', 'script: no luck'],
    [{ reject: 'not mine' }, 'A2A_AGENT_REJECTED', 'TASK_STATE_REJECTED', 'script: not mine'],
    [{ failActivity: 'no paper' }, 'A2A_AGENT_FAILED', 'TASK_STATE_FAILED', 'script: no paper'],
  ] as const)('tells the caller how: %j', async (step, type, state, text) => {
    const what = { ...plan({ to: 'script', say: steps({ working: 'on' }, step) }), catches: true };
    const [report] = reportsOf(await run(what));
    expect(report?.failure).toEqual({ type, state, message: text });
  });

  it('fails the caller that does not catch it, in the words of the agent', async () => {
    const task = await run(plan({ to: 'script', say: steps({ fail: 'no luck' }) }));
    expect(question(task)).toEqual(['TASK_STATE_FAILED', 'script: no luck']);
  });

  it('keeps what the agent had said before', async () => {
    const say = steps({ artifact: { artifactId: 'half', text: 'half of it' } }, { fail: 'no luck' });
    const task = await run({ ...plan({ to: 'script', say }), catches: true });
    expect(task.artifacts).toEqual([{ artifactId: 'half', parts: [{ text: 'half of it' }] }]);
  });

  it('takes no longer than the caller, or the agent, allows', async () => {
    const forever = steps({ forever: true });
    const task = await run({
      ...plan(
        { to: 'script', say: forever, options: { timeout: '1s' } },
        { to: 'hasty', say: forever, options: { timeout: '1 day' } },
      ),
      catches: true,
    });
    expect(reportsOf(task).map(({ failure }) => failure)).toEqual([
      {
        type: 'A2A_AGENT_FAILED',
        state: 'TASK_STATE_FAILED',
        message: 'script: The workflow timed out.',
      },
      { type: 'A2A_AGENT_FAILED', state: 'TASK_STATE_FAILED', message: 'hasty: The workflow timed out.' },
    ]);
  });

  it.each(['looper', 'plain-looper'])('ends agents that call each other for ever: %s', async (id) => {
    const task = taskOf(await harness.bridge.sendMessage(request('go'), harness.call(id)));
    expect(question(task)).toEqual([
      'TASK_STATE_FAILED',
      expect.stringMatching(new RegExp(`^(${id}: ){16}${id} is not called: 16 agents .* is the limit$`)),
    ]);
  });

  it('is told when somebody cancels the called task', async () => {
    const parent = await start({
      ...plan({ to: 'script', say: steps({ working: 'on' }, { forever: true }) }),
      catches: true,
    });
    const id = await childOf(parent.id);
    await harness.bridge.cancelTask({ id }, harness.call('script'));
    const done = await eventually(async () => {
      const task = await harness.bridge.getTask({ id: parent.id }, harness.call('caller'));
      return task.status.state === 'TASK_STATE_COMPLETED' && task;
    });
    expect(reportsOf(done)[0]?.failure).toMatchObject({
      type: 'A2A_AGENT_CANCELED',
      state: 'TASK_STATE_CANCELED',
    });
  });

  it('is cancelled with the caller, which ends after it', async () => {
    const what = plan(
      { to: 'script', say: steps({ working: 'on' }, { forever: true }) },
      { to: 'interview', say: 'hi' },
    );
    const parent = await start({ ...what, atOnce: true, waits: true });
    const [left = '', right = ''] = await childrenOf(parent.id, 2);
    await harness.bridge.cancelTask({ id: parent.id }, harness.call('caller'));
    const { workflow } = harness.temporal.client;
    await expect(workflow.getHandle(parent.id).result()).rejects.toMatchObject({
      cause: { name: 'CancelledFailure' },
    });
    for (const id of [left, right]) {
      const { status } = await workflow.getHandle(id).describe();
      expect(status.name).toBe('CANCELLED');
    }
  });
});

/** IDs of the tasks that a task has called, once there are so many. */
function childrenOf(parentId: string, count: number): Promise<string[]> {
  return eventually(async () => {
    const { pendingChildren } = await pending(parentId);
    // One without a run is only about to start.
    const ids = pendingChildren.flatMap(({ workflowId, runId }) => (runId ? (workflowId ?? []) : []));
    return ids.length >= count && ids;
  });
}

async function childOf(parentId: string): Promise<string> {
  const [id = ''] = await childrenOf(parentId, 1);
  return id;
}

async function pending(workflowId: string) {
  const { raw } = await harness.temporal.client.workflow.getHandle(workflowId).describe();
  return { pendingChildren: raw.pendingChildren ?? [] };
}
