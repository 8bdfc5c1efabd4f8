import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { textOf } from '../../src/a2a/parts';
import type { Message, Part, Task } from '../../src/a2a/types';
import { buildCli } from '../support/cli';
import { eventually } from '../support/eventually';
import { type Harness, startHarness } from '../support/harness';
import { startTcpProxy } from '../support/tcp-proxy';
import { randomTaskQueue } from '../support/temporal';
import type { Step } from '../support/workflows';
import { artifactText, type Caller, failureOf, relayed, startCaller } from './calls';

/** Another bridge, with agents of its own, reached over HTTP as any other server is. */
let other: Harness;
let caller: Caller;

beforeAll(async () => {
  other = await startHarness({
    agents: [
      { id: 'script' },
      { id: 'echo' },
      { id: 'ticker' },
      { id: 'interview' },
      { id: 'replier', answers: 'message' },
    ],
    app: true,
  });
  caller = await startCaller();
});

const url = (agentId: string) => `${other.url}/a2a/${agentId}`;

const sent = (part: Part, contextId?: string): Message => ({
  messageId: randomUUID(),
  role: 'ROLE_USER',
  parts: [part],
  ...(contextId !== undefined && { contextId }),
});

const scripted = (steps: Step[], contextId?: string) => sent({ data: { steps } as never }, contextId);

/** Tasks of an agent there that are in a context. */
async function tasksIn(agentId: string, contextId: string): Promise<Task[]> {
  const response = await fetch(`${url(agentId)}/tasks?pageSize=100&contextId=${contextId}`, {
    headers: { 'a2a-version': '1.0' },
  });
  return ((await response.json()) as { tasks: Task[] }).tasks;
}

describe('An agent of another bridge', () => {
  it.each(['stream', 'poll', 'webhook'] as const)('is waited for by %s', async (waiting) => {
    const { task } = await caller.call('hello', { url: url('echo'), waiting });
    expect(task?.status.state).toBe('TASK_STATE_COMPLETED');
    expect(task?.artifacts?.[0]?.parts).toEqual([{ text: 'hello' }]);
  });

  it('is seen at work, each step once', async () => {
    const handle = await caller.start('20 every 5ms', { url: url('ticker') });
    const { answer } = (await handle.result()) as { answer: Awaited<ReturnType<Caller['call']>> };
    const updates = await relayed(handle);
    const words = Array.from({ length: 20 }, (_, index) => `tick ${index + 1} of 20`);
    expect(
      updates.filter((update) => update.startsWith('working')).map((update) => update.slice(9, -1)),
    ).toEqual(words);
    const lines = Array.from({ length: 20 }, (_, index) => `tick ${index + 1}\n`).join('');
    expect(artifactText(answer.task, 'ticks')).toBe(lines);
    expect(updates.filter((update) => update.startsWith('ticks'))).toHaveLength(20);
  });

  it.each([
    ['status', ['working "one"']],
    ['none', []],
  ] as const)('is seen as far as the call wants it: %s', async (relay, expected) => {
    const message = scripted([
      { working: 'one' },
      { artifact: { artifactId: 'a', text: 'x' } },
      { complete: {} },
    ]);
    const handle = await caller.start('', { url: url('script'), message, relay });
    await handle.result();
    expect(await relayed(handle)).toEqual(expected);
  });

  it('asks, and goes on with the answer', async () => {
    const { task } = await caller.call('hi', { url: url('interview') });
    expect(task?.status.state).toBe('TASK_STATE_INPUT_REQUIRED');
    const answer = {
      messageId: randomUUID(),
      taskId: task?.id ?? '',
      contextId: task?.contextId ?? '',
      role: 'ROLE_USER' as const,
      parts: [{ text: 'Ada' }],
    };
    for (const waiting of ['stream', 'poll'] as const) {
      // The second time the message is known there, and the task is what it was.
      const done = await caller.call('', { url: url('interview'), message: answer, waiting });
      expect(done.task).toMatchObject({ id: task?.id, status: { state: 'TASK_STATE_COMPLETED' } });
    }
  });

  it('answers with a Message', async () => {
    const { message } = await caller.call('hi', { url: url('replier') });
    expect(message && textOf(message)).toContain('You said: hi');
  });

  it.each([
    [{ fail: 'broken' }, 'TASK_STATE_FAILED'],
    [{ reject: 'never' }, 'TASK_STATE_REJECTED'],
  ] as [Step, string][])('ends with %j', async (step, state) => {
    const { task } = await caller.call('', { url: url('script'), message: scripted([step]) });
    expect(task?.status.state).toBe(state);
    expect(task?.status.message && textOf(task.status.message)).toMatch(/broken|never/);
  });

  it('gives one task however often it is sent the message', async () => {
    const message = scripted([{ complete: { text: 'once' } }]);
    const [first, second] = await Promise.all([
      caller.call('', { url: url('script'), message }),
      caller.call('', { url: url('script'), message }),
    ]);
    expect(first.task?.id).toBe(second.task?.id);
  });

  it('is cancelled with its caller', async () => {
    const contextId = randomUUID();
    const handle = await caller.start('', {
      url: url('script'),
      message: scripted([{ working: 'on it' }, { forever: true }], contextId),
    });
    await eventually(async () => (await relayed(handle)).includes('working "on it"'));
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    const states = await eventually(async () => {
      const tasks = await tasksIn('script', contextId);
      return tasks.length > 0 && tasks.map(({ status }) => status.state);
    });
    expect(states).toEqual(['TASK_STATE_CANCELED']);
  });

  it.each(['terminated', 'timed out'])('is cancelled when its caller was %s', async (how) => {
    const contextId = randomUUID();
    const say = [{ data: { steps: [{ working: 'on it' }, { forever: true }] } }];
    const handle = await caller.temporal.client.workflow.start('plainCaller', {
      workflowId: `plain-${randomUUID()}`,
      taskQueue: caller.taskQueue,
      args: [{ calls: [{ to: url('script'), say, options: { contextId } }], atOnce: true }],
      ...(how === 'timed out' && { workflowExecutionTimeout: '3s' }),
    });
    const states = async () => (await tasksIn('script', contextId)).map(({ status }) => status.state);
    await eventually(async () => (await states())[0] === 'TASK_STATE_WORKING');
    if (how === 'terminated') await handle.terminate();
    await expect(handle.result()).rejects.toThrow();
    await eventually(async () => (await states())[0] === 'TASK_STATE_CANCELED');
  });

  it('that nobody serves is not found', async () => {
    const failure = await failureOf(await caller.start('hi', { url: url('nobody') }));
    expect(failure.type).toBe('A2A_REMOTE_HTTP_ERROR');
    expect(failure.message).toContain(
      `Agent ${url('nobody')} answered with status 404 while getting its card`,
    );
  });
});

