import { randomUUID } from 'node:crypto';
import type { Task } from '../../src/a2a/types';
import { eventually } from '../support/eventually';
import type { ForeignCall, ForeignReport } from '../support/foreign-workflows';
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
import type { Step } from '../support/workflows';

/** Agents, and others that call them as workflows of other languages do. */
let remote: Harness;
let harness: Harness;

beforeAll(async () => {
  remote = await startHarness({ app: true, agents: [{ id: 'script' }, { id: 'interview' }] });
  harness = await startHarness({
    agents: [
      { id: 'foreign', workflow: { type: 'foreignCaller' } },
      { id: 'plain', workflow: { type: 'foreignCaller', input: 'data' } },
      { id: 'echo' },
      { id: 'interview' },
      { id: 'script' },
      { id: 'replier', answers: 'message' },
      { id: 'invoice', workflow: { input: 'data' } },
      { id: 'looper' },
    ],
  });
}, 60_000);

const scripted = (...steps: Step[]) => [{ data: { steps } }];

const at = (id: string) => `${remote.url}/a2a/${id}`;

/** A workflow that is no agent. */
function startCaller(call: unknown, more: Partial<ForeignCall> = {}) {
  return harness.temporal.client.workflow.start('foreignCaller', {
    taskQueue: harness.taskQueue,
    workflowId: `caller-${randomUUID()}`,
    args: [{ call, ...more }],
  });
}

async function run(call: unknown, more: Partial<ForeignCall> = {}): Promise<ForeignReport> {
  return (await (await startCaller(call, more)).result()) as ForeignReport;
}

/** The call as the work of an agent. */
const planned = (call: unknown, more: Partial<ForeignCall> = {}) =>
  request([{ data: { call, ...more } as never }]);

const reportOf = ({ artifacts = [] }: Task) =>
  artifacts.find(({ artifactId }) => artifactId === 'result')?.parts[0]?.data as unknown as ForeignReport;

const taskIn = ({ answer }: ForeignReport) => (answer as { task: Task }).task;

const failedTask = (report: ForeignReport) => (report.failure as { details: { task: Task } }).details.task;

describe('a call', () => {
  it.each([
    ['a text', 'hello', [{ text: 'hello' }]],
    ['a part', { text: 'hello', metadata: null }, [{ text: 'hello' }]],
    ['parts', [{ text: 'hello' }, { data: null, text: null }], [{ text: 'hello' }, { data: null }]],
    ['a Message', { parts: [{ data: { a: [1] } }], role: 'ROLE_USER', taskId: null }, [{ data: { a: [1] } }]],
  ])('takes %s and gives the Task', async (_, said, parts) => {
    const task = taskIn(await run({ agent: 'echo', message: said, options: null }));
    expect(task).toMatchObject({
      id: expect.any(String),
      status: { state: 'TASK_STATE_COMPLETED' },
      artifacts: [{ artifactId: 'echo', parts }],
    });
    expect(await harness.bridge.getTask({ id: task.id }, harness.call('echo', 'anonymous'))).toMatchObject({
      id: task.id,
      artifacts: task.artifacts,
    });
  });

  it('gives a Message when the agent answers with one', async () => {
    expect((await run({ agent: 'replier', message: 'hi' })).answer).toEqual({
      message: expect.objectContaining({ role: 'ROLE_AGENT', parts: [{ text: 'You said: hi' }] }),
    });
  });

  it('keeps IDs and metadata that the caller has chosen', async () => {
    const task = taskIn(
      await run({
        agent: 'echo',
        message: { messageId: 'mine', contextId: 'ctx-1', parts: [{ text: 'hi' }], metadata: { a: 1 } },
      }),
    );
    expect(task).toMatchObject({
      contextId: 'ctx-1',
      history: [{ messageId: 'mine', metadata: { a: 1 }, parts: [{ text: 'hi' }] }],
    });
  });

  it('reaches an agent elsewhere', async () => {
    const say = scripted({ working: 'on' }, { complete: { text: 'end' } });
    const options = { waiting: 'poll', timeout: '1m', retry: { maximumAttempts: 3 } };
    const task = taskIn(await run({ url: at('script'), message: say, options }));
    expect(task.artifacts).toEqual([{ artifactId: 'last', parts: [{ text: 'end' }] }]);
    await remote.bridge.getTask({ id: task.id }, remote.call('script', 'anonymous'));
  });

  it('leaves the history of the task out when there is no room for it', async () => {
    const large = 'x'.repeat(1_100_000);
    const task = taskIn(await run({ agent: 'echo', message: large }));
    expect(task.history).toBeUndefined();
    expect(task.artifacts?.[0]?.parts[0]?.text).toHaveLength(large.length);
  });
});

