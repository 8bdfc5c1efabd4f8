import type { Task } from '../../src/a2a/types';
import {
  type Harness,
  immediate,
  inShort,
  message,
  readAll,
  request,
  scripted,
  startHarness,
  taskOf,
} from '../support/harness';
import { eventually } from '../support/temporal';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({
    agents: [
      { id: 'script' },
      { id: 'invoice', workflow: { input: 'data' } },
      { id: 'replier', answers: 'message' },
      { id: 'shortLived', workflow: { type: 'script', runTimeout: '1s' } },
    ],
  });
}, 60_000);

const send = async (agentId: string, ...args: Parameters<typeof request>) =>
  taskOf(await harness.bridge.sendMessage(request(...args), harness.call(agentId)));

const run = async (...steps: Parameters<typeof scripted>[0]) =>
  taskOf(await harness.bridge.sendMessage(scripted(steps), harness.call('script')));

const handleOf = (task: Pick<Task, 'id'>) => harness.temporal.client.workflow.getHandle(task.id);

describe('an agent that answers with a Message', () => {
  it('gives it to one who waits, and to one who does not want to', async () => {
    const call = harness.call('replier');
    const first = request('hello');
    const expected = {
      message: {
        messageId: `reply-to-${first.message.messageId}`,
        contextId: expect.any(String),
        role: 'ROLE_AGENT',
        parts: [{ text: 'You said: hello' }],
      },
    };
    expect(await harness.bridge.sendMessage(first, call)).toEqual(expected);
    expect(await harness.bridge.sendMessage(immediate(request('hello')), call)).toMatchObject({
      message: { parts: [{ text: 'You said: hello' }] },
    });
  });

  it('streams exactly one event, the Message, also when it is replayed', async () => {
    const first = request('hello');
    const streams = [1, 2].map(async () =>
      readAll(await harness.bridge.sendStreamingMessage(first, harness.call('replier'))),
    );
    for (const events of await Promise.all(streams)) {
      expect(events.map(inShort)).toEqual(['message "You said: hello"']);
    }
  });
});

describe('an agent that should answer with a Message, and does not', () => {
  it('shows its question, and the Message after the answer to it', async () => {
    const call = harness.call('replier');
    const asking = await readAll(
      await harness.bridge.sendStreamingMessage(scripted([{ ask: 'how?' }]), call),
    );
    expect(asking.map(inShort)).toEqual(['task input_required']);
    const { id = '' } = asking[0]?.response.task ?? {};
    const reply = { message: message('so', { taskId: id }) };
    const answer = await readAll(await harness.bridge.sendStreamingMessage(reply, call));
    expect(answer.map(inShort)).toEqual(['message "You said: "']);
  });

  it('shows how it failed', async () => {
    const call = harness.call('replier');
    const events = await readAll(
      await harness.bridge.sendStreamingMessage(scripted([{ fail: 'no luck' }]), call),
    );
    expect(events.map(inShort)).toEqual(['task failed']);
    expect(events[0]?.response.task?.status.message?.parts).toEqual([{ text: 'no luck' }]);
  });
});

describe('how a task ends', () => {
  const endOf = ({ status }: Task) => [status.state, status.message?.parts[0]?.text];

  it('is told by complete, reject and fail', async () => {
    expect(endOf(await run({ complete: { message: 'bye' } }))).toEqual(['TASK_STATE_COMPLETED', 'bye']);
    expect(endOf(await run({ reject: 'not mine' }))).toEqual(['TASK_STATE_REJECTED', 'not mine']);
    expect(endOf(await run({ fail: 'no luck' }))).toEqual(['TASK_STATE_FAILED', 'no luck']);
  });

  it('is told by the innermost message when an activity fails', async () => {
    expect(endOf(await run({ failActivity: 'out of paper' }))).toEqual(['TASK_STATE_FAILED', 'out of paper']);
  });

  it('is told by the result, whatever it is', async () => {
    expect(await run({ result: { any: 'thing' } })).toMatchObject({
      status: { state: 'TASK_STATE_COMPLETED' },
      artifacts: [{ artifactId: 'result', parts: [{ data: { any: 'thing' } }] }],
    });
  });

  it('is FAILED when the workflow times out', async () => {
    const call = harness.call('shortLived');
    const task = taskOf(await harness.bridge.sendMessage(scripted([{ forever: true }]), call));
    expect(endOf(task)).toEqual(['TASK_STATE_FAILED', 'The workflow timed out.']);
    expect(await harness.bridge.getTask({ id: task.id }, call)).toEqual(task);
  });

  it('is FAILED with the reason when somebody terminates the workflow', async () => {
    const first = scripted([{ working: 'on' }, { forever: true }]);
    const call = harness.call('script');
    const waiting = harness.bridge.sendMessage(first, call);
    const { id } = taskOf(await harness.bridge.sendMessage(immediate(first), call));
    await eventually(async () => {
      const { status } = await harness.bridge.getTask({ id }, call);
      return status.state === 'TASK_STATE_WORKING';
    });
    await handleOf({ id }).terminate('maintenance');
    expect(endOf(taskOf(await waiting))).toEqual([
      'TASK_STATE_FAILED',
      'The workflow was terminated: maintenance',
    ]);
  });

  it('is CANCELED when somebody cancels the workflow', async () => {
    const first = scripted([{ working: 'on' }, { forever: true }]);
    const call = harness.call('script');
    const waiting = harness.bridge.sendMessage(first, call);
    const { id } = taskOf(await harness.bridge.sendMessage(immediate(first), call));
    await handleOf({ id }).cancel();
    expect(endOf(taskOf(await waiting))).toEqual(['TASK_STATE_CANCELED', undefined]);
  });

  it('is FAILED with limit and size when the agent says too much', async () => {
    expect(endOf(await run({ large: 2_100_000 }))).toEqual([
      'TASK_STATE_FAILED',
      expect.stringMatching(/^an update of the task is 21\d{5} bytes of JSON; the limit is 2080768 bytes/),
    ]);
  });
});

describe('a plain workflow', () => {
  const order = { customer: 'Ada', items: [{ sku: 'pen', quantity: 2, unitPrice: 1.5 }] };

  it('gets the data of the message, and its result is an artifact', async () => {
    const task = await send('invoice', [{ text: 'please' }, { data: order }]);
    expect(task).toMatchObject({
      status: { state: 'TASK_STATE_COMPLETED' },
      artifacts: [{ artifactId: 'result', parts: [{ data: { net: 3, tax: 0.57, total: 3.57 } }] }],
    });
  });

  it('fails with its own words', async () => {
    const task = await send('invoice', [{ data: { ...order, items: [] } }]);
    expect(task.status).toMatchObject({
      state: 'TASK_STATE_FAILED',
      message: { parts: [{ text: 'the order has no items' }] },
    });
  });

  it('is not started by a message that does not hold its input', async () => {
    await expect(send('invoice', 'no data')).rejects.toThrow('message.parts: this agent needs a data part');
  });

  it('works from its first workflow task on, and one who asks for it again gets it', async () => {
    const again = request([{ data: order }]);
    const events = await readAll(await harness.bridge.sendStreamingMessage(again, harness.call('invoice')));
    expect(events.map(inShort)).toEqual(['task submitted', 'working', 'artifact result"" last', 'completed']);
    const { task } = await harness.bridge.sendMessage(again, harness.call('invoice'));
    expect(task?.status.state).toBe('TASK_STATE_COMPLETED');
  });
});