describe('A connection that breaks', () => {
  const order = '30 every 30ms';
  const words = Array.from({ length: 30 }, (_, index) => `working "tick ${index + 1} of 30"`);
  const pieces = Array.from({ length: 30 }, (_, index) => `tick ${index + 1}\n`);

  async function expectEachOnce(handle: WorkflowHandle): Promise<void> {
    await handle.result();
    const updates = await relayed(handle);
    expect(updates.filter((update) => update.startsWith('working'))).toEqual(words);
    const told = updates.filter((update) => update.startsWith('ticks'));
    expect(told.map((piece) => piece.replaceAll(/ticks\+?"|"( last)?$/g, ''))).toEqual(pieces);
  }

  it('and is there again at once costs no update, and doubles none', async () => {
    const proxy = await startTcpProxy(other.url.replace('http://', ''));
    const handle = await caller.start(order, { url: `http://${proxy.address}/a2a/ticker` });
    for (const tick of [3, 10, 20]) {
      await eventually(async () => (await relayed(handle)).includes(`working "tick ${tick} of 30"`));
      await proxy.restore();
    }
    await expectEachOnce(handle);
    await proxy.close();
  }, 60_000);

  it('and stays away costs no update that the agent can repeat', async () => {
    const impatient = await startCaller({
      waiting: {
        ...{ poll: { firstMs: 20, mostMs: 200 }, webhook: { firstMs: 20, mostMs: 200 } },
        ...{ brokenStreams: 1, failedPolls: 100 },
      },
    });
    const proxy = await startTcpProxy(other.url.replace('http://', ''));
    const contextId = randomUUID();
    const handle = await impatient.start('', {
      url: `http://${proxy.address}/a2a/ticker`,
      message: sent({ text: order }, contextId),
    });
    await eventually(async () => (await relayed(handle)).includes('working "tick 3 of 30"'));
    await proxy.refuse();
    await eventually(async () => {
      const [task] = await tasksIn('ticker', contextId);
      return task?.status.message !== undefined && /tick 1\d/.test(textOf(task.status.message));
    });
    await proxy.restore();
    await expectEachOnce(handle);
    await proxy.close();
  }, 60_000);
});