describe('wrong input', () => {
  const hi = { agent: 'echo', message: 'hi' };

  it.each([
    [undefined, 'the input: expected an object, got nothing'],
    ['echo', 'the input: expected an object, got "echo"'],
    [{ message: 'hi' }, 'agent: expected agent or url, got neither'],
    [{ ...hi, url: 'https://a.example' }, 'url: expected agent or url, got both'],
    [{ ...hi, agent: 7 }, 'agent: expected a text that is not empty, got 7'],
    [{ ...hi, bindings: ['GRPC'] }, 'bindings: is for agents that are called by url'],
    [{ url: 'ftp://a.example', message: 'hi' }, 'url: expected an http or https URL, got "ftp://a.example"'],
    [{ agent: 'echo' }, 'message: expected a text, a list of parts or a Message, got nothing'],
    [{ ...hi, message: [] }, 'message: expected at least one part, got an empty list'],
    [
      { ...hi, message: { parts: [{ text: 'a' }, { text: 'b', url: 'c' }] } },
      'message.parts[1]: expected a part with one of text, raw, url, data, got text and url',
    ],
    [{ ...hi, message: [{ text: 1 }] }, 'message[0].text: expected a text, got 1'],
    [
      { ...hi, message: { parts: 'hi', taskId: 't' } },
      'message.taskId: a call makes a task of its own; leave it out',
    ],
    [
      { ...hi, options: { timeOut: '1s' } },
      'options.timeOut: is not known; there are contextId, keepContext, metadata, acceptedOutputModes, timeout, waiting, retry, relay, onInput',
    ],
    [
      { ...hi, options: { timeout: 'soon' } },
      'options.timeout: expected a duration such as "30s", or milliseconds, got "soon"',
    ],
    [
      { ...hi, options: { retry: { maximumAttempts: 0 } } },
      'options.retry.maximumAttempts: expected a number from 1 on, got 0',
    ],
    [{ ...hi, options: { relay: true } }, 'options.relay: expected "all" or "status" or "none", got true'],
  ])('fails at once: %j', async (call, text) => {
    const { failure } = await run(call);
    expect(failure).toEqual({ type: 'A2A_INVALID_CALL', message: text, nonRetryable: true, details: null });
  });
});

describe('a call that fails', () => {
  it.each([
    [{ fail: 'no luck' }, 'A2A_AGENT_FAILED', 'TASK_STATE_FAILED', 'no luck'],
    [{ reject: 'not mine' }, 'A2A_AGENT_REJECTED', 'TASK_STATE_REJECTED', 'not mine'],
  ] as const)('tells the type and the task: %j', async (step, type, state, text) => {
    const report = await run({ agent: 'script', message: scripted({ working: 'on' }, step) });
    expect(report.failure).toEqual({
      type,
      message: `script: ${text}`,
      nonRetryable: true,
      details: { agent: 'script', task: expect.objectContaining({ id: expect.any(String) }) },
    });
    expect(failedTask(report).status).toMatchObject({ state, message: { parts: [{ text }] } });
  });

  it.each([
    [{ agent: 'nobody' }, 'A2A_NO_SUCH_AGENT', /^There is no agent "nobody" here/],
    [{ agent: 'invoice' }, 'A2A_INVALID_MESSAGE', /^invoice needs a data part, or a text part/],
    [
      { url: 'http://10.1.2.3/agent' },
      'A2A_REMOTE_REFUSED',
      /^The remote agent may not be called from here$/,
    ],
  ])('says why it was not made: %j', async (target, type, text) => {
    const { failure } = await run({ ...target, message: 'hi' });
    expect(failure).toMatchObject({ type, message: expect.stringMatching(text), nonRetryable: true });
  });

  it('is over when its time is', async () => {
    const say = scripted({ forever: true });
    const here = await run({ agent: 'script', message: say, options: { timeout: 1_000 } });
    expect(here.failure).toMatchObject({
      type: 'A2A_AGENT_FAILED',
      message: 'script: The workflow timed out.',
    });
    const there = await run({ url: at('script'), message: say, options: { timeout: '2s' } });
    expect(there.failure).toMatchObject({ type: 'A2A_REMOTE_TIMEOUT' });
  });
});

