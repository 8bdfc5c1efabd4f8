import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GetTaskRequest } from '@a2a-js/sdk';
import { A2AService } from '@a2a-js/sdk/server/grpc';
import {
  Client,
  credentials,
  Metadata,
  type MethodDefinition,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js';
import { processIdentity } from '../../src/dev-server/process-identity';
import { buildCli, type CliProcess, ROOT, runCli } from '../support/cli';
import { healthOf } from '../support/grpc-health';
import { startTcpProxy } from '../support/tcp-proxy';
import { cleanUpAfterAll, connectTestTemporal, eventually } from '../support/temporal';

let directory: string;

beforeAll(buildCli, 60_000);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cli-start-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const start = (...args: string[]) => runCli(['start', '--port', '0', '--data-dir', directory, ...args]);

async function curlLine(cli: CliProcess): Promise<string> {
  return (await cli.printed(/^ {2}(curl .*)$/m))[1] ?? '';
}

async function serverPid(): Promise<number> {
  const state = await readFile(join(directory, 'temporal.db.server.json'), 'utf8');
  return (JSON.parse(state) as { server: { pid: number } }).server.pid;
}

describe('start', () => {
  it('prints a curl line that works, and Ctrl-C stops all that was started', async () => {
    const cli = start();
    const { stdout } = await promisify(execFile)('sh', ['-c', await curlLine(cli)]);
    expect(JSON.parse(stdout)).toMatchObject({ task: { status: { state: 'TASK_STATE_COMPLETED' } } });
    expect(cli.stdout).toMatch(/^ {2}ticker +http:\/\/127\.0\.0\.1:\d+\/a2a\/ticker$/m);
    const pid = await serverPid();
    await expect(cli.end('SIGINT')).resolves.toBe(0);
    await expect(processIdentity(pid)).resolves.toBeUndefined();
    expect(cli.stderr).not.toMatch(/"level":[56]0/);
  });

  it('runs the activities of the sample agents too', async () => {
    const cli = start();
    const url = /http:\/\/[\d.:]+/.exec(await curlLine(cli))?.[0];
    const order = { customer: 'Ada', items: [{ sku: 'pen', quantity: 3, unitPrice: 1.5 }] };
    const response = await fetch(`${url}/a2a/invoice/message:send`, {
      method: 'POST',
      headers: { 'A2A-Version': '1.0', 'Content-Type': 'application/json' },
      body: JSON.stringify({ message: { messageId: '1', role: 'ROLE_USER', parts: [{ data: order }] } }),
    });
    expect(await response.json()).toMatchObject({
      task: { artifacts: [{ name: 'result', parts: [{ data: { total: 5.36 } }] }] },
    });
    await cli.end();
  });

  it('stops when npm, which started it, is gone', async () => {
    const command = `"${process.execPath}" dist/cli.js start --port 0 --data-dir ${directory} & wait`;
    const shell = spawn('sh', ['-c', command], {
      cwd: ROOT,
      env: { ...process.env, npm_lifecycle_event: 'start' },
    });
    const pid = await eventually(async () => (await serverPid().catch(() => 0)) || undefined);
    shell.kill('SIGKILL');
    await eventually(async () => (await processIdentity(pid)) === undefined);
  });

  it('finds its tasks again after kill -9 of itself, and goes on with the server that survived', async () => {
    const first = start();
    const line = await curlLine(first);
    const sent = await promisify(execFile)('sh', ['-c', line]);
    const { task } = JSON.parse(sent.stdout) as { task: { id: string } };
    const pid = await serverPid();
    await first.end('SIGKILL');
    await expect(processIdentity(pid)).resolves.toBeDefined();

    const second = start();
    await second.printed(/using the Temporal dev server that is already running/);
    const url = /http:\/\/[\d.:]+/.exec(await curlLine(second))?.[0];
    const response = await fetch(`${url}/tasks/${task.id}`, { headers: { 'A2A-Version': '1.0' } });
    expect(await response.json()).toMatchObject({ id: task.id, status: { state: 'TASK_STATE_COMPLETED' } });
    await expect(second.end('SIGTERM')).resolves.toBe(0);
    await expect(processIdentity(pid)).resolves.toBeUndefined();
  });

  it('stops while it is starting', async () => {
    const cli = start();
    const pid = await eventually(async () => (await serverPid().catch(() => 0)) || undefined);
    await expect(cli.end('SIGINT')).resolves.toBe(0);
    await expect(processIdentity(pid)).resolves.toBeUndefined();
  });

  it('leaves at once on a second Ctrl-C, and takes its Temporal server along', async () => {
    const cli = start();
    const url = /http:\/\/[\d.:]+/.exec(await curlLine(cli))?.[0];
    const pid = await serverPid();
    // A call that is still running holds the orderly way out up for its grace time.
    const ask = { messageId: '1', role: 'ROLE_USER', parts: [{ data: { count: 100, intervalMs: 1_000 } }] };
    const call = fetch(`${url}/a2a/ticker/message:send`, {
      method: 'POST',
      headers: { 'A2A-Version': '1.0', 'Content-Type': 'application/json' },
      body: JSON.stringify({ message: ask }),
    }).catch(() => undefined);
    await eventually(async () => (await fetch(`${url}/tasks`, { headers: { 'A2A-Version': '1.0' } })).ok);
    cli.process.kill('SIGINT');
    await cli.printed(/"msg":"stopping"/);
    const again = setInterval(() => cli.process.kill('SIGINT'), 100);
    await expect(cli.exit).resolves.toBe(130);
    clearInterval(again);
    await call;
    await eventually(async () => (await processIdentity(pid)) === undefined);
  });

  it('says in one line that the port is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const cli = runCli(['start', '--port', `${port}`, '--data-dir', directory, '--log-level', 'silent']);
    await expect(cli.exit).resolves.toBe(1);
    other.close();
    expect(cli.stderr).toBe(`port ${port} of 127.0.0.1 is in use; choose another with --port or PORT\n`);
  });

  it('says in one line that the port of gRPC is in use, and grpc-js nothing', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const env = { GRPC_PORT: `${port}`, TEMPORAL_ADDRESS: '127.0.0.1:9' };
    const cli = runCli(['api', '--port', '0', '--log-level', 'error'], env);
    await expect(cli.exit).resolves.toBe(1);
    other.close();
    expect(cli.stderr).toBe(
      `port ${port} of 127.0.0.1 is in use; choose another with --grpc-port or GRPC_PORT, or switch gRPC off with "off"\n`,
    );
  });

  it.each([
    [['--host', '0.0.0.0'], /^HOST 0\.0\.0\.0 is reachable from other machines.*--allow-anonymous.*\n$/],
    [
      ['--host', 'no-such-host.invalid', '--allow-anonymous'],
      /^HOST no-such-host\.invalid is not an address of/,
    ],
    [
      ['--data-dir', 'README.md'],
      /README\.md cannot hold a database \(EEXIST.*; take another .*\(DATA_DIR\)\n$/,
    ],
    [['--port', 'x'], /^--port: expected a port from 0 to 65535, got "x"\n$/],
    [['--agents-file', 'none.yaml'], /^none\.yaml: there is no such file; AGENTS_FILE .*\n$/],
    [['--prot', '1'], /unknown option '--prot'\n\(Did you mean --port\?\)/],
  ])('refuses %j with a message, before it starts anything', async (args, message) => {
    const cli = start(...args);
    await expect(cli.exit).resolves.toBe(1);
    expect(cli.stderr).toMatch(message);
    expect(cli.stdout).toBe('');
  });

  it('lists every fault of agents.yaml', async () => {
    const file = join(directory, 'agents.yaml');
    const text = await readFile(join(ROOT, 'agents.yaml'), 'utf8');
    await writeFile(file, text.replace('type: echo', 'type: 7').replace('name: Ticker', 'nmae: Ticker'));
    const cli = start('--agents-file', file);
    await expect(cli.exit).resolves.toBe(1);
    expect(cli.stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/agents\.yaml:\d+: agents\[0\]\.workflow\.type: expected string, got number$/),
      expect.stringMatching(/agents\.yaml:\d+: agents\[1\]\.name: expected string, got nothing$/),
      expect.stringMatching(/agents\.yaml:\d+: agents\[1\]\.nmae: unknown key; did you mean "name"\?$/),
    ]);
  });
});

