import { once } from 'node:events';
import { Context } from '@temporalio/activity';
import type { TaskUpdate } from '../../src/a2a/task-update';
import { withTaskReporter } from '../../src/activities/task-reporter';
import { foldHistory } from '../../src/bridge/history';
import { TemporalCalls } from '../../src/bridge/temporal-calls';
import { TASK_QUERY, UPDATE_NAME, WORKER_LOST_FAILURE } from '../../src/contract/contract';
import { testActivities } from '../support/activities';
import {
  type Harness,
  immediate,
  inShort,
  readAll,
  scripted,
  startHarness,
  taskOf,
} from '../support/harness';
import { eventually } from '../support/temporal';

const LONG = { timeoutMs: 60_000 };

const chunk = (text: string): TaskUpdate => ({
  artifactUpdate: { artifact: { artifactId: 'a', parts: [{ text }] }, append: true },
});

/** What happens in the attempts of one activity, in the order in which it is told here. */
class Gates {
  private readonly events = new EventTarget();
  private readonly open = new Set<string>();

  pass(name: string): void {
    this.open.add(name);
    this.events.dispatchEvent(new Event(name));
  }

  async wait(name: string): Promise<void> {
    if (!this.open.has(name)) await once(this.events, name);
  }
}

let harness: Harness;
let gates: Gates;

/** Five updates; the first attempt tells the last three only behind `late`, as one on a worker that was frozen. */
async function report(): Promise<void> {
  const { attempt } = Context.current().info;
  await withTaskReporter(async (reporter) => {
    for (const name of ['1', '2', '3', '4', '5']) {
      if (attempt === 1 && name === '3') {
        await reporter.flush();
        gates.pass('frozen');
        await gates.wait('late');
      }
      if (attempt === 2 && name === '4') {
        await reporter.flush();
        gates.pass('taken over');
        await gates.wait('late told');
      }
      await reporter.report(chunk(`${name} of ${attempt}, `));
    }
  });
  if (attempt === 1) gates.pass('late told');
}

beforeAll(async () => {
  harness = await startHarness({ agents: [{ id: 'script' }], activities: { ...testActivities, report } });
}, 60_000);

/** As src/worker/lost-workers.ts does it. */
async function takeForDead(workflowId: string): Promise<void> {
  const { client, namespace } = harness.temporal;
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  await client.workflowService.respondActivityTaskFailedById({
    namespace,
    workflowId,
    activityId: raw.pendingActivities?.[0]?.activityId ?? '',
    failure: {
      message: 'its worker has died',
      applicationFailureInfo: { type: WORKER_LOST_FAILURE, nextRetryDelay: { nanos: 1_000_000 } },
    },
  });
}

it('What a worker that was taken for dead tells late is dropped, by workflow and bridge', async () => {
  gates = new Gates();
  const call = harness.call('script');
  const first = scripted([{ report: [] }, { ask: 'Done?' }]);
  const { id } = taskOf(await harness.bridge.sendMessage(immediate(first), call));
  await gates.wait('frozen');
  await takeForDead(id);
  await gates.wait('taken over');
  gates.pass('late');

  const handle = harness.temporal.client.workflow.getHandle(id);
  const asked = await eventually(async () => {
    const task = await harness.bridge.getTask({ id }, call);
    return task.status.state === 'TASK_STATE_INPUT_REQUIRED' ? task : undefined;
  }, LONG);
  const texts = ['1 of 1, ', '2 of 1, ', '3 of 2, ', '4 of 2, ', '5 of 2, '];
  expect(asked.artifacts?.[0]?.parts[0]?.text).toBe(texts.join(''));
  expect(await handle.query(TASK_QUERY)).toMatchObject({ artifacts: asked.artifacts });

  const stream = await harness.bridge.sendStreamingMessage(first, call);
  const events = readAll(stream);
  await harness.bridge.sendMessage({ message: { ...scripted([]).message, taskId: id } }, call);
  expect((await events).map(inShort).filter((each) => each.startsWith('artifact'))).toEqual(
    texts.map((text) => `artifact a+"${text}"`),
  );
  const { artifacts } =
    (await foldHistory(new TemporalCalls(harness.temporal.client), { workflowId: id })).task ?? {};
  expect(artifacts).toEqual(asked.artifacts);
  const { events: history } = await handle.fetchHistory();
  // It came, behind what the other attempt had told.
  expect(
    history?.filter(
      ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName === UPDATE_NAME,
    ),
  ).toHaveLength(5);
}, 120_000);
