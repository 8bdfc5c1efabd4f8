import { randomUUID } from 'node:crypto';
import type { Message, Task } from '../../src/a2a/types';
import { eventually } from '../support/eventually';
import type { NexusCall, NexusReport } from '../support/nexus-workflows';
import type { TestWorker } from '../support/temporal';
import type { Step } from '../support/workflows';
import { type NexusHarness, startNexusHarness } from './support';

let harness: NexusHarness;
let worker: TestWorker | undefined;

beforeAll(async () => {
  harness = await startNexusHarness({
    agents: [
      { id: 'echo' },
      { id: 'script' },
      { id: 'interview' },
      { id: 'replier', answers: 'message' },
      { id: 'stubborn' },
      { id: 'invoice', workflow: { input: 'data' }, defaultInputModes: ['application/json'] },
      { id: 'hidden', workflow: { type: 'echo' }, versions: [] },
    ],
  });
  worker = harness.worker;
}, 90_000);

const scripted = (...steps: Step[]) => [{ data: { steps } }];

/** A SendMessage to an agent. */
const send = (tenant: string, parts: unknown, more: object = {}, request: object = {}): NexusCall => ({
  operation: 'SendMessage',
  input: {
    tenant,
    message: { parts: typeof parts === 'string' ? [{ text: parts }] : parts, ...more },
    ...request,
  },
});

const operate = ({ operation, input, ...more }: NexusCall) => harness.operate(operation, input, more);

const taskIn = ({ result }: NexusReport) => (result as { task: Task }).task;

const owner = () => `nexus:${harness.namespace}`;

const stored = (id: string, agent = 'script') => harness.bridge.getTask({ id }, harness.call(agent, owner()));

/** The task of a context, once it works. */
const workingIn = (contextId: string, agent = 'script') =>
  eventually(async () => {
    const { tasks } = await harness.bridge.listTasks({ contextId }, harness.call(agent, owner()));
    return tasks.find(({ status }) => status.state === 'TASK_STATE_WORKING') ?? false;
  });

describe('SendMessage', () => {
  it('completes with the Task, which belongs to the namespace of the caller', async () => {
    const task = taskIn(await operate(send('echo', 'hello')));
    expect(task).toMatchObject({
      status: { state: 'TASK_STATE_COMPLETED' },
      artifacts: [{ artifactId: 'echo', parts: [{ text: 'hello' }] }],
      history: [{ role: 'ROLE_USER', messageId: expect.any(String) }],
    });
    expect(await stored(task.id, 'echo')).toEqual(task);
    await expect(harness.bridge.getTask({ id: task.id }, harness.call('echo', 'anonymous'))).rejects.toThrow(
      'not found',
    );
  });

  it('reaches the default agent without a tenant', async () => {
    const { input } = send('', 'hello');
    expect(taskIn(await operate({ operation: 'SendMessage', input })).artifacts?.[0]?.name).toBe('echo');
  });

  it('completes with a Message when the agent answers with one', async () => {
    const { result } = await operate(send('replier', 'hi'));
    expect((result as { message: Message }).message).toMatchObject({
      role: 'ROLE_AGENT',
      parts: [{ text: 'You said: hi' }],
    });
  });

  it('gives a plain workflow, too', async () => {
    const order = { customer: 'Ada', items: [{ sku: 'pen', quantity: 2, unitPrice: 1.5 }] };
    const task = taskIn(await operate(send('invoice', [{ data: order }])));
    expect(task.artifacts).toMatchObject([{ artifactId: 'result', parts: [{ data: { total: 3.57 } }] }]);
  });

  it('makes one task of a message that is sent twice', async () => {
    const twice = send('echo', 'once', { messageId: randomUUID() });
    const [first, again] = await harness.callAll(twice, twice);
    expect(first?.result).toEqual(again?.result);
    expect(taskIn(first ?? {}).id).toBe(taskIn(again ?? {}).id);
  });

  it('completes with the question, and goes on with a further message', async () => {
    const asking = taskIn(await operate(send('interview', 'twice')));
    expect(asking.status).toMatchObject({
      state: 'TASK_STATE_INPUT_REQUIRED',
      message: { parts: [{ text: 'What is your name?' }] },
    });
    const again = taskIn(await operate(send('interview', 'Ada', { taskId: asking.id })));
    expect(again.status).toMatchObject({
      state: 'TASK_STATE_INPUT_REQUIRED',
      message: { parts: [{ text: 'Hello, Ada. What is your favourite color?' }] },
    });
    const done = taskIn(await operate(send('interview', 'green', { taskId: asking.id })));
    expect(done.status.state).toBe('TASK_STATE_COMPLETED');
    expect(done.artifacts?.[0]?.parts[0]?.text).toBe('Your name is Ada. Your favourite color is green.');
  });

  it('gives the Task as it is, when that is asked for', async () => {
    const request = { configuration: { returnImmediately: true, historyLength: 0 } };
    const begun = taskIn(await operate(send('script', scripted({ ask: 'well?' }), {}, request)));
    expect(begun).toMatchObject({ status: { state: 'TASK_STATE_SUBMITTED' } });
    expect(begun.history).toBeUndefined();
    const seen = await eventually(async () => {
      const { result } = await harness.operate('GetTask', { tenant: 'script', id: begun.id });
      return (result as Task).status.state === 'TASK_STATE_INPUT_REQUIRED' && (result as Task);
    });
    expect(seen.status.message?.parts).toEqual([{ text: 'well?' }]);
    const { result } = await harness.operate('CancelTask', {
      tenant: 'script',
      id: begun.id,
      metadata: null,
    });
    expect(result).toMatchObject({ id: begun.id, status: { state: 'TASK_STATE_CANCELED' } });
  });

  it('goes on with another worker', async () => {
    const contextId = randomUUID();
    const caller = await harness.startCaller([
      send('script', scripted({ working: 'on' }, { next: true }, { complete: { text: 'end' } }), {
        contextId,
      }),
    ]);
    const { id } = await workingIn(contextId);
    await worker?.stop();
    worker = await harness.startWorker();
    const message = {
      messageId: randomUUID(),
      role: 'ROLE_USER' as const,
      taskId: id,
      parts: [{ text: 'go' }],
    };
    await harness.bridge.sendMessage({ message }, harness.call('script', owner()));
    const [report] = (await caller.result()) as NexusReport[];
    expect(taskIn(report ?? {}).artifacts).toEqual([{ artifactId: 'last', parts: [{ text: 'end' }] }]);
  });
});

