import { TaskQueues } from '../../src/bridge/task-queues';
import { type BridgeLogger, TemporalCalls } from '../../src/bridge/temporal-calls';
import { WorkerWatch } from '../../src/bridge/worker-watch';
import {
  cleanUpAfterAll,
  connectTestTemporal,
  eventually,
  randomTaskQueue,
  startTestWorker,
  type TestTemporal,
} from '../support/temporal';

let temporal: TestTemporal;

beforeAll(async () => {
  temporal = await connectTestTemporal();
}, 60_000);

it('logs once that no worker polls a task queue, and when one does', async () => {
  const logged: unknown[] = [];
  const log = (level: string) => (fields: unknown, text: unknown) => void logged.push([level, fields, text]);
  const logger = { info: log('info'), warn: log('warn') } as unknown as BridgeLogger;
  const calls = new TemporalCalls(temporal.client, logger);
  const lookMs = { first: 10, next: 10, missing: 10 };
  const watch = new WorkerWatch({ calls, queues: new TaskQueues(calls), lookMs });
  cleanUpAfterAll(async () => watch.close());

  const { connection } = temporal;
  const [empty, busy] = [randomTaskQueue(), randomTaskQueue()];
  await startTestWorker({ connection, taskQueue: busy });
  await eventually(() => new TaskQueues(calls).isPolled(busy));
  const looks = jest.spyOn(temporal.client.workflowService, 'describeTaskQueue');
  const waiting = { [busy]: 'tasks of the agent "b"', [empty]: 'tasks of the agents "a", "c"' };
  watch.watch(new Map(Object.entries(waiting)));
  const warning = [
    'warn',
    { taskQueue: empty },
    `no worker polls the task queue "${empty}": tasks of the agents "a", "c" wait until one does`,
  ];
  await eventually(() => logged.length > 0);
  const before = looks.mock.calls.length;
  await eventually(() => looks.mock.calls.length > before + 2);
  expect(logged).toEqual([warning]);

  await startTestWorker({ connection, taskQueue: empty });
  await eventually(() => logged.length > 1);
  expect(logged).toEqual([
    warning,
    ['info', { taskQueue: empty }, `a worker polls the task queue "${empty}" now`],
  ]);
});
