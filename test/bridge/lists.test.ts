import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { ListTasksRequest, Task, TaskState } from '../../src/a2a/types';
import { KnownTasks } from '../../src/bridge/known-tasks';
import { StuckTasks } from '../../src/bridge/stuck-tasks';
import { TaskList } from '../../src/bridge/task-list';
import { TemporalCalls } from '../../src/bridge/temporal-calls';
import { type Harness, immediate, request, scripted, startHarness, taskOf } from '../support/harness';
import { eventually } from '../support/temporal';
import type { Step } from '../support/workflows';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({
    agents: [
      { id: 'script' },
      { id: 'other', workflow: { type: 'script' } },
      { id: 'nobody', workflow: { taskQueue: 'nobody-polls-this' } },
      { id: 'shortLived', workflow: { type: 'script', runTimeout: '1s' } },
      { id: 'invoice', workflow: { input: 'data' } },
    ],
  });
}, 60_000);

/** Owners are new for each test, so that lists hold its tasks alone. */
const newOwner = () => `owner-${randomUUID()}`;

const list = (owner: string, more: ListTasksRequest = {}, agentId = 'script') =>
  harness.bridge.listTasks(more, harness.call(agentId, owner));

const begin = async (owner: string, agentId: string, steps: Step[], contextId?: string): Promise<Task> =>
  taskOf(
    await harness.bridge.sendMessage(
      immediate(scripted(steps, contextId === undefined ? {} : { contextId })),
      harness.call(agentId, owner),
    ),
  );

/** Visibility follows the history a little later. */
const listed = (owner: string, count: number, more: ListTasksRequest = {}, agentId = 'script') =>
  eventually(async () => {
    const answer = await list(owner, more, agentId);
    // The page may have been read before the count, which is that of a moment later.
    return answer.totalSize === count && answer.tasks.length <= count && answer;
  });

const idsOf = ({ tasks }: { tasks: Task[] }) => tasks.map(({ id }) => id);

async function allPages(
  owner: string,
  more: ListTasksRequest,
  agentId = 'script',
  operations = harness.bridge,
) {
  const pages: string[][] = [];
  let pageToken = '';
  do {
    const answer = await operations.listTasks(
      { ...more, ...(pageToken && { pageToken }) },
      harness.call(agentId, owner),
    );
    pages.push(idsOf(answer));
    pageToken = answer.nextPageToken;
  } while (pageToken !== '');
  return pages;
}

describe('List Tasks', () => {
  it('is empty for one who has none', async () => {
    expect(await list(newOwner())).toEqual({ tasks: [], nextPageToken: '', pageSize: 50, totalSize: 0 });
  });

  it('holds the newest first, by the last change of their state', async () => {
    const owner = newOwner();
    const waiting = await begin(owner, 'script', [{ next: true }, { forever: true }]);
    const ended = await begin(owner, 'script', [{ complete: {} }]);
    await listed(owner, 1, { status: 'TASK_STATE_COMPLETED' });
    const last = await begin(owner, 'script', [{ forever: true }]);
    await listed(owner, 3);
    expect(idsOf(await list(owner))).toEqual([last.id, ended.id, waiting.id]);

    const further = { ...request('go on', { taskId: waiting.id }) };
    await harness.bridge.sendMessage(immediate(further), harness.call('script', owner));
    await listed(owner, 1, { status: 'TASK_STATE_WORKING' });
    expect(idsOf(await list(owner))).toEqual([waiting.id, last.id, ended.id]);
    const { tasks } = await list(owner);
    const times = tasks.map(({ status }) => status.timestamp);
    expect(times).toEqual([...times].sort().reverse());
  });

  it('gives what GetTask gives, without artifacts unless they are wanted', async () => {
    const owner = newOwner();
    const { id } = await begin(owner, 'script', [{ working: 'on' }, { complete: { text: 'end' } }]);
    await listed(owner, 1, { status: 'TASK_STATE_COMPLETED' });
    const task = await harness.bridge.getTask({ id }, harness.call('script', owner));
    const { artifacts, ...rest } = task;
    expect(artifacts).toHaveLength(1);
    expect((await list(owner)).tasks).toEqual([rest]);
    expect((await list(owner, { includeArtifacts: true })).tasks).toEqual([task]);
    expect((await list(owner, { historyLength: 0 })).tasks[0]).not.toHaveProperty('history');
  });

  it("holds the caller's own tasks with this agent, and no other", async () => {
    const [anna, berta] = [newOwner(), newOwner()];
    const hers = await begin(anna, 'script', [{ forever: true }]);
    await begin(berta, 'script', [{ forever: true }]);
    await begin(anna, 'other', [{ forever: true }]);
    expect(idsOf(await listed(anna, 1))).toEqual([hers.id]);
  });
});

