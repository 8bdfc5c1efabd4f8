import { randomUUID } from 'node:crypto';
import type { TaskUpdate } from '../../src/a2a/task-update';
import type { Task } from '../../src/a2a/types';
import type { StreamEvent } from '../../src/bridge/types';
import { createMetrics, type Metrics } from '../../src/metrics/metrics';
import { samplesIn } from '../metrics/samples';
import { type CountedTemporal, countCalls } from '../support/calls';
import {
  type Harness,
  immediate,
  inShort,
  message,
  readAll,
  readNext,
  readUntil,
  request,
  scripted,
  startHarness,
  taskOf,
} from '../support/harness';
import { connectTestTemporal, eventually } from '../support/temporal';
import type { Step } from '../support/workflows';

let temporal: CountedTemporal;
let harness: Harness;

beforeAll(async () => {
  temporal = countCalls(await connectTestTemporal());
  harness = await startHarness({
    temporal,
    agents: [
      { id: 'script' },
      { id: 'echo' },
      { id: 'flood' },
      { id: 'plainWaiter', workflow: { input: 'text' } },
    ],
  });
}, 60_000);

const begin = async (...steps: Step[]) =>
  taskOf(await harness.bridge.sendMessage(immediate(scripted(steps)), harness.call('script')));

const subscribe = (task: Pick<Task, 'id'>, lastEventId?: string, bridge = harness.bridge) =>
  bridge.subscribeToTask({ id: task.id }, harness.call('script'), lastEventId);

const answer = (task: Task, text = 'go on') =>
  harness.bridge.sendMessage(
    immediate({ message: message(text, { taskId: task.id }) }),
    harness.call('script'),
  );

const eventsIn = async (task: Pick<Task, 'id'>) =>
  (await temporal.client.workflow.getHandle(task.id).describe()).historyLength;

/** How many tasks a node follows for those who read their streams. */
const followedTasks = async (metrics: Metrics) =>
  samplesIn(await metrics.text()).find(({ name }) => name === 'a2a_followed_tasks')?.value;

const asJson = (events: StreamEvent[]) => events.map(({ id, json }) => ({ id, json }));

/** Waits for the next message, then says several things and ends. */
const TALK: Step[] = [
  { next: true },
  { chunks: { artifactId: 'a', texts: ['1', '2', '3'] } },
  { pause: true },
  { working: 'nearly' },
  { pause: true },
  { complete: { text: 'end' } },
];

const TALKED = [
  'working "go on"',
  'artifact a"1"',
  'artifact a+"2"',
  'artifact a+"3" last',
  'working "nearly"',
  'artifact last"end" last',
  'completed',
];

