import { randomUUID } from 'node:crypto';
import { type Listed, SilentWorkers } from '../../src/worker/silent-workers';
import { buildCli, type CliProcess, runCli } from '../support/cli';
import { connectTestTemporal, eventually, randomTaskQueue } from '../support/temporal';

describe('Workers that send no heartbeats any more', () => {
  /** A worker that has sent this many heartbeats, one each second. */
  const worker = (name: string, beats: number, more: Partial<Listed> = {}): Listed => ({
    workerInstanceKey: `key of ${name}`,
    workerIdentity: name,
    taskQueue: 'queue',
    heartbeatTime: { seconds: beats as never, nanos: 0 },
    elapsedSinceLastHeartbeat: { seconds: 1 as never, nanos: 0 },
    ...more,
  });
  /** Looks every half second; gives the names of those that were lost, and when. */
  const run = (seconds: number, listed: (second: number) => Listed[] | undefined): string[] => {
    const silent = new SilentWorkers('own');
    const lost: string[] = [];
    for (let second = 0; second <= seconds; second += 0.5) {
      const workers = listed(second);
      if (workers === undefined) {
        silent.forget();
        continue;
      }
      for (const { identity } of silent.look(workers, second * 1_000)) lost.push(`${identity} at ${second}`);
    }
    return lost;
  };
  const until = (end: number, second: number) => Math.floor(Math.min(end, second));

  it('are told once, after two and a half seconds', () => {
    expect(
      run(20, (second) => [worker('own', until(99, second)), worker('other', until(5, second))]),
    ).toEqual(['other at 7.5']);
  });

  it('are told when they had died before anybody looked', () => {
    expect(run(9, (second) => [worker('own', until(99, second)), worker('other', -7)])).toEqual([
      'other at 2.5',
    ]);
  });

  it('are given more time when their heartbeats are rarer', () => {
    const rare = { elapsedSinceLastHeartbeat: { seconds: 10 as never, nanos: 0 } };
    const workers = (second: number) => [
      worker('own', until(99, second)),
      worker('other', Math.floor(until(20, second) / 10), rare),
    ];
    expect(run(60, workers)).toEqual(['other at 45']);
  });

  it.each([
    ['Temporal cannot be asked', (second: number) => (second > 5 && second < 9 ? undefined : second)],
    ['no heartbeat arrives', (second: number) => (second > 5 && second < 9 ? 5 : second)],
  ])('and are alive are not told because %s', (_, clock) => {
    const listed = (second: number) => {
      const at = clock(second);
      return at === undefined ? undefined : [worker('own', Math.floor(at)), worker('other', Math.floor(at))];
    };
    expect(run(20, listed)).toEqual([]);
  });

  it('are not told because this process was stopped for a while', () => {
    const silent = new SilentWorkers('own');
    const looks = [0, 500, 30_000, 30_500].map((now) =>
      silent.look([worker('own', 1), worker('other', 1)], now),
    );
    expect(looks.flat()).toEqual([]);
  });

  it('are not told when a later worker has their name, or when they have stopped in good order', () => {
    const listed = (second: number) => [
      worker('own', until(99, second)),
      worker('same', 1, { workerInstanceKey: 'before' }),
      worker('same', until(99, second), { workerInstanceKey: 'after' }),
      worker('stopped', 1, { status: 3 }),
    ];
    expect(run(20, listed)).toEqual([]);
  });
});

const LONG = { timeoutMs: 60_000 };

it('A worker that is killed is noticed, and another one goes on', async () => {
  await buildCli();
  const temporal = await connectTestTemporal();
  const taskQueue = randomTaskQueue();
  const start = async (): Promise<CliProcess> => {
    const worker = runCli(['worker', '--task-queue', taskQueue], { TEMPORAL_ADDRESS: temporal.address });
    await worker.printed(/worker is ready/, 60_000);
    return worker;
  };
  const workers = [await start(), await start()];
  const failures: string[] = [];
  // A heartbeat timeout of 10 s is not long on a slow machine; but not for each of three.
  for (let attempt = 0; attempt < 3 && !failures.includes('A2A_WORKER_LOST'); attempt++) {
    const id = randomUUID();
    const message = { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text: '500 every 100ms' }] };
    const handle = await temporal.client.workflow.start('ticker', {
      workflowId: id,
      taskQueue,
      args: [{ task: { id, contextId: id }, agentId: 'ticker', message }],
    });
    const pending = async () => (await handle.describe()).raw.pendingActivities?.[0];
    const identity = await eventually(async () => (await pending())?.lastWorkerIdentity || undefined, LONG);
    const victim = workers.findIndex(({ process }) => String(identity).endsWith(`:${process.pid}`));
    await workers[victim]?.end('SIGKILL');
    const failure = await eventually(async () => (await pending())?.lastFailure ?? undefined, LONG);
    failures.push(failure?.applicationFailureInfo?.type ?? 'timeout');
    await eventually(async () => (await pending())?.lastWorkerIdentity !== identity, LONG);
    await handle.terminate();
    workers.splice(victim, 1, await start());
  }
  expect(failures).toContain('A2A_WORKER_LOST');
}, 300_000);