describe('a task that does not complete', () => {
  it.each([
    [{ fail: 'no luck' }, 'A2A_AGENT_FAILED', 'TASK_STATE_FAILED', 'no luck'],
    [{ reject: 'not mine' }, 'A2A_AGENT_REJECTED', 'TASK_STATE_REJECTED', 'not mine'],
    [{ failActivity: 'no paper' }, 'A2A_AGENT_FAILED', 'TASK_STATE_FAILED', 'no paper'],
  ] as const)('fails the operation: %j', async (step, type, state, text) => {
    const report = await operate(send('script', scripted({ working: 'on' }, step)));
    expect(report).toMatchObject({
      failure: {
        type,
        message: `script: ${text}`,
        nonRetryable: true,
        details: { agent: 'script', task: { status: { state, message: { parts: [{ text }] } } } },
      },
      stacks: '',
    });
    expect(report.handlerError).toBeUndefined();
  });

  it('fails the operation when somebody else cancels it', async () => {
    const contextId = randomUUID();
    const caller = await harness.startCaller([
      send('script', scripted({ working: 'on' }, { forever: true }), { contextId }),
    ]);
    const { id } = await workingIn(contextId);
    await harness.bridge.cancelTask({ id }, harness.call('script', owner()));
    const [report] = (await caller.result()) as NexusReport[];
    expect(report?.failure).toMatchObject({ type: 'A2A_AGENT_CANCELED' });
  });
});