describe('paging', () => {
  const COUNT = 120;
  const owner = newOwner();
  let ids: Set<string>;

  beforeAll(async () => {
    const tasks: Task[] = [];
    for (let index = 0; index < COUNT; index += 20) {
      const batch = Array.from({ length: 20 }, () => begin(owner, 'nobody', []));
      tasks.push(...(await Promise.all(batch)));
    }
    ids = new Set(tasks.map(({ id }) => id));
    await listed(owner, COUNT, { pageSize: 1 }, 'nobody');
  }, 60_000);

  it.each([7, 100, 60, 40])('gives each task once, with %i on a page', async (pageSize) => {
    const pages = await allPages(owner, { pageSize }, 'nobody');
    expect(pages.flat()).toHaveLength(COUNT);
    expect(new Set(pages.flat())).toEqual(ids);
    expect(pages.map((page) => page.length)).toEqual([
      ...Array.from({ length: Math.ceil(COUNT / pageSize) - 1 }, () => pageSize),
      COUNT % pageSize || pageSize,
    ]);
  });

  it('gives each task once, however narrow the windows of time must be', async () => {
    const calls = new TemporalCalls(harness.temporal.client);
    const narrow = new TaskList(
      { calls, stuck: new StuckTasks(calls), known: new KnownTasks(calls, 1_000_000) },
      { windowLimit: 3 },
    );
    const operations = {
      listTasks: narrow.list.bind(narrow),
    } as unknown as typeof harness.bridge;
    const pages = await allPages(owner, { pageSize: 1 + COUNT / 3 }, 'nobody', operations);
    expect(pages.flat()).toHaveLength(COUNT);
    expect(new Set(pages.flat())).toEqual(ids);
  });

  it('says page size and total on every page', async () => {
    const first = await list(owner, { pageSize: 50 }, 'nobody');
    expect(first).toMatchObject({ pageSize: 50, totalSize: COUNT });
    const second = await list(owner, { pageSize: 10, pageToken: first.nextPageToken }, 'nobody');
    expect(second).toMatchObject({ pageSize: 10, totalSize: COUNT });
    expect((await list(owner, {}, 'nobody')).tasks).toHaveLength(50);
  });

  it('puts a task at work where its last report does, on every page and since a time', async () => {
    const owner = newOwner();
    const talking = await begin(owner, 'script', [{ working: 'on' }, { next: true }, { forever: true }]);
    await listed(owner, 1, { status: 'TASK_STATE_WORKING' });
    const ended = await begin(owner, 'script', [{ complete: {} }]);
    await listed(owner, 1, { status: 'TASK_STATE_COMPLETED' });
    const call = harness.call('script', owner);
    await harness.bridge.sendMessage(immediate(request('hear this', { taskId: talking.id })), call);
    const { status } = await eventually(async () => {
      const task = await harness.bridge.getTask({ id: talking.id }, call);
      return JSON.stringify(task.status).includes('hear this') && task;
    });

    expect(await allPages(owner, { pageSize: 1 })).toEqual([[talking.id], [ended.id]]);
    const since = await list(owner, { statusTimestampAfter: String(status.timestamp) });
    expect([since.totalSize, idsOf(since)]).toEqual([1, [talking.id]]);
    const working = { status: 'TASK_STATE_WORKING' } as const;
    expect(idsOf(await list(owner, { ...working, statusTimestampAfter: String(status.timestamp) }))).toEqual([
      talking.id,
    ]);
    expect(idsOf(await list(owner, { status: 'TASK_STATE_COMPLETED' }))).toEqual([ended.id]);
  });

  it('is not led astray by tasks that are made meanwhile', async () => {
    const mine = newOwner();
    const old = [await begin(mine, 'nobody', []), await begin(mine, 'nobody', [])];
    await listed(mine, 2, {}, 'nobody');
    const first = await list(mine, { pageSize: 1 }, 'nobody');
    await begin(mine, 'nobody', []);
    await listed(mine, 3, {}, 'nobody');
    const second = await list(mine, { pageSize: 5, pageToken: first.nextPageToken }, 'nobody');
    expect([...idsOf(first), ...idsOf(second)].sort()).toEqual(old.map(({ id }) => id).sort());
  });

  it('takes no token that is forged, or of another list', async () => {
    const { nextPageToken: good } = await list(owner, { pageSize: 1 }, 'nobody');
    const [time, taskId, total, hasOpen, sum] = JSON.parse(
      Buffer.from(good, 'base64url').toString(),
    ) as unknown[];
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const forged = [
      'nonsense',
      '%%%',
      encode(null),
      encode([time]),
      encode([time, taskId, total, hasOpen, 'AAAAAAAAAAAAAAAA']),
      encode([`${BigInt(String(time)) + 1n}`, taskId, total, hasOpen, sum]),
      encode(["1' OR 1=1", taskId, total, hasOpen, sum]),
      encode([time, taskId, 1_000_000, hasOpen, sum]),
      encode([time, randomUUID(), total, hasOpen, sum]),
    ];
    const wrong = { name: 'RequestMalformedError', message: expect.stringContaining('pageToken') };
    for (const pageToken of forged) {
      await expect(list(owner, { pageToken }, 'nobody')).rejects.toMatchObject(wrong);
    }
    const others: [string, ListTasksRequest, string][] = [
      [newOwner(), {}, 'nobody'],
      [owner, {}, 'script'],
      [owner, { contextId: 'c' }, 'nobody'],
      [owner, { status: 'TASK_STATE_WORKING' }, 'nobody'],
    ];
    for (const [who, more, agentId] of others) {
      await expect(list(who, { ...more, pageToken: good }, agentId)).rejects.toMatchObject(wrong);
    }
  });
});

