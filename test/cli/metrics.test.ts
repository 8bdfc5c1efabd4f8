import { METRICS, type MetricRow } from '../../src/metrics/table';
import { samplesIn } from '../metrics/samples';
import { buildCli, runCli } from '../support/cli';
import { startTcpProxy } from '../support/tcp-proxy';
import { cleanUpAfterAll, eventually, randomTaskQueue } from '../support/temporal';

beforeAll(buildCli, 60_000);

/** Names of the metrics that a process has a value of, once it has the one that is waited for. */
async function metricsOf(command: 'api' | 'worker', awaited: string): Promise<string[]> {
  const cli = runCli([command], {
    METRICS_PORT: '0',
    PORT: '0',
    TASK_QUEUE: randomTaskQueue(),
    TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS ?? '',
  });
  const [, url = ''] = await cli.printed(/"metrics":"(http:[^"]+)"/, 60_000);
  const names = await eventually(
    async () => {
      const samples = samplesIn(await (await fetch(url)).text());
      expect(samples.map(({ name }) => name)).toContain(awaited);
      return samples.map(({ name }) => name);
    },
    { timeoutMs: 60_000, intervalMs: 200 },
  );
  await expect(cli.end('SIGTERM')).resolves.toBe(0);
  return names;
}

const rows = Object.entries(METRICS) as [string, MetricRow][];
const onlyOf = (role: 'api' | 'worker') => rows.filter(([, row]) => row.of === role).map(([name]) => name);

it('of the API and the worker are those that the table says', async () => {
  const api = await metricsOf('api', 'a2a_stuck_tasks');
  expect(api).toEqual(expect.arrayContaining(['temporal_request_total', 'process_cpu_seconds_total']));
  expect(api.filter((name) => onlyOf('worker').includes(name))).toEqual([]);
  const worker = await metricsOf('worker', 'temporal_worker_task_slots_available');
  expect(worker).toEqual(expect.arrayContaining(['a2a_push_deliveries', 'a2a_long_polls']));
  expect(worker.filter((name) => onlyOf('api').includes(name))).toEqual([]);
}, 180_000);

it('tells beside the metrics whether the worker lives, and what it lacks', async () => {
  const proxy = await startTcpProxy(process.env.TEST_TEMPORAL_ADDRESS ?? '');
  cleanUpAfterAll(() => proxy.close());
  await proxy.refuse();
  const worker = runCli(['worker'], {
    METRICS_PORT: '0',
    TASK_QUEUE: randomTaskQueue(),
    TEMPORAL_ADDRESS: proxy.address,
  });
  const [, url = ''] = await worker.printed(/"metrics":"(http:[^"]+)\/metrics"/, 60_000);
  const answer = async (path: string) => {
    const response = await fetch(`${url}${path}`);
    return `${response.status} ${await response.text()}`;
  };
  const away = /^503 not ready: Temporal cannot be reached/;
  await eventually(async () => away.test(await answer('/readyz')), { timeoutMs: 60_000 });
  expect(await answer('/healthz')).toBe('200 ok\n');
  await proxy.restore();
  await eventually(async () => (await answer('/readyz')) === '200 ready\n', { timeoutMs: 60_000 });
  await proxy.refuse();
  await eventually(async () => away.test(await answer('/readyz')), { timeoutMs: 60_000 });
  expect(await answer('/healthz')).toBe('200 ok\n');
  await worker.end('SIGTERM');
}, 240_000);

it('a port that is taken ends the process with what to change', async () => {
  const first = runCli(['worker'], { METRICS_PORT: '0', TEMPORAL_ADDRESS: '127.0.0.1:9' });
  const [, port = ''] = await first.printed(/"metrics":"http:\/\/127\.0\.0\.1:(\d+)/, 60_000);
  const second = runCli(['worker', '--metrics-port', port], { TEMPORAL_ADDRESS: '127.0.0.1:9' });
  await expect(second.exit).resolves.toBe(1);
  expect(second.stderr).toContain(
    `port ${port} of 127.0.0.1 is in use; choose another with --metrics-port or METRICS_PORT`,
  );
  await first.end('SIGTERM');
}, 120_000);
