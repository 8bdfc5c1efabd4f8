import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import ends from '../../dist/dev-server/process-end.js';
import { stablePorts } from './ports.mjs';

/** Where Debian and its kin put the programs of each version. */
const DEBIAN = '/usr/lib/postgresql';

/**
 * PostgreSQL as it is set up by default, in a directory of its own; `{ missing }` says why there is none. It ends with
 * this process.
 * @param options.user its superuser
 * @returns {{url: string, pid: number, version: string, stop, halt, resume}} `stop` removes it; after `halt`, a fast
 *   shutdown, `resume` starts it again on the same port
 */
export async function startPostgres({ user = 'bench' } = {}) {
  const bin = findPrograms();
  if (bin === undefined) return { missing: `no PostgreSQL under ${DEBIAN} (apt-get install postgresql)` };
  const owner = unprivileged();
  if (owner === undefined) return { missing: 'initdb refuses root, and there is no user postgres' };
  const directory = mkdtempSync(join(tmpdir(), 'temporal-a2a-pg-'));
  if (owner.uid !== undefined) chownSync(directory, owner.uid, owner.gid);
  const data = join(directory, 'data');
  const how = { cwd: directory, ...owner };
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', user, '-A', 'trust'], { ...how, stdio: 'ignore' });
  const [port] = await stablePorts(1);
  const url = `postgresql://${user}@127.0.0.1:${port}/postgres`;
  const listen = ['-h', '127.0.0.1', '-p', String(port), '-k', directory];
  let server;
  let ended;
  const halt = async () => {
    server.kill('SIGINT');
    await ended;
  };
  const stop = async () => {
    await halt();
    rmSync(directory, { recursive: true, force: true });
  };
  const resume = async () => {
    server = spawn(join(bin, 'postgres'), ['-D', data, ...listen], { ...how, stdio: 'ignore' });
    ended = ends.exitOfChild(server);
    ends.endWithThisProcess(server.pid, ended);
    await answering(url, server);
  };
  try {
    await resume();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    get pid() {
      return server.pid;
    },
    version: versionOf(bin),
    stop,
    halt,
    resume,
  };
}

function findPrograms() {
  if (!existsSync(DEBIAN)) return undefined;
  const versions = readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a));
  return versions
    .map((version) => join(DEBIAN, version, 'bin'))
    .find((bin) => ['initdb', 'postgres'].every((program) => existsSync(join(bin, program))));
}

/** This user, or postgres for root; undefined when there is none. */
function unprivileged() {
  if (process.getuid?.() !== 0) return {};
  try {
    const id = (what) => Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8', stdio: 'pipe' }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

async function answering(url, server) {
  for (let attempt = 0; attempt < 150; attempt++) {
    if (server.exitCode !== null) break;
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  throw new Error('PostgreSQL does not answer');
}

function versionOf(bin) {
  return execFileSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8' }).trim();
}
