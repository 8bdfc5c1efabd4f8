import { createMetrics, type Metrics } from '../../src/metrics/metrics';
import { type Receiver, startReceiver } from '../push/receiver';
import { type Harness, immediate, request, scripted, startHarness, taskOf } from '../support/harness';
import { eventually, randomTaskQueue } from '../support/temporal';
import { type Sample, samplesIn } from './samples';

let metrics: Metrics;
let harness: Harness;
let receiver: Receiver;
const lonely = randomTaskQueue();

/** A machine that runs tests may be slow, and Temporal counts what waits from time to time. */
const patience = { timeoutMs: 60_000 };

beforeAll(async () => {
  metrics = await createMetrics();
  receiver = await startReceiver();
  harness = await startHarness({
    agents: [
      { id: 'script' },
      { id: 'echo' },
      { id: 'lonely', workflow: { type: 'echo', taskQueue: lonely } },
    ],
    bridge: { metrics },
    push: { metrics },
  });
}, 60_000);

async function sample(name: string, labels: Record<string, string> = {}): Promise<Sample | undefined> {
  return samplesIn(await metrics.text()).find(
    (each) => each.name === name && Object.entries(labels).every(([key, text]) => each.labels[key] === text),
  );
}

const value = async (name: string, labels?: Record<string, string>) => (await sample(name, labels))?.value;
const send = (agent: string, text = 'x') => harness.bridge.sendMessage(request(text), harness.call(agent));

describe('a node', () => {
  it('tells of sends that wait and of histories that are followed', async () => {
    const done = harness.bridge.sendMessage(scripted([{ ask: 'more?' }]), harness.call('script'));
    await eventually(async () => (await value('a2a_waiting_sends')) === 1);
    const task = taskOf(await done);
    await eventually(async () => (await value('a2a_waiting_sends')) === 0);

    const stream = await harness.bridge.subscribeToTask({ id: task.id }, harness.call('script'));
    await stream.next();
    await eventually(async () => (await value('a2a_followed_tasks', { reader: 'api' })) === 1);
    // Those of readers that have gone are held until Temporal answers them.
    await eventually(async () => ((await value('a2a_long_polls', { reader: 'api' })) ?? 0) >= 1);
    await stream.return();
    await eventually(async () => (await value('a2a_followed_tasks', { reader: 'api' })) === 0);
    expect(await value('a2a_long_polls_limit', { reader: 'api' })).toBe(600);
    expect(await value('a2a_temporal_available')).toBe(1);
  });

  it('tells how often it knew an ended task', async () => {
    const { id } = taskOf(await send('echo'));
    const other = harness.newBridge({ metrics });
    const reads = async () => [
      (await value('a2a_read_cache_reads_total', { result: 'hit' })) ?? 0,
      (await value('a2a_read_cache_reads_total', { result: 'miss' })) ?? 0,
    ];
    const [hits = 0, misses = 0] = await reads();
    await other.getTask({ id }, harness.call('echo'));
    expect(await reads()).toEqual([hits, misses + 1]);
    await other.getTask({ id }, harness.call('echo'));
    expect(await reads()).toEqual([hits + 1, misses + 1]);
    expect(await value('a2a_read_cache_bytes')).toBeGreaterThan(100);
  });
});

describe('the namespace', () => {
  it('is told of by its tasks and by the task queues of the agents', async () => {
    await send('echo');
    const call = harness.call('lonely');
    const waiting = taskOf(await harness.bridge.sendMessage(immediate(request('x')), call));
    await eventually(async () => {
      // What a node has read it remembers for a while, so each look is that of a new one.
      const fresh = await createMetrics();
      const node = harness.newBridge({ metrics: fresh });
      node.meterNamespace(harness.agents);
      const samples = samplesIn(await fresh.text());
      const of = (name: string, labels: Record<string, string>) =>
        samples.find((each) => each.name === name && JSON.stringify(each.labels) === JSON.stringify(labels))
          ?.value;
      const queue = (task_queue: string) => ({ task_queue, type: 'workflow' });
      expect(of('a2a_tasks', { status: 'Completed' })).toBeGreaterThan(0);
      expect(of('a2a_tasks', { status: 'Running' })).toBeGreaterThan(0);
      expect(of('a2a_tasks_by_state', { state: 'TASK_STATE_COMPLETED' })).toBeGreaterThan(0);
      expect(of('a2a_tasks_by_state', { state: 'TASK_STATE_SUBMITTED' })).toBeGreaterThan(0);
      expect(of('a2a_tasks_by_state', { state: 'TASK_STATE_AUTH_REQUIRED' })).toBeGreaterThanOrEqual(0);
      expect(of('a2a_stuck_tasks', {})).toBeGreaterThanOrEqual(0);
      expect(of('a2a_task_queue_pollers', queue(harness.taskQueue))).toBeGreaterThan(0);
      expect(of('a2a_task_queue_pollers', queue(lonely))).toBe(0);
      expect(of('a2a_task_queue_backlog', queue(lonely))).toBe(1);
      expect(of('a2a_task_queue_backlog_age_seconds', queue(lonely))).toBeGreaterThan(0);
      return true;
    }, patience);
    await harness.bridge.getTask({ id: waiting.id }, call);
    await eventually(async () => {
      await harness.bridge.getTask({ id: waiting.id }, call);
      return (await value('a2a_stuck_tasks_found_total', { agent: 'lonely', problem: 'NO_WORKER' })) === 1;
    }, patience);
    await harness.bridge.cancelTask({ id: waiting.id }, call);
  }, 150_000);
});

describe('push notifications', () => {
  it('are told of while their receiver refuses them, and counted', async () => {
    receiver.answer = (_notification, response) => response.writeHead(503).end();
    const configuration = { taskPushNotificationConfig: { url: receiver.url } };
    const ask = { ...scripted([{ ask: 'more?' }]), configuration };
    await harness.bridge.sendMessage(ask, harness.call('script'));
    await eventually(
      async () => ((await value('a2a_push_attempts_total', { outcome: 'refused' })) ?? 0) > 0,
      patience,
    );
    expect(await value('a2a_push_deliveries')).toBe(1);
    expect(await value('a2a_push_undelivered')).toBe(1);
    expect(await value('a2a_push_oldest_undelivered_seconds')).toBeGreaterThan(0);
    receiver.answer = (_notification, response) => response.writeHead(204).end();
    await eventually(
      async () => ((await value('a2a_push_attempts_total', { outcome: 'taken' })) ?? 0) > 0,
      patience,
    );
    await eventually(async () => (await value('a2a_push_undelivered')) === 0, patience);
    expect(await value('a2a_push_oldest_undelivered_seconds')).toBe(0);
    expect(await value('a2a_followed_tasks', { reader: 'push' })).toBe(1);
  }, 120_000);
});
