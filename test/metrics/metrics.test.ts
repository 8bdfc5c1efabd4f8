import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { Counter, Registry } from 'prom-client';
import { targetNames } from '../../src/activities/remote/target-names';
import { NO_METER } from '../../src/metrics/meter';
import { createMetrics } from '../../src/metrics/metrics';
import type { RunningMetricsServer } from '../../src/metrics/server';
import { makeAgent } from '../api/harness';
import { buildCli, runNode } from '../support/cli';
import { samplesIn } from './samples';

const gauge = (text: string, name: string) =>
  samplesIn(text)
    .filter((sample) => sample.name === name)
    .map(({ labels, value }) => ({ ...labels, value }));

describe('gauges', () => {
  it('are the sum of those who tell, or the largest where they read the same', async () => {
    const metrics = await createMetrics();
    for (const value of [2, 3]) {
      metrics.gauge('a2a_open_streams', () => [{ labels: { binding: 'HTTP' }, value }]);
      metrics.gauge('a2a_tasks', async () => [{ labels: { status: 'Running' }, value }]);
    }
    const text = await metrics.text();
    expect(gauge(text, 'a2a_open_streams')).toEqual([{ binding: 'HTTP', value: 5 }]);
    expect(gauge(text, 'a2a_tasks')).toEqual([{ status: 'Running', value: 3 }]);
  });

  it('leave out what cannot be read now, and what nobody tells any more', async () => {
    const metrics = await createMetrics();
    metrics.gauge('a2a_stuck_tasks', async () => {
      throw new Error('Temporal is away');
    });
    metrics.gauge('a2a_tasks', () => {
      throw new Error('Temporal is away');
    });
    const end = metrics.gauge('a2a_waiting_sends', () => [{ labels: {}, value: 1 }]);
    expect(gauge(await metrics.text(), 'a2a_waiting_sends')).toEqual([{ value: 1 }]);
    end();
    const text = await metrics.text();
    for (const name of ['a2a_stuck_tasks', 'a2a_tasks', 'a2a_waiting_sends'])
      expect(gauge(text, name)).toEqual([]);
  });
});

describe('a registry', () => {
  it('of the program keeps its own metrics, and gets none of Node.js', async () => {
    const registry = new Registry();
    new Counter({ name: 'mine_total', help: 'Mine', registers: [registry] }).inc();
    const metrics = await createMetrics({ registry });
    metrics.add('a2a_push_attempts_total', { outcome: 'taken' }, 2);
    const text = await registry.metrics();
    expect(text).toContain('mine_total 1');
    expect(text).toContain('a2a_push_attempts_total{outcome="taken"} 2');
    expect(text).not.toContain('nodejs_');
    await expect(createMetrics({ registry })).rejects.toThrow(/already been registered/);
  });
});

describe('the port', () => {
  let server: RunningMetricsServer | undefined;
  afterEach(() => server?.close());

  it('serves /metrics alone, also while the exporter of the SDK is away', async () => {
    const metrics = await createMetrics({ sdkUrl: 'http://127.0.0.1:9/metrics' });
    server = await metrics.listen({ port: 0 });
    const answer = (path: string, method = 'GET') => fetch(`${server?.url}${path}`, { method });
    expect(await (await answer('/metrics')).text()).toContain('process_cpu_seconds_total');
    expect((await answer('/metrics?x=1')).status).toBe(200);
    expect((await answer('/')).status).toBe(404);
    const { status, headers } = await answer('/metrics', 'POST');
    expect([status, headers.get('Allow')]).toEqual([405, 'GET, HEAD']);
    const named = async (name: string, host = '127.0.0.1') => {
      const { port } = new URL(server?.url ?? '');
      const asked = get({ host, port, path: '/metrics', headers: { Host: `${name}:${port}` } });
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      response.resume();
      return response.statusCode;
    };
    expect(await Promise.all(['localhost', '[::1]', '10.1.2.3'].map((name) => named(name)))).toEqual([
      ...[200, 200, 200],
    ]);
    // A page whose own name leads here must not read them.
    expect(await named('rebound.example.com')).toBe(421);
    await expect(metrics.listen({ port: Number(new URL(server.url).port) })).rejects.toThrow(/EADDRINUSE/);
  });
});

describe('without metrics', () => {
  it('nothing is counted, and prom-client is not loaded', async () => {
    NO_METER.add('a2a_push_attempts_total', { outcome: 'taken' });
    NO_METER.gauge('a2a_waiting_sends', () => {
      throw new Error('nobody looks');
    })();
    const load = `require('./dist/index.js');
      console.log(Object.keys(require.cache).some((path) => path.includes('prom-client')));`;
    await buildCli();
    const node = runNode(['-e', load]);
    await node.exit;
    expect(node.stdout).toBe('false\n');
  }, 60_000);
});

it('remote agents are counted by what agents.yaml calls them', () => {
  const at = (path: string) => `https://agents.example/${path}`;
  const skills = [{ id: 'x', name: 'x', description: 'x' }];
  const steps = [
    { name: 'translate', url: at('step') },
    { name: 'again', url: at('proxied') },
  ];
  const own = { workflow: undefined, skills } as object;
  const name = targetNames([
    makeAgent({ id: 'report', ...own, chain: { steps } }),
    makeAgent({ id: 'proxied', ...own, proxy: { url: at('proxied') } }),
    makeAgent({
      id: 'writer',
      ...own,
      model: { baseUrl: at('v1'), model: 'm', tools: [{ url: at('tool') }] },
    }),
  ]);
  expect(['proxied', 'step', 'tool', 'unknown'].map((path) => name(at(path)))).toEqual([
    'proxied',
    'report/translate',
    'writer',
    undefined,
  ]);
});
