import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { Task } from '../../src/a2a/types';
import type { TaskStart } from '../../src/contract/contract';
import { smallestGapMs, thinned } from '../../src/contract/signal-pace';
import { startDevServer } from '../../src/dev-server/dev-server';
import { type Harness, message, scripted, startHarness, taskOf } from '../support/harness';
import { cleanUpAfterAll, connectTestTemporal } from '../support/temporal';
import type { Step } from '../support/workflows';

/** Signals that this file's own Temporal server takes for a run; 10,000 elsewhere. */
const MOST_SIGNALS = 12;

let harness: Harness;

beforeAll(async () => {
  await connectTestTemporal();
  const remote = await startHarness({ app: true, agents: [{ id: 'script' }] });
  const dynamicConfig = { 'history.maximumSignalsPerExecution': MOST_SIGNALS };
  const server = await startDevServer({ dynamicConfig });
  const connection = await NativeConnection.connect({ address: server.address });
  cleanUpAfterAll(async () => {
    await connection.close();
    await server.stop();
  });
  const namespace = 'default';
  harness = await startHarness({
    temporal: {
      address: server.address,
      namespace,
      connection,
      client: new Client({ connection, namespace }),
    },
    agents: [
      { id: 'script' },
      { id: 'remote', chain: { steps: [{ name: 'it', url: `${remote.url}/a2a/script` }] } },
      { id: 'local', chain: { steps: [{ name: 'it', agent: 'script' }] } },
    ],
  });
}, 120_000);

const run = async (agentId: string, ...steps: Step[]) =>
  taskOf(await harness.bridge.sendMessage(scripted(steps), harness.call(agentId)));

async function signalsOf({ id }: Task): Promise<number> {
  const { events } = await harness.temporal.client.workflow.getHandle(id).fetchHistory();
  return (events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes).length;
}

const COUNT = 3 * MOST_SIGNALS;
const numbers = Array.from({ length: COUNT }, (_, index) => `${index} `);

const working = (text: string) => ({
  statusUpdate: { status: { state: 'TASK_STATE_WORKING' as const, message: message(text) } },
});

describe('a call that relays more than Temporal takes', () => {
  it('of a remote agent ends with all that it has brought', async () => {
    const chunks = numbers.map((text) => ({
      artifactUpdate: { artifact: { artifactId: 'a', parts: [{ text }] }, append: true },
    }));
    const task = await run('remote', { report: chunks, options: { gapMs: 60 } });
    expect(task.status.state).toBe('TASK_STATE_COMPLETED');
    expect(task.artifacts?.[0]?.parts).toEqual([{ text: numbers.join('') }]);
    expect(await signalsOf(task)).toBe(MOST_SIGNALS);
  }, 60_000);

  it('of an agent of this bridge ends, too', async () => {
    const talk: Step[] = numbers.flatMap((text): Step[] => [{ working: text }, { pause: true }]);
    const task = await run('local', ...talk, { complete: { text: 'end' } });
    expect(task.status.state).toBe('TASK_STATE_COMPLETED');
    expect(task.artifacts?.[0]?.parts).toEqual([{ text: 'end' }]);
    expect(await signalsOf(task)).toBe(MOST_SIGNALS);
  }, 60_000);

  it('reports progress as long as it can, and nothing that lasts is lost in silence', async () => {
    const progress = await run('script', { report: numbers.map(working), options: { gapMs: 60 } });
    expect(progress.status.state).toBe('TASK_STATE_COMPLETED');
    const artifacts = numbers.map((artifactId) => ({
      artifactUpdate: { artifact: { artifactId, parts: [{ text: 'x' }] } },
    }));
    const failed = await run('script', { report: artifacts, options: { gapMs: 60 } });
    expect(failed.status).toMatchObject({
      state: 'TASK_STATE_FAILED',
      message: { parts: [{ text: expect.stringMatching(/^Temporal takes no more signals/) }] },
    });
  }, 60_000);
});

describe('a task that has told its caller very much', () => {
  it('gathers what it tells, in its next runs too, and ends without delay', async () => {
    const { client } = harness.temporal;
    const id = randomUUID();
    const talk: Step[] = [{ working: 'a' }, { pause: true }, { working: 'b' }, { pause: true }];
    const start: TaskStart = {
      task: { id, contextId: 'c' },
      agentId: 'script',
      message: scripted([...talk, { continueAsNew: true }, ...talk, { complete: {} }]).message,
      tellsParent: true,
      told: 6_000,
    };
    await client.workflow.execute('script', {
      taskQueue: harness.taskQueue,
      workflowId: id,
      args: [start],
    });
    const { events } = await client.workflow.getHandle(id).fetchHistory();
    expect(events?.some((event) => event.timerStartedEventAttributes)).toBe(true);
    const { data } = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0] ?? {};
    expect(JSON.parse(Buffer.from(data ?? []).toString()).told).toBeGreaterThan(6_000);
  });
});

describe('the pace of signals', () => {
  /** How many an activity sends that always has news. */
  function signalsWithin(seconds: number): number {
    let ms = 0;
    let signals = 0;
    for (; ms < seconds * 1_000; signals++) ms += smallestGapMs(signals);
    return signals;
  }

  it('leaves room for the client, however long it takes', () => {
    expect(signalsWithin(1)).toBeGreaterThan(40);
    expect(signalsWithin(60)).toBeGreaterThan(1_000);
    expect(signalsWithin(24 * 3_600)).toBeLessThan(8_500);
  });

  it('leaves out what was overtaken, and keeps its metadata and its place', () => {
    const [one, two] = [working('one'), working('two')];
    const withMetadata = { statusUpdate: { ...one.statusUpdate, metadata: { a: 1 } } };
    const artifact = { artifactUpdate: { artifact: { artifactId: 'a', parts: [{ text: 'x' }] } } };
    const question = { statusUpdate: { status: { state: 'TASK_STATE_INPUT_REQUIRED' as const } } };
    const updates = [withMetadata, artifact, two, question, one];
    expect(thinned(updates, 10)).toEqual(updates);
    expect(thinned(updates, 5_000)).toEqual([
      null,
      artifact,
      { statusUpdate: { ...two.statusUpdate, metadata: { a: 1 } } },
      question,
      one,
    ]);
  });
});
