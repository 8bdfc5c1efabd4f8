import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { TaskBridge } from '../../src/bridge/bridge';
import { type DevServer, startDevServer } from '../../src/dev-server/dev-server';
import { availabilityOf } from '../../src/temporal/availability';
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
import { cleanUpAfterAll, connectTestTemporal, eventually, type TestTemporal } from '../support/temporal';

/** Lists of the shared server hold nothing of other files. */
const owner = `owner-${randomUUID()}`;

/** What the bridge promises while something of it, or Temporal, is away. */

describe('a node that is gone in the middle of a send', () => {
  it('leaves a task that the same message gets again from another node', async () => {
    const harness = await startHarness({ agents: [{ id: 'script' }] });
    const call = harness.call('script', owner);
    const first = scripted([{ working: 'on' }, { next: true }, { complete: { text: 'end' } }]);
    const gone = harness.newBridge();
    const lost = gone.sendMessage(first, call).catch(() => undefined);
    const { id } = await eventually(async () => {
      const { tasks } = await harness.bridge.listTasks({ status: 'TASK_STATE_WORKING' }, call);
      return tasks[0];
    });
    gone.close();
    await lost;
    const again = harness.bridge.sendMessage(first, call);
    await harness.bridge.sendMessage(immediate({ message: message('go', { taskId: id }) }), call);
    expect(taskOf(await again)).toMatchObject({ id, status: { state: 'TASK_STATE_COMPLETED' } });
  });
});

describe('without a worker', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness({ agents: [{ id: 'script' }], withoutWorker: true });
  }, 60_000);

  it('tasks are made, got, listed and canceled', async () => {
    const call = harness.call('script', owner);
    const { bridge } = harness;
    const task = taskOf(await bridge.sendMessage(immediate(scripted([{ forever: true }])), call));
    expect((await bridge.getTask({ id: task.id }, call)).status.state).toBe('TASK_STATE_SUBMITTED');
    const { tasks } = await eventually(async () => {
      const answer = await bridge.listTasks({ contextId: task.contextId }, call);
      return answer.totalSize === 1 && answer;
    });
    expect(tasks.map(({ id }) => id)).toEqual([task.id]);
    expect((await bridge.cancelTask({ id: task.id }, call)).status.state).toBe('TASK_STATE_CANCELED');
  });

  it('a task waits, and goes on with another worker than it began with', async () => {
    const call = harness.call('script', owner);
    const first = await harness.startWorker();
    const steps = scripted([{ working: 'begun' }, { next: true }, { complete: { text: 'end' } }]);
    const stream = await harness.bridge.sendStreamingMessage(steps, call);
    expect(inShort(await readNext(stream))).toBe('task submitted');
    const begun = await readNext(stream);
    await first.stop();
    const taskId = begun.response.statusUpdate?.taskId ?? '';
    await harness.bridge.sendMessage(immediate({ message: message('go', { taskId }) }), call);
    expect((await harness.bridge.getTask({ id: taskId }, call)).history).toHaveLength(2);
    await harness.startWorker();
    expect((await readAll(stream)).map(inShort)).toEqual([
      'working "go"',
      'artifact last"end" last',
      'completed',
    ]);
  });
});

describe('while Temporal is away', () => {
  let server: DevServer;
  let harness: Harness;

  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'outages-'));
    cleanUpAfterAll(() => rm(directory, { recursive: true, force: true }));
    // Sets the runtime up.
    await connectTestTemporal();
    server = await startDevServer({ dbFile: join(directory, 'temporal.db') });
    cleanUpAfterAll(() => server.stop());
    const temporal = await connectTo(server);
    const availability = availabilityOf(temporal.client);
    cleanUpAfterAll(async () => availability.close());
    harness = await startHarness({ temporal, agents: [{ id: 'script' }], bridge: { availability } });
  }, 90_000);

  /** Resolves when a reader has caught up with what had happened before it came. */
  function caughtUp(bridge: TaskBridge): Promise<void> {
    type Replay = (...args: unknown[]) => AsyncGenerator<unknown>;
    const { follower } = bridge as unknown as { follower: { replay: Replay } };
    const replay = follower.replay.bind(follower);
    return new Promise((resolve) => {
      follower.replay = async function* (...args) {
        yield* replay(...args);
        resolve();
      };
    });
  }

  async function connectTo({ address }: DevServer): Promise<TestTemporal> {
    const connection = await NativeConnection.connect({ address });
    cleanUpAfterAll(() => connection.close());
    return { address, namespace: 'default', connection, client: new Client({ connection }) };
  }

  it('calls fail soon, and streams go on without a gap when it is back', async () => {
    const call = harness.call('script', owner);
    const { bridge } = harness;
    const first = scripted([{ working: 'before' }, { next: true }, { complete: { text: 'after' } }]);
    const stream = await bridge.sendStreamingMessage(first, call);
    const { id = '' } = (await readNext(stream)).response.task ?? {};
    expect(inShort(await readNext(stream))).toBe('working "before"');
    const ready = caughtUp(bridge);
    const blocked = bridge.sendMessage(first, call);
    await ready;

    // Held still first, so that the calls below surely find it away; it is started again after its death.
    process.kill(server.pid, 'SIGSTOP');
    const away = { reason: 'UNAVAILABLE', headers: { 'Retry-After': '2' } };
    const started = Date.now();
    await Promise.all([
      expect(bridge.sendMessage(scripted([]), call)).rejects.toMatchObject(away),
      expect(bridge.sendStreamingMessage(scripted([]), call)).rejects.toMatchObject(away),
      expect(bridge.getTask({ id }, call)).rejects.toMatchObject(away),
      expect(bridge.listTasks({}, call)).rejects.toMatchObject(away),
      expect(bridge.cancelTask({ id }, call)).rejects.toMatchObject(away),
      expect(bridge.subscribeToTask({ id }, call)).rejects.toMatchObject(away),
    ]);
    expect(Date.now() - started).toBeLessThan(5_000);

    const { pid } = server;
    process.kill(pid, 'SIGKILL');
    await eventually(() => server.pid !== pid, { timeoutMs: 30_000 });
    const go = { message: message('go', { taskId: id }) };
    await eventually(() => bridge.sendMessage(immediate(go), call), { timeoutMs: 60_000 });
    expect((await readAll(stream)).map(inShort)).toEqual([
      'working "go"',
      'artifact last"after" last',
      'completed',
    ]);
    expect(taskOf(await blocked).status.state).toBe('TASK_STATE_COMPLETED');
    expect(taskOf(await bridge.sendMessage(scripted([{ complete: {} }]), call)).status.state).toBe(
      'TASK_STATE_COMPLETED',
    );
  }, 180_000);
});
