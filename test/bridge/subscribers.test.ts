import { readEvents } from '../../src/a2a/server-sent-events';
import { createMetrics, type Metrics } from '../../src/metrics/metrics';
import { samplesIn } from '../metrics/samples';
import { type Harness, immediate, message, scripted, startHarness, taskOf } from '../support/harness';
import { eventually } from '../support/temporal';

const SUBSCRIBERS = 50;

let metrics: Metrics;
let harness: Harness;

beforeAll(async () => {
  metrics = await createMetrics();
  harness = await startHarness({ agents: [{ id: 'script' }], bridge: { metrics }, app: { metrics } });
}, 60_000);

/** Of a stream that is opened over HTTP: its events, as text. */
async function subscribe(taskId: string, signal: AbortSignal) {
  const response = await fetch(`${harness.url}/tasks/${taskId}:subscribe`, {
    method: 'POST',
    headers: { 'A2A-Version': '1.0' },
    signal,
  });
  expect(response.status).toBe(200);
  if (response.body === null) throw new Error('there is no body');
  return readEvents(response.body);
}

async function value(name: string): Promise<number | undefined> {
  return samplesIn(await metrics.text()).find((sample) => sample.name === name)?.value;
}

describe('many clients that join one task at once', () => {
  it('cost Temporal what one of them does, get the same events, and leave nothing behind', async () => {
    // By another node, so that the one that is asked has never heard of the task.
    const other = harness.newBridge();
    const steps = scripted([{ next: true }, { next: true }, { complete: {} }]);
    const { id } = taskOf(await other.sendMessage(immediate(steps), harness.call('script', 'anonymous')));
    const { workflowService } = harness.temporal.client;
    const spies = (
      ['getWorkflowExecutionHistory', 'describeWorkflowExecution', 'queryWorkflow', 'getSystemInfo'] as const
    ).map((name) => jest.spyOn(workflowService, name));
    const [histories, descriptions, queries, probes] = spies;
    const stop = new AbortController();
    const streams = await Promise.all(Array.from({ length: SUBSCRIBERS }, () => subscribe(id, stop.signal)));
    for (const stream of streams) {
      const { value: first } = await stream.next();
      expect(JSON.parse(String(first?.data))).toMatchObject({ task: { id } });
    }
    const waits = (histories?.mock.calls ?? []).filter(
      ([request]) => (request as { waitNewEvent?: boolean }).waitNewEvent === true,
    );
    // One for what there is, and one for each event that comes meanwhile: the task has just begun.
    expect(waits.length).toBeLessThan(10);
    expect((histories?.mock.calls.length ?? 0) - waits.length).toBeLessThanOrEqual(1);
    expect(descriptions?.mock.calls.length).toBeLessThanOrEqual(1);
    expect(queries?.mock.calls.length).toBe(0);
    // Those who come while it is asked whether Temporal is there share the answer.
    expect(probes?.mock.calls.length).toBeLessThan(SUBSCRIBERS / 2);
    for (const spy of spies) spy.mockRestore();
    expect(await value('a2a_open_streams')).toBe(SUBSCRIBERS);

    await other.sendMessage(
      immediate({ message: message('go on', { taskId: id }) }),
      harness.call('script', 'anonymous'),
    );
    const told = await Promise.all(streams.map(async (stream) => (await stream.next()).value));
    expect(new Set(told.map((event) => `${event?.id} ${event?.data}`)).size).toBe(1);

    stop.abort();
    await eventually(async () => (await value('a2a_open_streams')) === 0);
    await eventually(async () => (await value('a2a_followed_tasks')) === 0);
  });
});
