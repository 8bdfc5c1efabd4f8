import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { METRICS, type MetricName, type MetricRow } from '../../src/metrics/table';
import { ensureNexusEndpoint } from '../../src/temporal/nexus-endpoint';
import { startFakeOpenAI } from '../model/fake-openai';
import { startReceiver } from '../push/receiver';
import { buildCli, type CliProcess, ROOT, runCli } from '../support/cli';
import { message } from '../support/harness';
import {
  cleanUpAfterAll,
  connectTestTemporal,
  eventually,
  randomTaskQueue,
  startTestWorker,
} from '../support/temporal';
import { selectorsIn } from './promql';
import { type Sample, samplesIn } from './samples';

/** A real server, its worker and all kinds of traffic; the dashboard and the alerts find there what they look for. */
let scraped: Sample[];
let text: string;
let names: Set<string>;

interface Panel {
  type: string;
  title: string;
  targets?: { expr: string }[];
}

interface Rule {
  alert: string;
  expr: string;
  for: string;
  labels: { severity: string };
  annotations: { summary: string; description: string };
}

/** Every expression of the dashboard and the alerts, by what it is for. */
async function expressions(): Promise<[what: string, expression: string][]> {
  const read = (path: string) => readFile(join(ROOT, 'deploy', path), 'utf8');
  const { panels } = JSON.parse(await read('grafana/temporal-a2a.json')) as { panels: Panel[] };
  const { groups } = parse(await read('prometheus/alerts.yaml')) as { groups: { rules: Rule[] }[] };
  return [
    ...panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }): [string, string] => [`panel ${title}`, expr]),
    ),
    ...groups.flatMap(({ rules }) =>
      rules.map(({ alert, expr }): [string, string] => [`alert ${alert}`, expr]),
    ),
  ];
}

const skill = [{ id: 'x', name: 'x', description: 'x' }];
const agent = (id: string, more: object) => ({ id, name: id, description: id, skills: skill, ...more });

beforeAll(async () => {
  await buildCli();
  const directory = await mkdtemp(join(tmpdir(), 'metrics-'));
  cleanUpAfterAll(() => rm(directory, { recursive: true, force: true }));
  const model = await startFakeOpenAI();
  cleanUpAfterAll(() => model.close());
  model.answer({ text: ['Hello'], usage: [7, 3] });
  const receiver = await startReceiver();
  const taskQueue = randomTaskQueue();
  const agents = [
    agent('echo', { default: true, workflow: { type: 'echo', taskQueue } }),
    agent('ticker', { workflow: { type: 'ticker', taskQueue } }),
    agent('full', { workflow: { type: 'echo', taskQueue }, quotas: { total: { requestsPerSecond: 0.001 } } }),
    // Nothing listens there.
    agent('gone', { proxy: { url: 'http://127.0.0.1:9/', taskQueue } }),
    agent('writer', { model: { baseUrl: model.baseUrl, model: 'small', taskQueue } }),
  ];
  const file = join(directory, 'agents.yaml');
  await writeFile(file, JSON.stringify({ agents }));
  const cli = runCli(['start', '--port', '0', '--agents-file', file], {
    METRICS_PORT: '0',
    NEXUS: 'true',
    TASK_QUEUE: taskQueue,
    OUTBOUND_ALLOW: '127.0.0.0/8',
    TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS ?? '',
  });
  const at = await addressOf(cli, /"metrics":"(http:[^"]+)"/);
  const url = await addressOf(cli, /(http:\/\/127\.0\.0\.1:\d+)\/a2a\/ticker/);
  const post = (path: string, body: object) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'A2A-Version': '1.0', 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  const send = (id: string, content: string | { data: object }[], configuration: object = {}) =>
    post(`/a2a/${id}/message:send`, { message: message(content as string), configuration });
  const { task } = (await (await send('echo', 'x')).json()) as { task: { id: string } };
  for (let i = 0; i < 2; i++) await fetch(`${url}/tasks/${task.id}`, { headers: { 'A2A-Version': '1.0' } });
  const ticks = [{ data: { count: 2, intervalMs: 50 } }];
  await send('ticker', ticks, { taskPushNotificationConfig: { url: receiver.url } });
  await (await post('/a2a/ticker/message:stream', { message: message(ticks as never) })).text();
  await send('writer', 'x');
  for (let i = 0; i < 2; i++) await send('full', 'x');
  await send('gone', 'x', { returnImmediately: true });
  await callOverNexus(taskQueue, task.id);
  // Each has told of itself, however long that takes here.
  await eventually(
    async () => {
      const response = await fetch(at);
      expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
      text = await response.text();
      scraped = samplesIn(text);
      names = new Set(scraped.map(({ name }) => name));
      expect([...unseen()]).toEqual([]);
      return true;
    },
    { timeoutMs: 90_000, intervalMs: 1_000 },
  ).catch(() => {
    // The tests say what is missing.
  });
  await cli.end();
}, 240_000);

