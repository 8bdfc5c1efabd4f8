import { Client } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import type { TaskUpdate } from '../../src/a2a/task-update';
import type { Task } from '../../src/a2a/types';
import { KnownTasks } from '../../src/bridge/known-tasks';
import { foldHistory } from '../../src/bridge/history';
import type { TaskFolds } from '../../src/bridge/task-folds';
import { TemporalCalls } from '../../src/bridge/temporal-calls';
import {
  type Harness,
  immediate,
  inShort,
  message,
  readAll,
  readNext,
  request,
  scripted,
  startHarness,
  taskOf,
} from '../support/harness';
import { resetWorkflow, workflowTasksCompleted } from '../support/reset';
import { eventually, randomTaskQueue } from '../support/temporal';
import type { Step } from '../support/workflows';

/** A node reads each event of a task once, whoever asks for the task and however often. */

const CACHE_BYTES = 1024 ** 2;

let harness: Harness;

beforeAll(async () => {
  const nobodys = randomTaskQueue();
  harness = await startHarness({
    agents: [
      { id: 'script' },
      { id: 'plainWaiter', workflow: { input: 'text' } },
      { id: 'idle', workflow: { type: 'script', taskQueue: nobodys } },
    ],
  });
}, 60_000);

afterEach(() => {
  jest.restoreAllMocks();
});

/** Counts what Temporal is asked, and the events that it answers, from now on. */
function count() {
  const { workflowService } = harness.temporal.client;
  const read = workflowService.getWorkflowExecutionHistory.bind(workflowService);
  const counted = { events: 0, histories: 0, descriptions: 0, queries: 0 };
  const histories = jest.spyOn(workflowService, 'getWorkflowExecutionHistory');
  histories.mockImplementation((async (...args: Parameters<typeof read>) => {
    counted.histories += 1;
    const page = await read(...args);
    counted.events += page.history?.events?.length ?? 0;
    return page;
  }) as never);
  const descriptions = jest.spyOn(workflowService, 'describeWorkflowExecution');
  const queries = jest.spyOn(workflowService, 'queryWorkflow');
  return () => ({
    ...counted,
    descriptions: descriptions.mock.calls.length,
    queries: queries.mock.calls.length,
  });
}

const handle = ({ id }: Task) => harness.temporal.client.workflow.getHandle(id);

async function historyLength(task: Task): Promise<number> {
  return (await handle(task).describe()).historyLength;
}

/** From outside, as an activity's reporter does. */
async function report(task: Task, texts: string[]): Promise<void> {
  const chunks = texts.map(
    (text): TaskUpdate => ({
      artifactUpdate: { artifact: { artifactId: 'a', parts: [{ text }] }, append: true },
    }),
  );
  for (const chunk of chunks) await handle(task).signal('a2a_update', chunk);
}

const numbers = (most: number) => Array.from({ length: most }, (_, n) => `${n} `);

async function begin(steps: Step[], agent = 'script'): Promise<Task> {
  return taskOf(await harness.bridge.sendMessage(immediate(scripted(steps)), harness.call(agent)));
}

/** It waits for the message "stop". */
async function waiting(steps: Step[] = []): Promise<Task> {
  const task = await begin([...steps, { until: 'stop' }, { complete: { text: 'end' } }]);
  await eventually(async () => (await query(task)).metadata?.waits === true);
  return task;
}

const query = (task: Task) => handle(task).query<Task>('a2a_task');

const say = (task: Task, text: string) =>
  harness.bridge.sendMessage(
    immediate({ message: message(text, { taskId: task.id }) }),
    harness.call('script'),
  );

/** What one node has read, beside the whole of its history. */
function node(maxBytes = CACHE_BYTES, calls = new TemporalCalls(harness.temporal.client)) {
  const known = new KnownTasks(calls, maxBytes);
  return { known, calls, folds: known.folds };
}

/**
 * As the node has it, which is what the whole history tells; at times a moment later, since Temporal shows a signal only
 * when the workflow task that is at work is done.
 */
async function current(folds: TaskFolds, { id }: Task): Promise<Task | undefined> {
  const calls = new TemporalCalls(harness.temporal.client);
  return eventually(async () => {
    const { fold } = await folds.current(id);
    const { task } = await foldHistory(calls, { workflowId: id });
    expect(fold.task).toEqual(task);
    return fold.task;
  });
}