describe('a caller that is a task', () => {
  it.each(['foreign', 'plain'])('has the called task in its context, for its owner: %s', async (id) => {
    const call = { agent: 'echo', message: 'hi' };
    const caller = taskOf(await harness.bridge.sendMessage(planned(call), harness.call(id, 'bert')));
    const called = taskIn(reportOf(caller));
    expect(called).toMatchObject({
      contextId: caller.contextId,
      history: [{ referenceTaskIds: [caller.id] }],
    });
    await harness.bridge.getTask({ id: called.id }, harness.call('echo', 'bert'));
    await expect(
      harness.bridge.getTask({ id: called.id }, harness.call('echo', 'anonymous')),
    ).rejects.toThrow('not found');
  });

  const say = scripted(
    { working: 'half way' },
    { chunks: { artifactId: 'song', texts: ['la ', 'la'] } },
    { complete: { text: 'end' } },
  );

  it.each([
    [undefined, []],
    ['none', []],
    ['status', ['working "half way"']],
    [
      'all',
      [
        'working "half way"',
        expect.stringMatching(/^artifact song-\S+"la "$/),
        expect.stringMatching(/^artifact song-\S+\+"la" last$/),
      ],
    ],
  ] as const)('shows of the called task what it wants to: %s', async (relay, expected) => {
    for (const target of [{ agent: 'script' }, { url: at('script') }]) {
      const call = { ...target, message: say, options: { relay } };
      const events = await readAll(
        await harness.bridge.sendStreamingMessage(planned(call), harness.call('foreign')),
      );
      const shown = events.filter(({ response }) => !isResult(response)).map(inShort);
      const last = relay === 'all' ? [expect.stringMatching(/^artifact last-\S+"end" last$/)] : [];
      expect(shown).toEqual(['task submitted', ...expected, ...last, 'completed']);
    }
  });

  it('is left alone when it knows nothing of A2A', async () => {
    const call = { agent: 'script', message: say, options: { relay: 'all' } };
    const task = taskOf(await harness.bridge.sendMessage(planned(call), harness.call('plain')));
    const { events } = await harness.temporal.client.workflow.getHandle(task.id).fetchHistory();
    expect(events?.filter((event) => event.workflowExecutionSignaledEventAttributes)).toEqual([]);
    expect(task.artifacts?.map(({ artifactId }) => artifactId)).toEqual(['result']);
  });

  function isResult({ artifactUpdate }: { artifactUpdate?: { artifact: { artifactId: string } } }): boolean {
    return artifactUpdate?.artifact.artifactId === 'result';
  }
});

