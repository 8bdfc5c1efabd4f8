import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { processIdentity } from '../../src/dev-server/process-identity';
import { buildCli, type CliProcess, ROOT, runCli } from '../support/cli';
import { eventually } from '../support/eventually';

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
      expect.stringMatching(/agents\.yaml:\d+: agents\[1\]\.nmae: unknown key$/),
    ]);
  });
});

describe.each(['api', 'worker'])('%s', (command) => {
  it('keeps trying while Temporal is not there, and can be stopped meanwhile', async () => {
    const cli = runCli([command], { TEMPORAL_ADDRESS: '127.0.0.1:9', PORT: '0' });
    await cli.printed(/cannot connect to Temporal at 127\.0\.0\.1:9: [^"]+; trying again/);
    await expect(cli.end('SIGTERM')).resolves.toBe(0);
  });
});

describe('worker', () => {
  it('says when it polls a task queue that no agent uses', async () => {
    const cli = runCli(['worker', '--task-queue', 'other'], { TEMPORAL_ADDRESS: '127.0.0.1:9' });
    await cli.printed(/no agent in agents.yaml uses \\"other\\", the task queue that this worker polls/);
    await cli.end('SIGTERM');
  });
});
