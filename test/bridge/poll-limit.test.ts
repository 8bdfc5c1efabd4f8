import type { TaskBridge } from '../../src/bridge/bridge';
import { PollSlots } from '../../src/bridge/poll-slots';
import { startDevServer } from '../../src/dev-server/dev-server';
import { createMetrics, type Metrics } from '../../src/metrics/metrics';
import { samplesIn } from '../metrics/samples';
import {
  type Harness,
  immediate,
  inShort,
  message,
  readAll,
  readNext,
  scripted,
  startHarness,
  taskOf,
} from '../support/harness';
import { cleanUpAfterAll, connectTestTemporal, eventually } from '../support/temporal';

/** Of the server, for everything in the namespace; some of it is for the polls of the worker. */
const LIMIT = 40;
const TASKS = 60;

let harness: Harness;

/** A machine that runs tests may be slow. */
const patience = { timeoutMs: 90_000 };

beforeAll(async () => {
  const server = await startDevServer({ dynamicConfig: { 'frontend.namespaceCount': LIMIT } });
  cleanUpAfterAll(() => server.stop());
  const temporal = await connectTestTemporal(server.address);
  harness = await startHarness({ temporal, agents: [{ id: 'script' }] });
}, 90_000);

async function limitOf(metrics: Metrics): Promise<number> {
  const samples = samplesIn(await metrics.text());
  const [limit] = samples.filter(
    ({ name, labels }) => name === 'a2a_long_polls_limit' && labels.reader === 'api',
  );
  return limit?.value ?? Number.NaN;
}

const call = () => harness.call('script');

async function follow(bridge: TaskBridge, ids: readonly string[]) {
  const streams = await Promise.all(ids.map((id) => bridge.subscribeToTask({ id }, call())));
  for (const stream of streams) await readNext(stream);
  return streams;
}

describe('a server that allows fewer long polls than tasks are followed', () => {
  it('is found out, by two nodes that share it, and nothing is missed', async () => {
    const tasks = await Promise.all(
      Array.from({ length: TASKS }, () =>
        harness.bridge.sendMessage(
          immediate(scripted([{ next: true }, { next: true }, { complete: {} }])),
          call(),
        ),
      ),
    );
    const ids = tasks.map((task) => taskOf(task).id);
    const meters = [await createMetrics(), await createMetrics()];
    const streams = [];
    for (const metrics of meters) streams.push(...(await follow(harness.newBridge({ metrics }), ids)));
    await eventually(async () => {
      const limits = await Promise.all(meters.map(limitOf));
      return limits.every((limit) => limit >= 1 && limit < LIMIT);
    }, patience);

    const all = Promise.all(streams.map(readAll));
    for (const text of ['first', 'second']) {
      await Promise.all(
        ids.map((taskId) =>
          harness.bridge.sendMessage(immediate({ message: message(text, { taskId }) }), call()),
        ),
      );
    }
    for (const events of await all) {
      expect(events.map(inShort)).toEqual(['working "first"', 'working "second"', 'completed']);
    }
  }, 180_000);
});

describe('the long polls of a node', () => {
  const refused = Object.assign(new Error('namespace concurrent poller limit exceeded'), {
    name: 'ServiceError',
    code: 8,
    details: '',
    metadata: { get: () => ['ConcurrentLimit'] },
  });
  const refuse = async () => {
    throw refused;
  };
  const growMs = { unrefused: 5_000, refused: 10_000 };

  const hold = async (slots: PollSlots) => {
    while (slots.held < slots.limit) void slots.use(() => new Promise(() => {}));
  };

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'setTimeout'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('become fewer with one that is refused, once for all that are refused together', async () => {
    const slots = new PollSlots(100);
    for (let n = 0; n < 39; n++) void slots.use(() => new Promise(() => {}));
    expect(await slots.use(refuse)).toBeUndefined();
    expect(slots.limit).toBe(30);
    expect(await slots.run(refuse)).toBeUndefined();
    expect(slots.limit).toBe(30);
  });

  it('become more again while some are wanted, never more than were set', async () => {
    const slots = new PollSlots(20, { growMs });
    await slots.use(refuse);
    expect(slots.limit).toBe(1);
    jest.setSystemTime(Date.now() + 60_000);
    expect(slots.limit).toBe(1);
    for (let step = 0; step < 40; step++) {
      await hold(slots);
      jest.setSystemTime(Date.now() + growMs.refused);
      void slots.use(() => new Promise(() => {}));
    }
    expect(slots.limit).toBe(20);
    expect(slots.held).toBe(20);
  });

  it('grow fast until one is refused', async () => {
    const slots = new PollSlots(10_000, { first: 600, growMs });
    for (let step = 0; step < 30; step++) {
      await hold(slots);
      jest.setSystemTime(Date.now() + growMs.unrefused);
      void slots.use(() => new Promise(() => {}));
    }
    expect(slots.limit).toBe(10_000);
  });

  it('stay as many when Temporal has too many calls in a second, which is told', async () => {
    const slots = new PollSlots(100);
    const busy = Object.assign(new Error('namespace rate limit exceeded'), {
      ...refused,
      message: 'namespace rate limit exceeded',
      metadata: { get: () => ['RpsLimit'] },
    });
    await expect(slots.use(() => Promise.reject(busy))).rejects.toBe(busy);
    expect(slots.limit).toBe(100);
  });
});