/** Without keys, `api` and `worker` warn of it. */
const SEALED = { PUSH_SEALING_KEYS: 'test=env:TEST_SEALING_KEY', TEST_SEALING_KEY: 'ab'.repeat(32) };

describe.each(['api', 'worker'])('%s', (command) => {
  it('keeps trying while Temporal is not there, and can be stopped meanwhile', async () => {
    const cli = runCli([command], { TEMPORAL_ADDRESS: '127.0.0.1:9', PORT: '0' });
    await cli.printed(/cannot connect to Temporal at 127\.0\.0\.1:9: [^"]+; trying again/);
    await expect(cli.end('SIGTERM')).resolves.toBe(0);
  });

  it.each([
    [
      { TEMPORAL_ADDRESS: 'http://localhost:7233' },
      /^TEMPORAL_ADDRESS: expected host:port without http:\/\//,
    ],
    [
      { TEMPORAL_TLS_CLIENT_CERT_PATH: '/none' },
      /^TEMPORAL_TLS_CLIENT_CERT_PATH: there is no such file: \/none\n$/,
    ],
    [
      { TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS ?? '', TEMPORAL_API_KEY: 'k' },
      /the server does not use TLS, which TEMPORAL_API_KEY turns on; set TEMPORAL_TLS=false\n$/,
    ],
  ])('ends with a message for settings that can never work: %j', async (env, message) => {
    const cli = runCli([command], { PORT: '0', LOG_LEVEL: 'warn', ...SEALED, ...env });
    await expect(cli.exit).resolves.toBe(1);
    expect(cli.stderr).toMatch(message);
  });
});

describe.each(['api', 'start'])('%s without Temporal', (command) => {
  const JSON_V1 = { 'A2A-Version': '1.0', 'Content-Type': 'application/json' };
  const body = JSON.stringify({ message: { messageId: 'm-1', role: 'ROLE_USER', parts: [{ text: 'hi' }] } });
  const statusOf = async (url: string) => (await fetch(url)).status;

  it('listens, says what is missing, and serves when it is there', async () => {
    const { connection, address } = await connectTestTemporal();
    const proxy = await startTcpProxy(address);
    cleanUpAfterAll(() => proxy.close());
    await proxy.refuse();
    const namespace = `test-${randomUUID()}`;
    const env = { TEMPORAL_ADDRESS: proxy.address, TEMPORAL_NAMESPACE: namespace, PORT: '0' };
    const cli = runCli([command], env);
    const [, url = '', grpc = ''] = await cli.printed(
      /"url":"([^"]+)","grpc":"([^"]+)","msg":"api is listening/,
    );
    const ready = async () => {
      const response = await fetch(`${url}/readyz`);
      return [response.status, await response.text()];
    };
    const NOT_REACHED = 'Temporal cannot be reached; try again in a moment';

    expect(await statusOf(`${url}/healthz`)).toBe(200);
    expect(await statusOf(`${url}/.well-known/agent-card.json`)).toBe(200);
    expect(await ready()).toEqual([503, expect.stringContaining(`The server is not ready: ${NOT_REACHED}`)]);
    expect(await healthOf(grpc)).toBe('NOT_SERVING');
    const refused = await fetch(`${url}/message:send`, { method: 'POST', headers: JSON_V1, body });
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([503, '2']);
    expect(await refused.text()).toContain(NOT_REACHED);
    const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'GetTask', params: { id: 'none' } });
    const answer = await fetch(url, { method: 'POST', headers: JSON_V1, body: call });
    expect(await answer.json()).toMatchObject({ error: { code: -32603, message: NOT_REACHED } });
    await expect(grpcGetTask(grpc)).rejects.toMatchObject({ code: status.UNAVAILABLE, details: NOT_REACHED });

    await proxy.restore();
    await cli.printed(/has no namespace [^;]+; create it with `temporal operator namespace create/);
    expect(await ready()).toEqual([
      503,
      expect.stringContaining(`Temporal has no namespace \\"${namespace}\\"`),
    ]);
    expect(await healthOf(grpc)).toBe('NOT_SERVING');

    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
    await eventually(async () => (await ready())[0] === 200, { timeoutMs: 60_000 });
    expect(await healthOf(grpc)).toBe('SERVING');
    await proxy.refuse();
    await eventually(async () => (await ready())[0] === 503);
    expect(await healthOf(grpc)).toBe('NOT_SERVING');
    await proxy.restore();
    await eventually(async () => (await ready())[0] === 200, { timeoutMs: 60_000 });
    expect(await healthOf(grpc)).toBe('SERVING');
    const sent = await fetch(`${url}/message:send`, {
      method: 'POST',
      headers: JSON_V1,
      body: command === 'start' ? body : body.replace('}}', '},"configuration":{"returnImmediately":true}}'),
    });
    const state = command === 'start' ? 'TASK_STATE_COMPLETED' : 'TASK_STATE_SUBMITTED';
    expect(await sent.json()).toMatchObject({ task: { status: { state } } });
    const listed = await connection.operatorService.listSearchAttributes({ namespace });
    expect(Object.keys(listed.customAttributes)).toContain('A2aAgent');
    await expect(cli.end('SIGTERM')).resolves.toBe(0);
  }, 120_000);

  it('says once that Temporal has gone, and once that it is back', async () => {
    const { address } = await connectTestTemporal();
    const proxy = await startTcpProxy(address);
    cleanUpAfterAll(() => proxy.close());
    const cli = runCli([command, '--task-queue', randomUUID()], {
      ...SEALED,
      TEMPORAL_ADDRESS: proxy.address,
      PORT: '0',
      LOG_LEVEL: 'debug',
    });
    const [, url = ''] = await cli.printed(
      command === 'start' ? /^ {2}echo +(http:\/\/[\d.:]+)/m : /"url":"([^"]+)".*"api is ready"/,
    );
    await eventually(async () => (await statusOf(`${url}/readyz`)) === 200);
    await proxy.refuse();
    // Nobody calls; the worker's polls, or the look every few seconds, find out.
    await cli.printed(/Temporal at [\d.:]+ cannot be reached: calls fail until it is back/);
    expect(await statusOf(`${url}/readyz`)).toBe(503);
    // The SDK's own lines come with each of its retries.
    const retries = () => cli.stderr.match(/"level":20[^\n]* retried \d+ times/g)?.length ?? 0;
    await eventually(() => retries() > 20, { timeoutMs: 60_000 });
    await proxy.restore();
    await eventually(async () => (await statusOf(`${url}/readyz`)) === 200, { timeoutMs: 60_000 });
    await cli.printed(/Temporal at [\d.:]+ is back after \d+ s/);
    const lines = cli.stderr.split('\n').filter((line) => /"level":[456]0|is back/.test(line));
    // The first is of a worker on a queue that no agent uses.
    expect(lines.slice(command === 'start' ? 1 : 0)).toEqual([
      expect.stringContaining('cannot be reached'),
      expect.stringContaining('is back after'),
    ]);
    await expect(cli.end('SIGTERM')).resolves.toBe(0);
  }, 120_000);
});

/** GetTask of gRPC, from the service's own definition. */
async function grpcGetTask(address: string): Promise<unknown> {
  const client = new Client(address, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = (A2AService as ServiceDefinition)
    .getTask as MethodDefinition<object, object>;
  const metadata = new Metadata();
  metadata.set('a2a-version', '1.0');
  try {
    return await new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        GetTaskRequest.fromJSON({ id: 'none' }),
        metadata,
        (error, answer) => (error ? reject(error) : resolve(answer)),
      );
    });
  } finally {
    client.close();
  }
}

describe('worker', () => {
  it('says when it polls a task queue that no agent uses', async () => {
    const cli = runCli(['worker', '--task-queue', 'other'], { TEMPORAL_ADDRESS: '127.0.0.1:9' });
    await cli.printed(
      /"level":40.*no agent in agents.yaml uses \\"other\\", the task queue that this worker polls/,
    );
    await cli.end('SIGTERM');
  });

  it('only mentions it when it serves agents over Nexus', async () => {
    const cli = runCli(['worker', '--task-queue', 'other', '--nexus'], { TEMPORAL_ADDRESS: '127.0.0.1:9' });
    await cli.printed(/"level":30.*no agent in agents.yaml uses/);
    await cli.end('SIGTERM');
  });
});
