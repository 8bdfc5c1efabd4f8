import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { samplesIn } from '../metrics/samples';
import { fileOf } from '../reload/support';
import { buildCli, type CliProcess, runCli } from '../support/cli';
import { eventually, randomTaskQueue } from '../support/temporal';

const directory = mkdtempSync(join(tmpdir(), 'cli-reload-'));
const taskQueue = randomTaskQueue();
let cli: CliProcess;

beforeAll(buildCli, 180_000);
afterAll(() => rmSync(directory, { recursive: true }));

const write = (name: string, ...agents: Parameters<typeof fileOf>[0]) =>
  writeFileSync(join(directory, name), fileOf(agents));
const echoNamed = (id: string) => ({ id, workflow: { type: 'echo', taskQueue } });

/** Lines of the log that have a field. */
const logged = (field: string) =>
  cli.stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => field in line);

it('reads the agents again when their files change and on SIGHUP, and goes on', async () => {
  write('a.yaml', echoNamed('first'));
  cli = runCli(['start'], {
    AGENTS_FILE: directory,
    PORT: '0',
    METRICS_PORT: '0',
    TASK_QUEUE: taskQueue,
    TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS ?? '',
  });
  const [, url = ''] = await cli.printed(/first +(http:\/\/[\d.:]+)\//, 60_000);
  const listed = async () => {
    const { agents } = (await (await fetch(`${url}/a2a`)).json()) as { agents: { id: string }[] };
    return agents.map(({ id }) => id);
  };

  write('b.yaml', echoNamed('second'), {
    id: 'chain',
    chain: { taskQueue, steps: [{ name: 's', agent: 'second' }] },
  });
  await eventually(async () => (await listed()).includes('chain'), { timeoutMs: 30_000 });
  const message = { messageId: '1', role: 'ROLE_USER', parts: [{ text: 'hi' }] };
  const response = await fetch(`${url}/a2a/chain/message:send`, {
    method: 'POST',
    headers: { 'A2A-Version': '1.0', 'Content-Type': 'application/json' },
    body: JSON.stringify({ message }),
  });
  expect(await response.json()).toMatchObject({ task: { status: { state: 'TASK_STATE_COMPLETED' } } });

  write('b.yaml', echoNamed('first'));
  await eventually(() => logged('faults').length > 0, { timeoutMs: 30_000 });
  expect(logged('faults')[0]?.faults).toEqual([
    `${join(directory, 'b.yaml')}:4: agents[0].id: expected an ID that no other agent has, got "first", which is the ID of agents[0] in ${join(directory, 'a.yaml')}`,
  ]);
  expect(await listed()).toEqual(['first', 'second', 'chain']);
  const { metrics } = logged('metrics')[0] as { metrics: string };
  const samples = samplesIn(await (await fetch(metrics)).text());
  expect(samples.find(({ name }) => name === 'a2a_agents_refused')?.value).toBe(1);

  cli.process.kill('SIGHUP');
  await eventually(() => logged('faults').length > 1, { timeoutMs: 30_000 });
  expect(await listed()).toEqual(['first', 'second', 'chain']);
  await expect(cli.end('SIGTERM')).resolves.toBe(0);
}, 120_000);