describe('a called task that asks', () => {
  const interview = { agent: 'interview', message: 'twice' };

  it('ends the call unless the caller answers', async () => {
    const report = await run(interview);
    expect(report.failure).toMatchObject({
      type: 'A2A_AGENT_INPUT_REQUIRED',
      message: 'interview: What is your name?',
      nonRetryable: true,
    });
    expect(failedTask(report).status.state).toBe('TASK_STATE_INPUT_REQUIRED');
    const { status } = await harness.temporal.client.workflow.getHandle(failedTask(report).id).describe();
    expect(status.name).toBe('CANCELLED');
  });

  it('ends the call of a task, too', async () => {
    const task = taskOf(await harness.bridge.sendMessage(planned(interview), harness.call('foreign')));
    expect(reportOf(task).failure?.type).toBe('A2A_AGENT_INPUT_REQUIRED');
  });

  it.each([
    ['here', interview],
    ['elsewhere', { ...interview, agent: null, url: 'interview' }],
  ])('is answered by signals: %s', async (_, call) => {
    const report = await run(
      { ...call, ...('url' in call && { url: at(call.url) }), options: { onInput: 'signal' } },
      { answers: ['Ada', { parts: [{ text: 'green' }], messageId: null }], callId: `call-${randomUUID()}` },
    );
    expect(taskIn(report).artifacts?.[0]?.parts[0]?.text).toBe(
      'Your name is Ada. Your favourite color is green.',
    );
    expect(
      report.questions.map(({ agent, task }) => [agent, (task as Task).status.message?.parts[0]?.text]),
    ).toEqual([
      ['url' in call ? at(call.url) : 'interview', 'What is your name?'],
      ['url' in call ? at(call.url) : 'interview', 'Hello, Ada. What is your favourite color?'],
    ]);
  });

  it('shows its question by a query, and goes on without an answer that is not needed any more', async () => {
    const callId = `call-${randomUUID()}`;
    const call = { ...interview, message: 'hi', options: { onInput: 'signal' } };
    const caller = await startCaller(call, { callId });
    const handle = harness.temporal.client.workflow.getHandle(callId);
    const asking = await eventually(async () => (await handle.query<Task | null>('a2a_question')) ?? false);
    expect(asking.status).toMatchObject({ state: 'TASK_STATE_INPUT_REQUIRED' });
    await harness.bridge.sendMessage(
      { message: message('Grace', { taskId: asking.id }) },
      harness.call('interview', 'anonymous'),
    );
    const report = (await caller.result()) as ForeignReport;
    expect(taskIn(report).artifacts?.[0]?.parts[0]?.text).toBe('Your name is Grace.');
    expect(report.questions).toHaveLength(1);
  });

  it('ends the call when the answer is none', async () => {
    const { failure } = await run({ ...interview, options: { onInput: 'signal' } }, { answers: [7] });
    expect(failure).toMatchObject({
      type: 'A2A_INVALID_CALL',
      message: 'the answer: expected a part with one of text, raw, url, data, got 7',
    });
  });
});

describe('a call that is cancelled', () => {
  it.each([
    ['here', { agent: 'script' }],
    ['elsewhere', { url: 'script' }],
  ])('cancels the called task and ends after it: %s', async (_, target) => {
    const callId = `call-${randomUUID()}`;
    const contextId = randomUUID();
    const call = {
      ...('url' in target ? { url: at(target.url) } : target),
      message: scripted({ working: 'on' }, { forever: true }),
      options: { contextId },
    };
    const caller = await startCaller(call, { callId });
    const [bridge, at2] = 'url' in target ? [remote.bridge, remote] : [harness.bridge, harness];
    const working = async () => {
      const { tasks } = await bridge.listTasks({ contextId }, at2.call('script', 'anonymous'));
      return tasks.find(({ status }) => status.state === 'TASK_STATE_WORKING') ?? false;
    };
    const { id } = await eventually(working);
    await caller.cancel();
    await expect(caller.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    const { workflow } = harness.temporal.client;
    expect((await workflow.getHandle(callId).describe()).status.name).toBe('CANCELLED');
    expect((await workflow.getHandle(id).describe()).status.name).toBe('CANCELLED');
  });

  it('cancels the called task also when its caller has been terminated', async () => {
    const contextId = randomUUID();
    const call = { agent: 'script', message: scripted({ forever: true }), options: { contextId } };
    const caller = await startCaller(call);
    const listed = async () =>
      (await harness.bridge.listTasks({ contextId }, harness.call('script', 'anonymous'))).tasks;
    await eventually(async () => (await listed()).length > 0);
    await caller.terminate();
    await eventually(async () => (await listed())[0]?.status.state === 'TASK_STATE_CANCELED');
  });
});

describe('a call by a caller that is called itself', () => {
  it('counts how deep calls go', async () => {
    const call = { agent: 'looper', message: 'go' };
    const sent = immediate(planned(call));
    const { id } = taskOf(await harness.bridge.sendMessage(sent, harness.call('foreign')));
    const report = (await harness.temporal.client.workflow.getHandle(id).result()) as ForeignReport;
    expect(report.failure).toMatchObject({
      type: 'A2A_AGENT_FAILED',
      message: expect.stringMatching(/^(looper: ){16}looper is not called: 16 agents/),
    });
  });
});
