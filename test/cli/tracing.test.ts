import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCli, type CliProcess, runCli } from '../support/cli';
import { message } from '../support/harness';
import { cleanUpAfterAll, randomTaskQueue } from '../support/temporal';

/** Real processes, and a collector that takes OTLP over HTTP as JSON. */
interface Span {
  service: string;
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
}

interface OtlpTraces {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] };
    scopeSpans: { spans: Omit<Span, 'service'>[] }[];
  }[];
}

const spans: Span[] = [];
/** Paths that were posted to. */
const posted = new Set<string>();
let endpoint = '';
let directory = '';

beforeAll(async () => {
  await buildCli();
  directory = await mkdtemp(join(tmpdir(), 'tracing-'));
  cleanUpAfterAll(() => rm(directory, { recursive: true, force: true }));
  const collector = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      posted.add(request.url ?? '');
      for (const { resource, scopeSpans } of (JSON.parse(body) as OtlpTraces).resourceSpans ?? []) {
        const name = resource.attributes.find(({ key }) => key === 'service.name');
        const service = name?.value.stringValue ?? '';
        spans.push(...scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, service }))));
      }
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  cleanUpAfterAll(async () => collector.close().closeAllConnections());
  endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
}, 60_000);

const preload = `--require=${join(__dirname, 'loaded-modules.cjs')}`;

async function run(
  command: 'api' | 'worker',
  taskQueue: string,
  env: Record<string, string> = {},
): Promise<CliProcess> {
  const agentsFile = join(directory, `${taskQueue}.yaml`);
  const echo = {
    id: 'echo',
    name: 'Echo',
    description: 'x',
    skills: [{ id: 'x', name: 'x', description: 'x' }],
  };
  const agents = [{ ...echo, default: true, workflow: { type: 'echo', taskQueue } }];
  // JSON is YAML.
  await writeFile(agentsFile, JSON.stringify({ agents }));
  return runCli([command], {
    AGENTS_FILE: agentsFile,
    PORT: '0',
    TASK_QUEUE: taskQueue,
    TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS ?? '',
    NODE_OPTIONS: preload,
    ...env,
  });
}

/** Sends a message to the echo agent. */
async function send(api: CliProcess, headers: Record<string, string>): Promise<void> {
  const [, url] = await api.printed(/"url":"(http:[^"]+)"[^\n]*"api is ready"/, 60_000);
  const response = await fetch(`${url}/message:send`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'A2A-Version': '1.0', ...headers },
    body: JSON.stringify({ message: message('hello') }),
  });
  expect(await response.json()).toMatchObject({ task: { status: { state: 'TASK_STATE_COMPLETED' } } });
}

it('processes send their traces where the variables of OpenTelemetry say, as they say', async () => {
  const taskQueue = randomTaskQueue();
  const otel = (service: string) => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_SERVICE_NAME: service,
    OTEL_TRACES_SAMPLER: 'parentbased_always_off',
  });
  const api = await run('api', taskQueue, otel('the-api'));
  const worker = await run('worker', taskQueue, otel('the-worker'));
  await worker.printed(/"worker is ready"/, 60_000);
  const client = { traceId: randomUUID().replaceAll('-', ''), spanId: 'abcdefabcdefabcd' };
  await send(api, {});
  await send(api, { traceparent: `00-${client.traceId}-${client.spanId}-01` });
  // What has not been sent is sent at the end.
  await expect(api.end('SIGTERM')).resolves.toBe(0);
  await expect(worker.end('SIGTERM')).resolves.toBe(0);

  const [server] = spans.filter(({ name }) => name === 'SendMessage');
  expect(server).toMatchObject({
    ...client,
    spanId: server?.spanId,
    parentSpanId: client.spanId,
    service: 'the-api',
  });
  const [task] = spans.filter(({ name }) => name === 'invoke_agent echo');
  expect(task).toMatchObject({
    traceId: client.traceId,
    parentSpanId: server?.spanId,
    service: 'the-worker',
  });
  // The request without a parent was none to record.
  expect(spans).toHaveLength(2);
  expect([...posted]).toEqual(['/v1/traces']);
  const lines = api.stderr.split('\n').filter((line) => line.includes('"request"'));
  expect(lines.map((line) => (JSON.parse(line) as { trace_id?: string }).trace_id)).toContain(client.traceId);
}, 180_000);

it.each([
  ['are not set', {}],
  [
    'say that the SDK is disabled',
    { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
  ],
  ['name no exporter', { OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }],
])(
  'when these variables %s, nothing of OpenTelemetry is loaded',
  async (_, otel) => {
    const file = join(directory, randomUUID());
    const api = await run('api', randomTaskQueue(), { ...otel, LOADED_MODULES: file });
    await api.printed(/"api is ready"/, 60_000);
    await expect(api.end('SIGTERM')).resolves.toBe(0);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual([]);
    expect(api.stderr).not.toContain('trace_id');
  },
  120_000,
);

it('an endpoint that is no URL ends the start', async () => {
  const api = await run('api', randomTaskQueue(), { OTEL_EXPORTER_OTLP_ENDPOINT: 'nonsense' });
  expect(await api.exit).toBe(1);
  expect(api.stderr).toMatch(/OTEL_EXPORTER_OTLP_ENDPOINT: expected an http or https URL.*got "nonsense"/);
}, 60_000);

it('without the SDK of OpenTelemetry, the log says what to install, and the server serves', async () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, HIDE_MODULE: '@opentelemetry/sdk-node' };
  const api = await run('api', randomTaskQueue(), env);
  await api.printed(/"api is ready"/, 60_000);
  expect(api.stderr).toMatch(/"level":40,.*npm install @opentelemetry\/sdk-node/);
  await expect(api.end('SIGTERM')).resolves.toBe(0);
}, 120_000);