describe('a request that cannot be carried out', () => {
  const hi = { parts: [{ text: 'hi' }] };
  const id = randomUUID();

  it.each([
    [
      'SendMessage',
      { tenant: 'nobody', message: hi },
      'NOT_FOUND',
      'A2A_NO_SUCH_AGENT',
      /^tenant: There is no agent "nobody" here; there are: echo, script/,
    ],
    ['SendMessage', { tenant: 'hidden', message: hi }, 'NOT_FOUND', 'A2A_NO_SUCH_AGENT', /"hidden"/],
    ['SendMessage', null, 'BAD_REQUEST', 'A2A_INVALID_PARAMS', /^request: must be a JSON object/],
    [
      'SendMessage',
      { message: 'hi' },
      'BAD_REQUEST',
      'A2A_INVALID_PARAMS',
      /^message: must be a JSON object/,
    ],
    ['SendMessage', { message: { parts: [] } }, 'BAD_REQUEST', 'A2A_INVALID_PARAMS', /^message.parts: /],
    [
      'SendMessage',
      { message: { ...hi, role: 'ROLE_AGENT' } },
      'BAD_REQUEST',
      'A2A_INVALID_PARAMS',
      /^message.role: /,
    ],
    [
      'SendMessage',
      { tenant: 'invoice', message: hi },
      'BAD_REQUEST',
      'A2A_INVALID_PARAMS',
      /^message.parts: this agent needs a data part, or a text part that is a JSON object or list$/,
    ],
    [
      'SendMessage',
      { tenant: 'invoice', message: { parts: [{ text: 'hi', mediaType: 'image/png' }] } },
      'BAD_REQUEST',
      'A2A_CONTENT_TYPE_NOT_SUPPORTED',
      /mediaType/,
    ],
    [
      'SendMessage',
      { message: { ...hi, taskId: id } },
      'NOT_FOUND',
      'A2A_TASK_NOT_FOUND',
      /^Task not found: /,
    ],
    [
      'SendMessage',
      { message: hi, configuration: { taskPushNotificationConfig: { url: 'https://a.example' } } },
      undefined,
      'A2A_PUSH_NOTIFICATION_NOT_SUPPORTED',
      /push/i,
    ],
    ['GetTask', { id }, 'NOT_FOUND', 'A2A_TASK_NOT_FOUND', /^Task not found: /],
    ['GetTask', {}, 'BAD_REQUEST', 'A2A_INVALID_PARAMS', /^id: is required/],
    ['CancelTask', { id }, 'NOT_FOUND', 'A2A_TASK_NOT_FOUND', /^Task not found: /],
  ])('says what is wrong: %s %j', async (operation, input, handlerError, type, text) => {
    const report = await harness.operate(operation, input);
    expect(report.failure).toMatchObject({ type, message: expect.stringMatching(text), nonRetryable: true });
    expect(report.handlerError).toBe(handlerError);
    expect(report.retryable).toBe(handlerError === undefined ? undefined : false);
    expect(report.stacks).toBe('');
  });

  it('is no reason to close the endpoint', async () => {
    const wrong: NexusCall = { operation: 'GetTask', input: { id } };
    const unknown: NexusCall = { operation: 'Nothing', input: {} };
    const reports = await harness.callAll(
      wrong,
      wrong,
      wrong,
      unknown,
      unknown,
      unknown,
      send('echo', 'hello'),
    );
    expect(reports.slice(0, 6).map(({ retryable }) => retryable)).toEqual(Array(6).fill(false));
    expect(taskIn(reports[6] ?? {}).status.state).toBe('TASK_STATE_COMPLETED');
  });

  it('tells that a task has ended', async () => {
    const { id: ended } = taskIn(await operate(send('echo', 'hello')));
    const cancel = await harness.operate('CancelTask', { tenant: 'echo', id: ended });
    expect([cancel.handlerError, cancel.failure?.type]).toEqual(['BAD_REQUEST', 'A2A_TASK_NOT_CANCELABLE']);
    const further = await operate(send('echo', 'more', { taskId: ended }));
    expect(further.failure).toMatchObject({ type: 'A2A_UNSUPPORTED_OPERATION', nonRetryable: true });
    expect(further.stacks).toBe('');
  });

  it('finds no task of another agent', async () => {
    const { id: other } = taskIn(await operate(send('echo', 'hello')));
    const report = await harness.operate('GetTask', { tenant: 'script', id: other });
    expect(report.failure?.type).toBe('A2A_TASK_NOT_FOUND');
  });
});

describe('an operation that nobody waits for any more', () => {
  const forever = scripted({ working: 'on' }, { forever: true });

  it('cancels the task, and ends after it', async () => {
    const contextId = randomUUID();
    const caller = await harness.startCaller([send('script', forever, { contextId })]);
    const { id } = await workingIn(contextId);
    await caller.cancel();
    await expect(caller.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect((await stored(id)).status.state).toBe('TASK_STATE_CANCELED');
  });

  it('tells its caller that it was cancelled', async () => {
    const report = await operate({ ...send('script', forever), cancelAfter: 500 });
    expect(report).toMatchObject({ canceled: true, stacks: '' });
  });

  it('ends for each that waits, in its own way', async () => {
    const contextId = randomUUID();
    const messageId = randomUUID();
    const both = send('script', forever, { contextId, messageId });
    const left = await harness.startCaller([both]);
    const right = await harness.startCaller([both]);
    const { id } = await workingIn(contextId);
    await eventually(async () => (await sendersOf(id)) === 2);
    await left.cancel();
    await expect(left.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    const [report] = (await right.result()) as NexusReport[];
    expect(report?.failure).toMatchObject({ type: 'A2A_AGENT_CANCELED' });
  });

  it('cancels the task when its time is over', async () => {
    const contextId = randomUUID();
    const call = { ...send('script', forever, { contextId }), options: { scheduleToCloseTimeout: 3_000 } };
    const caller = await harness.startCaller([call]);
    const { id } = await workingIn(contextId);
    await caller.terminate();
    await eventually(async () => (await stored(id)).status.state === 'TASK_STATE_CANCELED');
  });

  it('leaves a task alone that has asked', async () => {
    const call = { ...send('interview', 'hi'), options: { scheduleToCloseTimeout: 2_000 } };
    const { id } = taskIn(await operate(call));
    const report = await operate({ ...send('interview', 'Ada', { taskId: id }) });
    expect(taskIn(report).status.state).toBe('TASK_STATE_COMPLETED');
  });

  /** How many operations wait for a task. */
  async function sendersOf(taskId: string): Promise<number> {
    let count = 0;
    const query = "WorkflowType = 'a2aSend' AND ExecutionStatus = 'Running'";
    for await (const { workflowId } of harness.temporal.client.workflow.list({ query })) {
      const { events } = await harness.temporal.client.workflow.getHandle(workflowId).fetchHistory();
      const input = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
      if (Buffer.from(input ?? []).includes(taskId)) count += 1;
    }
    return count;
  }
});
