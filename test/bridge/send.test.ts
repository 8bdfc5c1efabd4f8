import { randomUUID } from 'node:crypto';
import type { Task } from '../../src/a2a/types';
import {
  type Harness,
  immediate,
  inShort,
  readAll,
  request,
  scripted,
  startHarness,
  taskOf,
} from '../support/harness';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({
    agents: [
      { id: 'script' },
      { id: 'other', workflow: { type: 'script' } },
      { id: 'echo', defaultInputModes: ['text/*', 'application/json'] },
      { id: 'stored', workflow: { type: 'echo' }, urlSchemes: ['s3'] },
      { id: 'interview' },
    ],
  });
}, 60_000);

const send = async (agentId: string, ...args: Parameters<typeof request>) =>
  taskOf(await harness.bridge.sendMessage(request(...args), harness.call(agentId)));

const run = async (...steps: Parameters<typeof scripted>[0]) =>
  taskOf(await harness.bridge.sendMessage(scripted(steps), harness.call('script')));

const handleOf = (task: Pick<Task, 'id'>) => harness.temporal.client.workflow.getHandle(task.id);

describe('a first message', () => {
  it('is waited for until the task ends', async () => {
    const task = await send('echo', [{ text: 'hello' }, { data: { n: 1 } }], { messageId: 'hello-1' });
    expect(task).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      contextId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      status: { state: 'TASK_STATE_COMPLETED', timestamp: expect.stringMatching(/T.*Z$/) },
      artifacts: [{ artifactId: 'echo', name: 'echo', parts: [{ text: 'hello' }, { data: { n: 1 } }] }],
      history: [
        {
          messageId: 'hello-1',
          role: 'ROLE_USER',
          parts: [{ text: 'hello' }, { data: { n: 1 } }],
          taskId: task.id,
          contextId: task.contextId,
        },
      ],
    });
  });

  it('is waited for until the task asks', async () => {
    const task = await run({ working: 'thinking' }, { ask: 'which one?' });
    expect(task.status).toMatchObject({
      state: 'TASK_STATE_INPUT_REQUIRED',
      message: { parts: [{ text: 'which one?' }], taskId: task.id, role: 'ROLE_AGENT' },
    });
  });

  it('is waited for until the task wants credentials', async () => {
    const task = await run({ ask: 'sign in', state: 'TASK_STATE_AUTH_REQUIRED' });
    expect(task.status.state).toBe('TASK_STATE_AUTH_REQUIRED');
  });

  it('is answered with the submitted task when the client does not wait', async () => {
    const call = harness.call('script');
    const answer = await harness.bridge.sendMessage(immediate(scripted([{ forever: true }])), call);
    const task = taskOf(answer);
    expect(task.status.state).toBe('TASK_STATE_SUBMITTED');
    expect(await harness.bridge.getTask({ id: task.id }, call)).toEqual({
      ...task,
      status: { ...task.status, timestamp: expect.any(String) },
    });
  });

  it('makes a task in the context that it names, or in a new one', async () => {
    const contextId = `context-${randomUUID()}`;
    const [first, second, third] = await Promise.all([
      send('echo', 'a', { contextId }),
      send('echo', 'a', { contextId }),
      send('echo', 'a'),
    ]);
    expect([first.contextId, second.contextId]).toEqual([contextId, contextId]);
    expect(first.id).not.toBe(second.id);
    expect(third.contextId).not.toBe(contextId);
  });

  it('starts one workflow for an agent, whose ID is the task ID', async () => {
    const task = await send('echo');
    expect(await handleOf(task).describe()).toMatchObject({ workflowId: task.id, type: 'echo' });
  });

  it('is refused when the agent does not take its media type', async () => {
    await expect(send('echo', [{ text: 'hi', mediaType: 'text/markdown' }])).resolves.toBeDefined();
    await expect(send('echo', [{ raw: 'AAAA', mediaType: 'image/png' }])).rejects.toMatchObject({
      name: 'ContentTypeNotSupportedError',
      message: expect.stringContaining('message.parts[0].mediaType'),
    });
  });

  it.each([
    ['file:///etc/hosts', 'the scheme file'],
    ['data:text/plain,hi', 'the scheme data'],
    ['report.pdf', 'no absolute URL'],
  ])('is refused with the URL %s in a part', async (url, got) => {
    await expect(send('echo', [{ text: 'hi' }, { url }])).rejects.toMatchObject({
      violations: [{ field: 'message.parts[1].url', description: expect.stringContaining(got) }],
    });
  });

  it('may have a URL of a scheme that the agent takes', async () => {
    const url = 's3://bucket/report.pdf';
    await expect(send('echo', [{ url }])).rejects.toThrow('message.parts[0].url');
    await expect(send('stored', [{ url }])).resolves.toBeDefined();
    await expect(send('stored', [{ url: 'HTTPS://example.com/a b' }])).resolves.toBeDefined();
  });

  it('is refused, with limit and size, when it is too large for Temporal', async () => {
    await expect(send('echo', 'ü'.repeat(1_050_000))).rejects.toMatchObject({
      name: 'RequestMalformedError',
      message: expect.stringMatching(/^message: the message is 21\d{5} bytes of JSON; the limit is 2080768/),
    });
  });

  it('may be nearly as large as Temporal takes', async () => {
    const text = 'x'.repeat(2_080_000);
    const { status } = await send('echo', text);
    expect(status.state).toBe('TASK_STATE_COMPLETED');
  });

  it('is answered with as much history as wanted', async () => {
    const historyOf = async (historyLength: number) => {
      const answer = await harness.bridge.sendMessage(
        { ...request(), configuration: { historyLength } },
        harness.call('interview'),
      );
      return taskOf(answer).history?.map(({ role }) => role);
    };
    expect(await historyOf(0)).toBeUndefined();
    expect(await historyOf(1)).toEqual(['ROLE_AGENT']);
    expect(await historyOf(9)).toEqual(['ROLE_USER', 'ROLE_AGENT']);
  });

  it('is no longer waited for when its caller has gone, and the task goes on', async () => {
    const caller = new AbortController();
    const first = scripted([{ working: 'on' }, { forever: true }]);
    const call = { ...harness.call('script'), signal: caller.signal };
    const waiting = harness.bridge.sendMessage(first, call);
    const { id } = taskOf(await harness.bridge.sendMessage(immediate(first), harness.call('script')));
    caller.abort();
    await expect(waiting).rejects.toThrow('aborted');
    expect((await handleOf({ id }).describe()).status.name).toBe('RUNNING');
  });
});