describe('GetTask', () => {
  it('of a running plain workflow reads what is new', async () => {
    const call = harness.call('plainWaiter');
    const task = taskOf(await harness.bridge.sendMessage(immediate(request()), call));
    const other = harness.newBridge();
    const get = () => other.getTask({ id: task.id }, call);
    await eventually(async () => (await get()).status.state === 'TASK_STATE_WORKING');
    await workflowTasksCompleted(harness.temporal.client, task.id, 1);
    await get();
    const asked = count();
    const same = await Promise.all([get(), get(), get(), get()]);
    expect(new Set(same.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(asked()).toMatchObject({ events: 0, queries: 0 });
    expect(asked().descriptions).toBeLessThanOrEqual(2);

    const before = await historyLength(task);
    await handle(task).signal('release');
    await eventually(async () => (await get()).status.state === 'TASK_STATE_COMPLETED');
    expect(asked().events).toBeLessThanOrEqual((await historyLength(task)) - before + 2);
  });

  it('of a task with no worker reads each event once', async () => {
    const task = await begin([], 'idle');
    await report(task, numbers(30));
    const other = harness.newBridge();
    const get = () => other.getTask({ id: task.id }, harness.call('idle'));
    const asked = count();
    const read = await Promise.all([get(), get(), get(), get()]);
    expect(read[3]?.artifacts?.[0]?.parts).toEqual([{ text: numbers(30).join('') }]);
    expect(asked().events).toBeLessThanOrEqual((await historyLength(task)) + 2);
    await report(task, ['new']);
    const before = asked().events;
    expect((await get()).artifacts?.[0]?.parts).toEqual([{ text: `${numbers(30).join('')}new` }]);
    expect(asked().events - before).toBeLessThanOrEqual(3);
  });
});

describe('what a node has read', () => {
  it('is gone on from by all readers, who share one read', async () => {
    const task = await waiting();
    await report(task, numbers(20));
    const { folds } = node();
    const asked = count();
    const cursors = await Promise.all(Array.from({ length: 10 }, () => folds.current(task.id)));
    expect(new Set(cursors).size).toBeLessThanOrEqual(2);
    expect(asked().events).toBeLessThanOrEqual((await historyLength(task)) + 10);
    const before = JSON.stringify(cursors[0]?.fold.task);
    await report(task, ['more']);
    await eventually(async () => JSON.stringify(await current(folds, task)).includes('more'));
    // Who has it already keeps what it was.
    expect(JSON.stringify(cursors[0]?.fold.task)).toBe(before);
    await say(task, 'stop');
    await eventually(async () => (await current(folds, task))?.status.state === 'TASK_STATE_COMPLETED');
  });

  it('follows a reset at once', async () => {
    const task = await waiting([{ artifact: { artifactId: 'x', text: 'made' } }, { pause: true }]);
    await say(task, 'one');
    await eventually(async () => JSON.stringify(await query(task)).includes('one'));
    const { folds } = node();
    await current(folds, task);
    await resetWorkflow(harness.temporal.client, task.id, { workflowTask: 0, withoutSignals: true });
    const back = await folds.current(task.id);
    expect(JSON.stringify(back.fold.task)).not.toContain('one');
    expect(back.fold.runId).toBe((await handle(task).describe()).runId);
    await eventually(async () => (await query(task)).metadata?.waits === true);
    await current(folds, task);
    const asked = count();
    await folds.current(task.id);
    expect(asked().histories).toBe(0);
  });

  it('follows a reset of a task that had ended', async () => {
    const task = await waiting([{ pause: true }]);
    await say(task, 'stop');
    const { folds } = node();
    await eventually(async () => (await folds.current(task.id)).fold.ended);
    await resetWorkflow(harness.temporal.client, task.id, { workflowTask: 0, withoutSignals: true });
    expect((await folds.current(task.id)).fold.ended).toBe(false);
  });

  it('follows a task that continues as new', async () => {
    const task = await begin([
      { artifact: { artifactId: 'x', text: 'made' } },
      { until: 'go on' },
      { continueAsNew: true },
      { until: 'stop' },
    ]);
    await eventually(async () => (await query(task)).metadata?.waits === true);
    const { folds } = node();
    await current(folds, task);
    const { runId } = await handle(task).describe();
    await say(task, 'go on');
    await eventually(async () => (await handle(task).describe()).runId !== runId);
    await eventually(async () => (await query(task)).metadata?.waits === true);
    expect((await current(folds, task))?.artifacts).toHaveLength(1);
    await say(task, 'stop');
    await eventually(async () => (await current(folds, task))?.status.state === 'TASK_STATE_COMPLETED');
  });

  it('is forgotten with a task that is deleted', async () => {
    const task = await begin([], 'idle');
    const { folds } = node();
    await current(folds, task);
    const { workflowService, options } = harness.temporal.client;
    await workflowService.deleteWorkflowExecution({
      namespace: options.namespace,
      workflowExecution: { workflowId: task.id },
    });
    const gone = () =>
      folds.current(task.id).then(
        () => false,
        () => true,
      );
    await eventually(gone, { timeoutMs: 60_000 });
  }, 90_000);

  it('misses nothing of a task whose workflow task has timed out, whose event IDs come twice', async () => {
    const taskQueue = randomTaskQueue();
    const { client } = harness.temporal;
    const agent = { ...harness.call('script').agent, id: 'slow' };
    const call = {
      agent: { ...agent, workflow: { ...agent.workflow, taskQueue, taskTimeout: '1s' } },
      owner: 'anna',
    };
    const task = taskOf(await harness.bridge.sendMessage(immediate(scripted([])), call));
    const poll = () =>
      client.workflowService.pollWorkflowTaskQueue({
        namespace: client.options.namespace,
        taskQueue: { name: taskQueue },
        identity: 'a worker that dies',
      });
    const { folds } = node();
    for (let n = 0; n < 3; n++) {
      await poll();
      await current(folds, task);
      await report(task, [`${n} `]);
      await current(folds, task);
    }
    await eventually(
      async () => {
        const { artifacts } = (await current(folds, task)) ?? {};
        return artifacts?.[0]?.parts[0]?.text === '0 1 2 ';
      },
      { timeoutMs: 30_000 },
    );
  }, 60_000);

  it('is dropped, not read wrongly, when there is no room', async () => {
    const tasks = await Promise.all(Array.from({ length: 4 }, () => begin([], 'idle')));
    for (const task of tasks) await report(task, ['x'.repeat(3_000)]);
    const { folds, known } = node(6_000);
    for (let round = 0; round < 2; round++) {
      for (const task of tasks) await current(folds, task);
      expect(known.bytes).toBeLessThanOrEqual(6_000);
      for (const task of tasks) await report(task, ['y']);
    }
    const { folds: none, known: nothing } = node(0);
    for (const task of tasks) await current(none, task);
    expect(nothing.bytes).toBe(0);
  });

  it('waits for a codec that is down, without reading again', async () => {
    const codec = { down: false };
    const payloadCodec: PayloadCodec = {
      encode: async (payloads: Payload[]) => payloads,
      decode: async (payloads: Payload[]) => {
        if (codec.down) throw new Error('connect ECONNREFUSED');
        return payloads;
      },
    };
    const { connection, namespace } = harness.temporal;
    const client = new Client({ connection, namespace, dataConverter: { payloadCodecs: [payloadCodec] } });
    const task = await begin([], 'idle');
    await report(task, numbers(10));
    const { folds, calls } = node(CACHE_BYTES, new TemporalCalls(client));
    const read = jest.spyOn(calls, 'readNewHistory');
    codec.down = true;
    for (let n = 0; n < 3; n++)
      await expect(folds.current(task.id)).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    expect(read.mock.calls.filter(([, token]) => token === undefined)).toHaveLength(1);
    codec.down = false;
    await current(folds, task);
    codec.down = true;
    await report(task, ['new']);
    await expect(folds.current(task.id)).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    codec.down = false;
    expect(JSON.stringify(await current(folds, task))).toContain('new');
    expect(read.mock.calls.filter(([, token]) => token === undefined)).toHaveLength(1);
    calls.availability.close();
  });
});

describe('a stream', () => {
  it('begins with what the node has read, and leaves it what it has read itself', async () => {
    const task = await waiting();
    await report(task, numbers(30));
    const call = harness.call('script');
    const other = harness.newBridge();
    const subscribe = () => other.subscribeToTask({ id: task.id }, call);
    await (await subscribe()).return();
    const asked = count();
    for (let n = 0; n < 3; n++) {
      const stream = await subscribe();
      expect(inShort(await readNext(stream))).toMatch(/^task working/);
      await report(task, [`more ${n}`]);
      expect(inShort(await readNext(stream))).toBe(`artifact a+"more ${n}"`);
      await stream.return();
    }
    // Each signal comes with a workflow task of three events; the whole history has more than that.
    expect(asked().events).toBeLessThanOrEqual(40);
    expect(asked().queries).toBe(0);
  });

  it('that resumes near the end reads nothing again, and tells what a node tells that reads all', async () => {
    const task = await waiting();
    await report(task, numbers(40));
    const call = harness.call('script');
    const { runId } = await handle(task).describe();
    const other = harness.newBridge();
    const first = await other.subscribeToTask({ id: task.id }, call, `${runId}:1`);
    const events = [];
    while (events.at(-1) !== 'artifact a+"39 "') {
      const event = await readNext(first);
      events.push(inShort(event));
      if (events.length === 30) expect(event.id).toMatch(runId);
    }
    await first.return();
    const asked = count();
    const length = await historyLength(task);
    const positions = [length - 30, length - 12, length - 1, length].map((eventId) => `${runId}:${eventId}`);
    const told: string[][] = [];
    for (const position of positions) {
      const stream = await other.subscribeToTask({ id: task.id }, call, position);
      const rest: string[] = [];
      const reading = (async () => {
        for await (const event of stream) rest.push(`${event.id} ${inShort(event)}`);
      })();
      told.push(rest);
      void reading.catch(() => {});
    }
    await report(task, ['last']);
    await eventually(() => told.every((rest) => rest.at(-1)?.includes('last')));
    expect(asked().events).toBeLessThanOrEqual(30);
    const cold = harness.newBridge({ readCacheBytes: 0 });
    for (const [index, position] of positions.entries()) {
      const stream = await cold.subscribeToTask({ id: task.id }, call, position);
      const rest: string[] = [];
      while (rest.at(-1)?.includes('last') !== true) {
        const event = await readNext(stream);
        rest.push(`${event.id} ${inShort(event)}`);
      }
      await stream.return();
      expect(told[index]).toEqual(rest);
    }
    other.close();
  });

  it('of a further message reads a long history once', async () => {
    const task = await waiting();
    await report(task, numbers(40));
    const other = harness.newBridge();
    const asked = count();
    const send = { message: message('stop', { taskId: task.id }) };
    const events = await readAll(await other.sendStreamingMessage(send, harness.call('script')));
    expect(events.map(inShort).at(-1)).toBe('completed');
    expect(events[0]?.response.task?.history?.at(-1)?.messageId).toBe(send.message.messageId);
    const length = await historyLength(task);
    const counts: number[] = [];
    // A machine that is very slow may have one of them read in another way.
    for (let n = 0; n < 3; n++) {
      const before = asked().events;
      const again = await readAll(
        await harness.newBridge().sendStreamingMessage(send, harness.call('script')),
      );
      expect(again.map(inShort).at(-1)).toBe('completed');
      counts.push(asked().events - before);
    }
    // The facts come with the first events: about a hundred.
    expect(Math.min(...counts)).toBeLessThanOrEqual(2 * length + 10);
  });

  it('of a task that ends while nobody looks is the same from a node that had read some of it', async () => {
    const task = await waiting();
    await report(task, numbers(5));
    const call = harness.call('script', 'anna');
    const other = harness.newBridge();
    const { runId } = await handle(task).describe();
    const stream = await other.subscribeToTask({ id: task.id }, call);
    const { id: last } = await readNext(stream);
    await stream.return();
    await say(task, 'stop');
    await eventually(async () => (await handle(task).describe()).status.name === 'COMPLETED');
    const rest = await readAll(await other.subscribeToTask({ id: task.id }, call, last));
    const cold = await readAll(await harness.newBridge().subscribeToTask({ id: task.id }, call, last));
    expect(rest.map((event) => [event.id, event.json])).toEqual(cold.map((event) => [event.id, event.json]));
    expect(rest[0]?.id).toMatch(runId);
  });
});

describe('a page token that Temporal takes no more', () => {
  it('has the run read again, and every event is told once', async () => {
    const task = await begin([{ working: 'on' }, { until: 'stop' }, { complete: { text: 'end' } }]);
    const { workflowService } = harness.temporal.client;
    const read = workflowService.getWorkflowExecutionHistory.bind(workflowService);
    const message = "Current and request branch tokens, or versioned transitions, don't match.";
    const invalid = Object.assign(new Error(message), {
      name: 'ServiceError',
      code: 3,
      details: message,
      metadata: {},
    });
    let refused = 2;
    jest.spyOn(workflowService, 'getWorkflowExecutionHistory').mockImplementation((async (
      request: Parameters<typeof read>[0],
    ) => {
      const isPoll = request.waitNewEvent === true && (request.nextPageToken?.length ?? 0) > 0;
      if (isPoll && refused < 2) {
        refused += 1;
        throw invalid;
      }
      return read(request);
    }) as never);
    const stream = await harness.newBridge().subscribeToTask({ id: task.id }, harness.call('script'));
    const { id: first } = await readNext(stream);
    const events = readAll(stream);
    // The feed polls behind what it has told; what it asks next is refused.
    refused = 0;
    await say(task, 'more');
    await eventually(() => refused === 2);
    await say(task, 'stop');
    const all = (
      await readAll(await harness.newBridge().subscribeToTask({ id: task.id }, harness.call('script'), first))
    ).map(inShort);
    expect((await events).map(inShort)).toEqual(all);
    expect(all.at(-1)).toBe('completed');
  });
});