describe('Subscribe To Task', () => {
  it('begins with the task as it is and ends with the task', async () => {
    const task = await begin(...TALK);
    const stream = await subscribe(task);
    expect(await readNext(stream)).toMatchObject({
      response: { task: { id: task.id, status: { state: 'TASK_STATE_SUBMITTED' } } },
    });
    await answer(task);
    expect((await readAll(stream)).map(inShort)).toEqual(TALKED);
  });

  it('tells each event with the IDs of task and context', async () => {
    const task = await begin(...TALK);
    const stream = await subscribe(task);
    await readNext(stream);
    await answer(task);
    const ids = { taskId: task.id, contextId: task.contextId };
    for (const { response, json } of await readAll(stream)) {
      expect(response.statusUpdate ?? response.artifactUpdate).toMatchObject(ids);
      expect(JSON.parse(json)).toEqual(response);
    }
  });

  it('goes on over a question, which a streaming send ends with', async () => {
    const steps: Step[] = [{ working: 'on' }, { ask: 'name?' }, { complete: {} }];
    const first = await readAll(
      await harness.bridge.sendStreamingMessage(scripted(steps), harness.call('script')),
    );
    expect(first.map(inShort)).toEqual(['task submitted', 'working "on"', 'input_required "name?"']);
    const task = first[0]?.response.task as Task;
    const stream = await subscribe(task);
    expect(inShort(await readNext(stream))).toBe('task input_required');
    await answer(task);
    expect((await readAll(stream)).map(inShort)).toEqual(['working', 'completed']);
  });

  it('gives a task that has ended to one who missed its end, and to nobody else', async () => {
    const task = await begin({ working: 'on' }, { next: true });
    const stream = await subscribe(task);
    const seen = await readNext(stream);
    await answer(task);
    const rest = await readAll(stream);
    expect((await readAll(await subscribe(task, seen.id))).map(inShort)).toEqual(rest.map(inShort));
    await expect(subscribe(task)).rejects.toMatchObject({ name: 'UnsupportedOperationError' });
    await expect(subscribe(task, rest.at(-1)?.id)).rejects.toMatchObject({
      name: 'UnsupportedOperationError',
    });
  });

  it.each([
    'nonsense',
    '',
    '1',
    `${randomUUID()}:x`,
    `${randomUUID()}:12:3`,
    `${'-'.repeat(36)}:1`,
    `${'0'.repeat(36)}:1`,
  ])('does not take "%s" for the ID of an event', async (id) => {
    await expect(subscribe(await begin({ forever: true }), id)).rejects.toMatchObject({
      name: 'RequestMalformedError',
      message: expect.stringContaining('Last-Event-ID'),
    });
  });

  it('knows no event of a run that never was, and begins with the task', async () => {
    const task = await begin({ forever: true });
    const stream = await subscribe(task, `${randomUUID()}:7`);
    expect(inShort(await readNext(stream))).toBe('task submitted');
    await stream.return();
  });

  it('ends without an error when its server stops', async () => {
    const task = await begin({ forever: true });
    const bridge = harness.newBridge();
    const stream = await subscribe(task, undefined, bridge);
    await readNext(stream);
    const next = stream.next();
    bridge.close();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});

describe('many subscribers of one task', () => {
  it('all see the same events in the same order, each made once, on every node', async () => {
    const task = await begin(...TALK);
    const streams = await Promise.all(Array.from({ length: 50 }, () => subscribe(task)));
    const elsewhere = await subscribe(task, undefined, harness.newBridge());
    const all = Promise.all([...streams, elsewhere].map(readAll));
    await eventually(() => temporal.polls(task.id).now === 2);
    await answer(task);
    const [first = [], ...others] = await all;
    expect(first.map(inShort)).toEqual(['task submitted', ...TALKED]);
    for (const events of others) expect(asJson(events)).toEqual(asJson(first));
    for (const events of others.slice(0, -1)) expect(events[1]).toBe(first[1]);
  });

  it('cost one long poll, and add nothing to the history', async () => {
    const task = await begin({ working: 'on' }, { next: true });
    await eventually(async () => (await eventsIn(task)) > 4);
    const before = await eventsIn(task);
    const streams = await Promise.all(Array.from({ length: 200 }, () => subscribe(task)));
    for (const stream of streams) await readNext(stream);
    await eventually(() => temporal.polls(task.id).now === 1);
    expect(temporal.polls(task.id).most).toBe(1);
    expect(await eventsIn(task)).toBe(before);
    await answer(task);
    const ends = await Promise.all(streams.map(readAll));
    expect(new Set(ends.map((events) => events.map(inShort).join()))).toEqual(
      new Set(['working "go on",completed']),
    );
    expect(temporal.polls(task.id).most).toBe(1);
  });

  it('may come and go while others stay', async () => {
    const task = await begin(...TALK);
    const stays = await subscribe(task);
    await readNext(stays);
    for (let round = 0; round < 5; round++) {
      const goes = await subscribe(task);
      await readNext(goes);
      await goes.return();
      expect(await goes.next()).toEqual({ done: true, value: undefined });
    }
    await answer(task);
    expect((await readAll(stays)).map(inShort)).toEqual(TALKED);
  });
});

describe('a reader', () => {
  it('that leaves, or whose call is aborted, leaves nothing behind', async () => {
    const bridge = harness.newBridge();
    const task = await begin({ forever: true });
    const caller = new AbortController();
    const call = { ...harness.call('script'), signal: caller.signal };
    const aborted = await bridge.subscribeToTask({ id: task.id }, call);
    const left = await subscribe(task, undefined, bridge);
    await readNext(aborted);
    await readNext(left);
    const followed = () => (bridge as unknown as { follower: { size: number } }).follower.size;
    expect(followed()).toBe(1);
    await left.return();
    expect(followed()).toBe(1);
    const waiting = aborted.next();
    caller.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(followed()).toBe(0);
  });

  it('that has gone before its stream begins gets none', async () => {
    const task = await begin({ forever: true });
    const call = { ...harness.call('script'), signal: AbortSignal.abort() };
    const stream = await harness.bridge.subscribeToTask({ id: task.id }, call);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('that is too slow is dropped, and resumes where it was', async () => {
    const flood = request([{ data: { batches: 30, size: 100, text: 'x', onMessage: true } }]);
    const call = harness.call('flood');
    const metrics = await createMetrics();
    const node = harness.newBridge({ metrics });
    const slow = await node.sendStreamingMessage(flood, call);
    const begun = await readNext(slow);
    const { id = '' } = begun.response.task ?? {};
    const all = readAll(await harness.newBridge().sendStreamingMessage(flood, call));
    // It waits for the first event of many, and then reads no further until its node has told it all that it will.
    const first = readNext(slow);
    const go = { message: message('now', { taskId: id }) };
    await harness.bridge.sendMessage(immediate(go), call);
    const seen: StreamEvent[] = [begun, await first];
    await eventually(async () => (await followedTasks(metrics)) === 0, { timeoutMs: 60_000 });
    const reading = (async () => {
      for await (const event of slow) seen.push(event);
    })();
    await expect(reading).rejects.toMatchObject({ reason: 'RESOURCE_EXHAUSTED' });
    const rest = await readAll(await node.subscribeToTask({ id }, call, seen.at(-1)?.id));
    expect(rest.length).toBeGreaterThan(0);
    expect(seen.length + rest.length).toBeGreaterThan(3_000);
    expect(asJson([...seen, ...rest])).toEqual(asJson(await all));
  }, 90_000);
});

describe('more tasks than long polls', () => {
  it('are followed all the same', async () => {
    const bridge = harness.newBridge({ maxLongPolls: 1 });
    const tasks = await Promise.all([1, 2, 3].map(() => begin({ next: true }, { complete: {} })));
    const streams = await Promise.all(tasks.map((task) => subscribe(task, undefined, bridge)));
    for (const stream of streams) await readNext(stream);
    const all = Promise.all(streams.map(readAll));
    await Promise.all(tasks.map((task) => answer(task)));
    for (const events of await all) expect(events.map(inShort)).toEqual(['working "go on"', 'completed']);
  });
});

describe('updates that nobody understands', () => {
  it('are passed over by the workflow and by its readers', async () => {
    const task = await begin({ next: true }, { complete: {} });
    const handle = temporal.client.workflow.getHandle(task.id);
    const stream = await subscribe(task);
    await readNext(stream);
    const good: TaskUpdate = { artifactUpdate: { artifact: { artifactId: 'good', parts: [] } } };
    await handle.signal('a2a_update', [null, 7, { statusUpdate: { status: { state: 'WHAT' } } }, good]);
    await handle.signal('a2a_update');
    await handle.signal('a2a_message', 'not a message');
    await handle.signal('something else', good);
    await readUntil(stream, ({ artifactUpdate }) => artifactUpdate?.artifact.artifactId === 'good');
    await answer(task);
    expect((await readAll(stream)).map(inShort)).toEqual(['working "go on"', 'completed']);
  });
});
