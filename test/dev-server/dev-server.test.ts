import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { type DevServer, type DevServerOptions, startDevServer } from '../../src/dev-server/dev-server';
import { processIdentity } from '../../src/dev-server/process-identity';
import { findTemporalCli } from '../../src/dev-server/temporal-cli';
import { eventually } from '../support/eventually';

let directory: string;
let dbFile: string;
const servers: DevServer[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dev-server-'));
  dbFile = join(directory, 'temporal.db');
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  await rm(directory, { recursive: true, force: true });
});

async function start(options: DevServerOptions = { dbFile }): Promise<DevServer> {
  const server = await startDevServer(options);
  servers.push(server);
  return server;
}

async function withClient<T>(
  { address }: { address: string },
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

const startWorkflow = (server: DevServer) =>
  withClient(server, async (client) => {
    await client.workflow.start('any', { taskQueue: 'none', workflowId: 'kept' });
  });

const statusOf = (server: DevServer) =>
  withClient(server, async (client) => (await client.workflow.getHandle('kept').describe()).status.name);

/** A process that owns a dev server, to be killed. */
async function startOwner(
  ...binary: string[]
): Promise<{ owner: ChildProcess; pid: number; address: string }> {
  const owner = fork(join(__dirname, '../support/dev-server-owner.js'), [dbFile, ...binary], {
    stdio: 'inherit',
  });
  const failed = once(owner, 'exit').then(() => Promise.reject(new Error('it has ended')));
  const [message] = (await Promise.race([once(owner, 'message'), failed])) as [
    { pid: number; address: string },
  ];
  return { owner, ...message };
}

describe('startDevServer', () => {
  it('keeps what it knows in the database file, and ends its process when stopped', async () => {
    const first = await start();
    await startWorkflow(first);
    await first.stop();
    await expect(processIdentity(first.pid)).resolves.toBeUndefined();
    const second = await start();
    expect(second.adopted).toBe(false);
    await expect(statusOf(second)).resolves.toBe('RUNNING');
  });

  it('makes a directory for the database that no other user may look into', async () => {
    const own = join(directory, 'own');
    await start({ dbFile: join(own, 'temporal.db') });
    expect((await stat(own)).mode & 0o777).toBe(0o700);
  });

  it('starts the server again, at the same address, when it is killed', async () => {
    const lines: string[] = [];
    const server = await start({ dbFile, onProgress: (line) => lines.push(line) });
    const { pid, address } = server;
    await startWorkflow(server);
    process.kill(pid, 'SIGKILL');
    await eventually(() => lines.includes('the Temporal dev server is back'));
    expect(server.address).toBe(address);
    expect(server.pid).not.toBe(pid);
    await expect(statusOf(server)).resolves.toBe('RUNNING');
  });

  it('adopts the server of a process that was killed, and restarts that too', async () => {
    const { owner, pid, address } = await startOwner();
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    await expect(processIdentity(pid)).resolves.toBeDefined();
    const lines: string[] = [];
    const server = await start({ dbFile, onProgress: (line) => lines.push(line) });
    expect({ ...server, pid: server.pid, address: server.address }).toMatchObject({
      adopted: true,
      pid,
      address,
    });
    process.kill(pid, 'SIGKILL');
    await eventually(() => lines.includes('the Temporal dev server is back'));
    await server.stop();
    await expect(processIdentity(server.pid)).resolves.toBeUndefined();
  });

  it('adopts a server whose binary is a script that becomes it', async () => {
    const { path } = await findTemporalCli();
    const binary = join(directory, 'temporal');
    await writeFile(binary, `#!/bin/sh\nsleep 1\nexec "${path}" "$@"\n`);
    await chmod(binary, 0o755);
    const { owner, pid } = await startOwner(binary);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const server = await start({ dbFile });
    expect({ adopted: server.adopted, pid: server.pid }).toEqual({ adopted: true, pid });
  });

  it('ends what it has begun when the start is given up, also a server that never serves', async () => {
    const binary = join(directory, 'temporal');
    const pidFile = join(directory, 'pid');
    await writeFile(binary, `#!/bin/sh\necho $$ > "${pidFile}"\nexec sleep 300\n`);
    await chmod(binary, 0o755);
    const giveUp = new AbortController();
    const starting = startDevServer({ dbFile, binary, signal: giveUp.signal });
    const pid = await eventually(async () => Number(await readFile(pidFile, 'utf8')) || undefined);
    giveUp.abort();
    await expect(starting).rejects.toMatchObject({ name: 'AbortError' });
    await expect(processIdentity(pid)).resolves.toBeUndefined();
  });

  it('refuses a database that a living process serves', async () => {
    const { owner } = await startOwner();
    await expect(startDevServer({ dbFile })).rejects.toThrow(
      new RegExp(`temporal\\.db is in use by process ${owner.pid}; .*TEMPORAL_ADDRESS=127`),
    );
    owner.send('stop');
    await once(owner, 'exit');
  });

  it('refuses a database whose server is being started again', async () => {
    const { owner, pid } = await startOwner();
    owner.kill('SIGSTOP');
    process.kill(pid, 'SIGKILL');
    await expect(startDevServer({ dbFile })).rejects.toThrow(`in use by process ${owner.pid}`);
    owner.kill('SIGCONT');
    owner.send('stop');
    await once(owner, 'exit');
  });

  it('serves a database once when several are started at the same time', async () => {
    const owners = await Promise.all([1, 2, 3].map(async () => startOwner().catch(() => undefined)));
    const started = owners.filter((owner) => owner !== undefined);
    expect(started).toHaveLength(1);
    for (const { owner } of started) {
      owner.send('stop');
      await once(owner, 'exit');
    }
  });

  it('in memory, does not outlive a process that was killed', async () => {
    dbFile = '';
    const { owner, pid } = await startOwner();
    owner.kill('SIGKILL');
    await eventually(async () => (await processIdentity(pid)) === undefined);
  });

  it('takes another port when the preferred one is taken', async () => {
    const first = await start({});
    const port = Number(first.address.split(':')[1]);
    const second = await start({ preferredPort: port, preferredUiPort: port });
    expect(second.address).not.toBe(first.address);
    expect((await fetch(second.uiUrl ?? '')).status).toBe(200);
  });

  it('starts the server again when it ends at once: another process was quicker to take a port', async () => {
    const { path } = await findTemporalCli();
    const binary = join(directory, 'temporal');
    const first = join(directory, 'first');
    await writeFile(
      binary,
      `#!/bin/sh\n[ -e "${first}" ] && exec "${path}" "$@"\ntouch "${first}"\nexit 1\n`,
    );
    await chmod(binary, 0o755);
    await expect(statusOf(await start({ binary }))).rejects.toThrow('workflow not found');
  });

  it.each([
    ['in memory', {}],
    ['with a file', { dbFile: 'a file' }],
  ])('shows why the server panicked: %s', async (_, options: DevServerOptions) => {
    const binary = join(directory, 'temporal');
    const frames = Array.from({ length: 30 }, (_, index) => `at frame ${index}`).join('\n');
    await writeFile(binary, `#!/bin/sh\necho "before\npanic: no port\n${frames}"; exit 2\n`);
    await chmod(binary, 0o755);
    const files = options.dbFile === undefined ? {} : { dbFile };
    await expect(start({ ...files, binary })).rejects.toThrow(/log:\n {2}panic: no port\n {2}at frame 0/);
  });

  it('shows the end of the log when the server cannot start', async () => {
    const bad = join(directory, 'not-a-database');
    await writeFile(bad, 'this is no database '.repeat(100));
    await expect(start({ dbFile: bad })).rejects.toThrow(/did not start: .*not a database/s);
  });
});