describe('filters', () => {
  it('find the tasks in each state, and only those', async () => {
    const owner = newOwner();
    const expected: Record<string, string> = {};
    const make = async (state: TaskState, steps: Step[]) => {
      expected[state] = (await begin(owner, 'script', steps)).id;
    };
    await make('TASK_STATE_SUBMITTED', [{ next: true }]);
    await make('TASK_STATE_WORKING', [{ working: 'on' }, { forever: true }]);
    await make('TASK_STATE_INPUT_REQUIRED', [{ ask: '?' }]);
    await make('TASK_STATE_AUTH_REQUIRED', [{ ask: '?', state: 'TASK_STATE_AUTH_REQUIRED' }]);
    await make('TASK_STATE_COMPLETED', [{ working: 'on' }, { complete: {} }]);
    await make('TASK_STATE_FAILED', [{ fail: 'no' }]);
    await make('TASK_STATE_REJECTED', [{ reject: 'no' }]);
    await make('TASK_STATE_CANCELED', [{ working: 'on' }, { forever: true }]);
    await harness.temporal.client.workflow.getHandle(String(expected.TASK_STATE_CANCELED)).cancel();
    for (const [status, id] of Object.entries(expected)) {
      const answer = await listed(owner, 1, { status: status as TaskState });
      expect([status, idsOf(answer)]).toEqual([status, [id]]);
      expect(answer.tasks[0]?.status.state).toBe(status);
    }
  });

  it('find tasks whose workflow was ended from outside', async () => {
    const owner = newOwner();
    const timedOut = await begin(owner, 'shortLived', [{ forever: true }]);
    const failed = await listed(owner, 1, { status: 'TASK_STATE_FAILED' }, 'shortLived');
    expect(idsOf(failed)).toEqual([timedOut.id]);
    const terminated = await begin(owner, 'script', [{ ask: '?' }]);
    await listed(owner, 1, { status: 'TASK_STATE_INPUT_REQUIRED' });
    await harness.temporal.client.workflow.getHandle(terminated.id).terminate('no reason');
    expect(idsOf(await listed(owner, 1, { status: 'TASK_STATE_FAILED' }))).toEqual([terminated.id]);
    expect(idsOf(await list(owner, { status: 'TASK_STATE_INPUT_REQUIRED' }))).toEqual([]);
  });

  it('find tasks of plain workflows', async () => {
    const owner = newOwner();
    const order = { customer: 'Ada', items: [{ sku: 'pen', quantity: 1, unitPrice: 1 }] };
    const call = harness.call('invoice', owner);
    const good = taskOf(await harness.bridge.sendMessage(request([{ data: order }]), call));
    const bad = taskOf(await harness.bridge.sendMessage(request([{ data: {} }]), call));
    expect(idsOf(await listed(owner, 1, { status: 'TASK_STATE_COMPLETED' }, 'invoice'))).toEqual([good.id]);
    expect(idsOf(await listed(owner, 1, { status: 'TASK_STATE_FAILED' }, 'invoice'))).toEqual([bad.id]);
  });

  it('find tasks that changed since a time, inclusively', async () => {
    const owner = newOwner();
    const before = await begin(owner, 'script', [{ complete: {} }]);
    await listed(owner, 1, { status: 'TASK_STATE_COMPLETED' });
    const after = await begin(owner, 'script', [{ working: 'on' }, { forever: true }]);
    await listed(owner, 1, { status: 'TASK_STATE_WORKING' });
    const at = async (id: string) =>
      String((await harness.bridge.getTask({ id }, harness.call('script', owner))).status.timestamp);
    const since = async (statusTimestampAfter: string) => {
      const answer = await list(owner, { statusTimestampAfter });
      expect(answer.totalSize).toBe(answer.tasks.length);
      return idsOf(answer);
    };
    expect(await since(await at(before.id))).toEqual([after.id, before.id]);
    expect(await since(await at(after.id))).toEqual([after.id]);
    expect(await since(new Date(Date.now() + 60_000).toISOString())).toEqual([]);
    expect(await since('0001-01-01T00:00:00.000Z')).toEqual([after.id, before.id]);
    expect(await since('1969-12-31T23:59:59.500Z')).toEqual([after.id, before.id]);
    expect(await since('9999-12-31T23:59:59.999Z')).toEqual([]);
  });

  it('find the tasks of a context, whatever its ID holds', async () => {
    const owner = newOwner();
    const hostile = [
      "'",
      '"',
      '\\',
      "\\'",
      "\\\\'",
      "' OR '1'='1",
      "' OR A2aOwner != '",
      "x') OR (A2aAgent = 'script",
      '%',
      '_',
      '`',
      '[]',
      'null',
      '2025-01-01T00:00:00Z',
      '7',
      'true',
      'é€😀',
      ' ',
      '--',
      '😀'.repeat(120),
      `${'x'.repeat(254)}1`,
      `${'x'.repeat(254)}'`,
    ];
    const made = new Map<string, string>();
    const anywhere = await begin(owner, 'nobody', []);
    const check = async (contextId: string) => {
      if (!made.has(contextId)) made.set(contextId, (await begin(owner, 'nobody', [], contextId)).id);
      await listed(owner, made.size + 1, { pageSize: 1 }, 'nobody');
      const { tasks, totalSize } = await list(owner, { contextId }, 'nobody');
      expect([contextId, totalSize, tasks.map(({ id }) => id)]).toEqual([
        contextId,
        1,
        [made.get(contextId)],
      ]);
    };
    for (const contextId of hostile) await check(contextId);
    const weird = fc
      .array(fc.constantFrom("'", '\\', '"', ' OR ', 'A2aOwner', '=', '%', '(', ')', 'a', 'é', '\u2028'), {
        minLength: 1,
        maxLength: 8,
      })
      .map((pieces) => pieces.join(''));
    await fc.assert(fc.asyncProperty(fc.oneof(weird, fc.string({ minLength: 1 })), check), {
      numRuns: 60,
      endOnFailure: true,
    });
    expect([...made.values()]).not.toContain(anywhere.id);
  });
});