describe('A worker that is killed', () => {
  const workers: ChildProcess[] = [];
  const taskQueue = randomTaskQueue();

  const startWorker = async (heartbeatMs = 200): Promise<ChildProcess> => {
    const { address } = caller.temporal;
    const args = [join(__dirname, 'worker-process.js'), address, taskQueue, String(heartbeatMs)];
    const worker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    workers.push(worker);
    await once(worker.stdout as NodeJS.ReadableStream, 'data');
    return worker;
  };

  afterAll(() => {
    for (const worker of workers) worker.kill('SIGKILL');
  });

  it('and whose call is cancelled before anybody notices leaves no task behind', async () => {
    await buildCli();
    const contextId = randomUUID();
    const worker = await startWorker();
    const handle = await caller.temporal.client.workflow.start('plainCaller', {
      workflowId: `plain-${randomUUID()}`,
      taskQueue,
      args: [{ calls: [{ to: url('ticker'), say: '1000 every 1s', options: { contextId } }] }],
    });
    const states = async () => (await tasksIn('ticker', contextId)).map(({ status }) => status.state);
    await eventually(async () => (await states())[0] === 'TASK_STATE_WORKING');
    await eventually(async () => {
      const { raw } = await handle.describe();
      return raw.pendingActivities?.[0]?.heartbeatDetails != null;
    });
    worker.kill('SIGKILL');
    await once(worker, 'close');
    await handle.cancel();
    await startWorker();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(await states()).toEqual(['TASK_STATE_CANCELED']);
  }, 60_000);

  it('before its second heartbeat loses nothing that the agent can repeat', async () => {
    await buildCli();
    const worker = await startWorker(60_000);
    const handle = await caller.start('20 every 20ms', {
      ...{ url: url('ticker'), taskQueue, heartbeatTimeout: '3 seconds' },
    });
    await eventually(async () => (await relayed(handle)).includes('working "tick 2 of 20"'));
    worker.kill('SIGKILL');
    await once(worker, 'close');
    await startWorker();
    await handle.result();
    const words = (await relayed(handle)).filter((update) => update.startsWith('working'));
    expect(words).toEqual(Array.from({ length: 20 }, (_, index) => `working "tick ${index + 1} of 20"`));
  }, 180_000);

  it('ten times, at any moment, starts nothing twice, shows nothing twice and loses nothing', async () => {
    await buildCli();
    const contextId = randomUUID();
    let worker = await startWorker();
    const handles: WorkflowHandle[] = [];
    for (let count = 0; count < 10; count++) {
      const message = sent({ text: '30 every 20ms' }, contextId);
      handles.push(
        await caller.start('', {
          ...{ url: url('ticker'), message, taskQueue, heartbeatTimeout: '3 seconds' },
          // Each kill may cost one.
          maximumAttempts: 30,
        }),
      );
      // The moment is what the test is about.
      await sleep(Math.random() * 800);
      worker.kill('SIGKILL');
      await once(worker, 'close');
      worker = await startWorker();
    }
    const lines = Array.from({ length: 30 }, (_, index) => `tick ${index + 1}\n`).join('');
    for (const handle of handles) {
      const { answer } = (await handle.result()) as { answer: Awaited<ReturnType<Caller['call']>> };
      expect(answer.task?.status.state).toBe('TASK_STATE_COMPLETED');
      expect(artifactText(answer.task, 'ticks')).toBe(lines);
      const updates = await relayed(handle);
      const pieces = updates.filter((update) => update.startsWith('ticks'));
      expect(pieces.map((piece) => piece.replaceAll(/ticks\+?"|"( last)?$/g, '')).join('')).toBe(lines);
      const words = updates.filter((update) => update.startsWith('working'));
      expect(words).toEqual(Array.from({ length: 30 }, (_, index) => `working "tick ${index + 1} of 30"`));
    }
    const tasks = await eventually(async () => {
      const found = await tasksIn('ticker', contextId);
      return found.length >= handles.length && found;
    });
    expect(tasks).toHaveLength(handles.length);
  }, 180_000);
});
