import type { Task } from '../../src/a2a/types';
import type { TaskBridge } from '../../src/bridge/bridge';
import type { TaskStream } from '../../src/bridge/types';
import {
  type Harness,
  immediate,
  message,
  readAll,
  readNext,
  scripted,
  startHarness,
  taskOf,
} from '../support/harness';
import { resetWorkflow } from '../support/reset';
import { eventually } from '../support/temporal';

/** A stream that resumes brings the same from every node, whatever the node has read and forgotten of the task. */

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({ agents: [{ id: 'script' }] });
}, 60_000);

const call = () => harness.call('script');
const handle = (id: string) => harness.temporal.client.workflow.getHandle(id);

const say = (id: string, text: string) =>
  harness.bridge.sendMessage(immediate({ message: message(text, { taskId: id }) }), call());

const asks = (id: string, question: string) =>
  eventually(async () => {
    const { status } = await handle(id).query<Task>('a2a_task');
    return status.message?.parts[0]?.text === question;
  });

/** Two runs, each with questions, messages, and artifacts. */
async function begin(nodes: TaskBridge[]): Promise<{ id: string; streams: TaskStream[] }> {
  const { id } = taskOf(
    await harness.bridge.sendMessage(
      immediate(
        scripted([
          { working: 'one', metadata: { a: 1 } },
          { chunks: { artifactId: 's', texts: ['a', 'b'] } },
          { ask: 'name?' },
          { continueAsNew: true },
          { working: 'two', metadata: { b: 1 } },
          { pause: true },
          { ask: 'colour?' },
          { chunks: { artifactId: 's', texts: ['c', 'd'] } },
          { pause: true },
          { ask: 'done?' },
          { complete: { text: 'end', message: 'bye' } },
        ]),
      ),
      call(),
    ),
  );
  const streams = await Promise.all(nodes.map((node) => node.subscribeToTask({ id }, call())));
  for (const [question, answer] of [
    ['name?', 'Ada'],
    ['colour?', 'blue'],
  ] as const) {
    await asks(id, question);
    await say(id, answer);
  }
  await asks(id, 'done?');
  return { id, streams };
}

it.each([false, true])(
  'at each position, of a task that was reset: %s',
  async (isReset) => {
    const nodes = [undefined, 6_000, 0].map((readCacheBytes) =>
      harness.newBridge(readCacheBytes === undefined ? {} : { readCacheBytes }),
    );
    const { id, streams } = await begin(nodes);
    const [firstRunId = ''] = (await readNext(streams[0] as TaskStream)).id.split(':');
    const before = (await handle(id).describe()).runId;
    if (isReset) {
      await resetWorkflow(harness.temporal.client, id, { workflowTask: -2 });
      await asks(id, 'done?');
    }
    const { runId, historyLength } = await handle(id).describe();
    for (const node of nodes) await node.getTask({ id }, call());
    for (const stream of streams) await stream.return();

    const runs = [...new Set([firstRunId, before, runId])];
    const positions = runs.flatMap((each) =>
      Array.from({ length: Math.ceil(historyLength / 4) + 1 }, (_, n) => `${each}:${4 * n + 1}`),
    );
    const cold = harness.newBridge({ readCacheBytes: 0 });
    const resume = (of: TaskBridge[]) =>
      Promise.all(
        positions.map((position) =>
          Promise.all(of.map(async (node) => told(await node.subscribeToTask({ id }, call(), position)))),
        ),
      );
    const running = await resume([cold, ...nodes]);
    await say(id, 'yes');
    await expectSame(running);
    await expectSame(await resume([harness.newBridge({ readCacheBytes: 0 }), ...nodes]));
  },
  120_000,
);

interface Told {
  events: Promise<string[]>;
}

/** In an object, since a promise is waited for. */
function told(stream: TaskStream): Told {
  const events = readAll(stream).then((all) => all.map((event) => `${event.id} ${event.json}`));
  return { events };
}

async function expectSame(read: Told[][]): Promise<void> {
  for (const ofPosition of read) {
    const [expected, ...others] = await Promise.all(ofPosition.map(({ events }) => events));
    for (const events of others) expect(events).toEqual(expected);
    expect(expected?.at(-1)).toContain('bye');
  }
}