describe('a caller that goes', () => {
  it.each([
    ['before the task is followed', 0],
    ['while the task is followed', 150],
  ])('%s waits no longer', async (_, ms) => {
    const first = scripted([{ forever: true }]);
    await harness.bridge.sendMessage(immediate(first), harness.call('script'));
    const caller = new AbortController();
    const call = { ...harness.call('script'), signal: caller.signal };
    const waiting = harness.bridge.sendMessage(first, call);
    if (ms === 0) caller.abort();
    else setTimeout(() => caller.abort(), ms);
    await expect(waiting).rejects.toThrow('aborted');
  });

  it('is told to come again when it is the server that goes', async () => {
    const bridge = harness.newBridge();
    const first = scripted([{ forever: true }]);
    await harness.bridge.sendMessage(immediate(first), harness.call('script'));
    const waiting = bridge.sendMessage(first, harness.call('script'));
    bridge.close();
    await expect(waiting).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
  });
});

describe('a message that is sent again', () => {
  it('gets the same task, with what has become of it', async () => {
    const again = request('twice');
    const first = await harness.bridge.sendMessage(again, harness.call('echo'));
    const second = await harness.bridge.sendMessage(again, harness.call('echo'));
    const third = await harness.bridge.sendMessage(immediate(again), harness.call('echo'));
    expect(second).toEqual(first);
    expect(third).toEqual(first);
  });

  it('gets the same task from ten senders at once, over two nodes', async () => {
    const again = request('ten times');
    const nodes = [harness.bridge, harness.newBridge()];
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        nodes[index % 2]?.sendMessage(index < 5 ? again : immediate(again), harness.call('echo')),
      ),
    );
    const ids = new Set(answers.map((answer) => answer?.task?.id));
    expect(ids.size).toBe(1);
    const [id = ''] = ids;
    const events = await handleOf({ id: String(id) }).fetchHistory();
    expect(events.events?.filter((event) => event.workflowExecutionStartedEventAttributes)).toHaveLength(1);
  });

  it('is an error when its content is another one', async () => {
    const first = request('one thing');
    await harness.bridge.sendMessage(first, harness.call('echo'));
    const other = { message: { ...first.message, parts: [{ text: 'another thing' }] } };
    await expect(harness.bridge.sendMessage(other, harness.call('echo'))).rejects.toMatchObject({
      name: 'RequestMalformedError',
      message: expect.stringContaining('message.messageId: was used before'),
    });
  });

  it('is another task for another agent, owner or context', async () => {
    const again = scripted([{ complete: {} }], { messageId: randomUUID() });
    const inContext = { message: { ...again.message, contextId: randomUUID() } };
    const answers = await Promise.all([
      harness.bridge.sendMessage(again, harness.call('script')),
      harness.bridge.sendMessage(again, harness.call('other')),
      harness.bridge.sendMessage(again, harness.call('script', 'berta')),
      harness.bridge.sendMessage(inContext, harness.call('script')),
    ]);
    expect(new Set(answers.map(({ task }) => task?.id)).size).toBe(4);
  });

  it('replays the events of the task when it is streamed', async () => {
    const again = scripted([
      { working: 'one' },
      { pause: true },
      { working: 'two' },
      { complete: { text: 'end' } },
    ]);
    const call = harness.call('script');
    const first = await readAll(await harness.bridge.sendStreamingMessage(again, call));
    const second = await readAll(await harness.newBridge().sendStreamingMessage(again, call));
    expect(first.map(inShort)).toEqual([
      'task submitted',
      'working "one"',
      'working "two"',
      'artifact last"end" last',
      'completed',
    ]);
    expect(second.map(({ id, response }) => ({ id, response }))).toEqual(
      first.map(({ id, response }) => ({ id, response })),
    );
  });
});