/** GetTask, by a workflow of another worker. */
async function callOverNexus(taskQueue: string, id: string): Promise<void> {
  const { connection, client } = await connectTestTemporal();
  const endpoint = `a2a-${randomUUID()}`;
  await ensureNexusEndpoint(connection, { name: endpoint, namespace: 'default', taskQueue });
  const caller = await startTestWorker({ connection });
  await client.workflow.execute('nexusCaller', {
    taskQueue: caller.taskQueue,
    workflowId: `caller-${randomUUID()}`,
    args: [{ endpoint, calls: [{ operation: 'GetTask', input: { tenant: 'echo', id } }] }],
  });
}

async function addressOf(cli: CliProcess, pattern: RegExp): Promise<string> {
  return (await cli.printed(pattern, 60_000))[1] ?? '';
}

/** Labels that Prometheus adds when it scrapes. */
const OF_PROMETHEUS = ['job', 'instance'];

/** Of problems, which none of the traffic makes. */
const PROBLEMS = ['a2a_stuck_tasks_found_total'];

function unseen(): string[] {
  const rows = Object.entries(METRICS) as [string, MetricRow][];
  return rows
    .map(([name, { kind }]) => (kind === 'histogram' ? `${name}_bucket` : name))
    .filter((name) => !PROBLEMS.includes(name) && !names.has(name));
}

it('each metric is there after some traffic', () => {
  expect(unseen()).toEqual([]);
});

it('each metric has the labels of the table, and no other', () => {
  const known = new Map<string, readonly string[]>(
    (Object.entries(METRICS) as [string, MetricRow][]).map(([name, { labels }]) => [name, labels]),
  );
  const wrong = scraped
    .filter(({ name }) => name.startsWith('a2a_'))
    .filter(({ name, labels }) => {
      const expected = known.get(name) ?? known.get(name.replace(/_(bucket|sum|count)$/, ''));
      const own = Object.keys(labels).filter((label) => label !== 'le');
      return JSON.stringify(own.sort()) !== JSON.stringify([...(expected ?? [])].sort());
    });
  expect(wrong).toEqual([]);
});

it('no family is there twice', () => {
  const families = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  expect(families.filter((name, index) => families.indexOf(name) !== index)).toEqual([]);
});

it('the dashboard and the alerts are PromQL, and read metrics and labels that are there', async () => {
  const missing: string[] = [];
  const all = await expressions();
  expect(all.length).toBeGreaterThan(40);
  for (const [what, expression] of all) {
    for (const { metric, labels } of selectorsIn(expression)) {
      const samples = scraped.filter(({ name }) => name === metric);
      if (samples.length === 0 && !PROBLEMS.includes(metric)) missing.push(`${what}: ${metric}`);
      // What is counted only when something goes wrong has its labels in the table.
      const known = samples.flatMap((sample) => Object.keys(sample.labels));
      if (metric in METRICS) known.push(...METRICS[metric as MetricName].labels);
      for (const label of labels)
        if (!known.includes(label) && !OF_PROMETHEUS.includes(label))
          missing.push(`${what}: ${metric}{${label}}`);
    }
  }
  expect(missing).toEqual([]);
});

it('the model, the remote agent and the webhook are counted by their names', () => {
  const found = (name: string, labels: object) =>
    scraped.find((each) => each.name === name && JSON.stringify(each.labels) === JSON.stringify(labels));
  expect(found('a2a_model_tokens_total', { model: 'small', type: 'input' })?.value).toBe(7);
  expect(found('a2a_model_tokens_total', { model: 'small', type: 'output' })?.value).toBe(3);
  const calls = scraped.filter(({ name }) => name === 'a2a_remote_call_duration_seconds_count');
  expect(calls.map(({ labels }) => labels)).toEqual([
    { target: 'gone', outcome: expect.stringMatching(/^A2A_REMOTE_/) },
  ]);
  expect(found('a2a_push_attempts_total', { outcome: 'taken' })?.value).toBeGreaterThan(0);
});

it('each alert has a threshold, a time, a severity and words', async () => {
  const { groups } = parse(await readFile(join(ROOT, 'deploy/prometheus/alerts.yaml'), 'utf8')) as {
    groups: { rules: Rule[] }[];
  };
  const rules = groups.flatMap((group) => group.rules);
  expect(rules.length).toBeGreaterThan(5);
  for (const rule of rules) {
    expect(rule).toEqual({
      alert: expect.stringMatching(/^A2A[A-Za-z]+$/),
      expr: expect.stringMatching(/(>|==) [\d.]+\s*$/),
      for: expect.stringMatching(/^\d+m$/),
      labels: { severity: expect.stringMatching(/^(warning|critical)$/) },
      annotations: { summary: expect.any(String), description: expect.any(String) },
    });
  }
});
