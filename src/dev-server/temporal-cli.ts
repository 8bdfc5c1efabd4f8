import { execFile, spawn } from 'node:child_process';
import { access, chmod, constants, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { extract } from 'tar';
import { processExists } from './process-identity';

/** Version that is downloaded or built; one found on the machine may be any. */
export const TEMPORAL_CLI_VERSION = '1.5.1';

const SUFFIX = process.platform === 'win32' ? '.exe' : '';
const EXE = `temporal${SUFFIX}`;

export interface FindTemporalCliOptions {
  env?: NodeJS.ProcessEnv;
  /** Gets a line now and then while the binary is downloaded or built. */
  onProgress?: (line: string) => void;
  /** Where the archive is downloaded from. */
  downloadUrl?: string;
  /** Milliseconds without a byte after which a download is given up. */
  downloadTimeoutMs?: number;
  /** Gives it up. */
  signal?: AbortSignal;
}

export interface TemporalCli {
  path: string;
  source: 'PATH' | 'cache' | 'download' | 'go install';
}

/** No way to a Temporal CLI worked; the message lists each with its reason, and the ways out. */
export class TemporalCliNotFoundError extends Error {
  override readonly name = 'TemporalCliNotFoundError';

  constructor(attempts: string[]) {
    super(
      [
        'There is no Temporal dev server to run. Tried:',
        ...attempts.map((attempt) => `  - ${attempt}`),
        'Ways out, any one of:',
        '  - install the Temporal CLI so that `temporal` is on the PATH: https://docs.temporal.io/cli',
        '  - install Go, and it is built from source: https://go.dev/dl',
        '  - set TEMPORAL_ADDRESS to a Temporal server that is running, such as localhost:7233',
      ].join('\n'),
    );
  }
}

/**
 * Finds the `temporal` binary, or gets it: the PATH, the user's cache, the official download, `go install`;
 * what is got goes to the cache.
 * @throws TemporalCliNotFoundError
 */
export async function findTemporalCli(options: FindTemporalCliOptions = {}): Promise<TemporalCli> {
  const env = options.env ?? process.env;
  const attempts: string[] = [];
  const cached = cachedCliPath(env);

  const onPath = await searchPath(env, EXE);
  if (onPath === undefined) attempts.push('`temporal` on the PATH: not there');
  else if (await tryRun(onPath, attempts)) return { path: onPath, source: 'PATH' };

  if (!(await isExecutable(cached))) attempts.push(`the cached binary ${cached}: not there`);
  else if (await tryRun(cached, attempts)) return { path: cached, source: 'cache' };

  const directory = join(cached, '..');
  await mkdir(directory, { recursive: true });
  const unlock = await lock(join(directory, 'getting.lock'), options);
  try {
    // Another process may have got it while this one waited.
    if ((await isExecutable(cached)) && (await tryRun(cached, []))) return { path: cached, source: 'cache' };
    options.signal?.throwIfAborted();
    for (const [source, what, get] of [
      ['download', 'the official download', download],
      ['go install', 'building with Go', build],
    ] as const) {
      // Beside its final place: a rename within one file system is atomic.
      const temporary = await mkdtemp(join(directory, 'getting-'));
      try {
        const binary = await get(temporary, env, options);
        await chmod(binary, 0o755);
        await runVersion(binary);
        await rename(binary, cached);
        return { path: cached, source };
      } catch (error) {
        options.signal?.throwIfAborted();
        attempts.push(`${what}: ${reasonOf(error)}`);
      } finally {
        await rm(temporary, { recursive: true, force: true });
      }
    }
  } finally {
    await unlock();
  }
  throw new TemporalCliNotFoundError(attempts);
}

/** Where the binary is kept: `${XDG_CACHE_HOME:-~/.cache}/temporal-a2a/bin/temporal`. */
export function cachedCliPath(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'temporal-a2a', 'bin', EXE);
}

async function searchPath(env: NodeJS.ProcessEnv, name: string): Promise<string | undefined> {
  for (const directory of (env.PATH ?? '').split(delimiter)) {
    const candidate = join(directory, name);
    if (directory !== '' && (await isExecutable(candidate))) return candidate;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function tryRun(path: string, attempts: string[]): Promise<boolean> {
  try {
    await runVersion(path);
    return true;
  } catch (error) {
    attempts.push(`${path}: ${reasonOf(error)}`);
    return false;
  }
}

async function runVersion(path: string): Promise<void> {
  const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 30_000 });
  if (!/^temporal version/i.test(stdout)) throw new Error('it is not the Temporal CLI');
}

async function download(
  directory: string,
  _env: NodeJS.ProcessEnv,
  { onProgress, downloadUrl, downloadTimeoutMs = 15_000, signal }: FindTemporalCliOptions,
): Promise<string> {
  const url = downloadUrl ?? archiveUrl();
  onProgress?.(`downloading the Temporal CLI ${TEMPORAL_CLI_VERSION}, once`);
  const abort = new AbortController();
  const giveUp = () => abort.abort(new Error(`nothing came for ${downloadTimeoutMs / 1000} s`));
  const timer = setTimeout(giveUp, downloadTimeoutMs);
  signal?.addEventListener('abort', () => abort.abort(signal.reason), { once: true });
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok || response.body === null) throw new Error(`${url} answered ${response.status}`);
    const total = Number(response.headers.get('content-length')) || undefined;
    let received = 0;
    let reported = Date.now();
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        timer.refresh();
        received += chunk.length;
        if (Date.now() - reported > 5_000) {
          reported = Date.now();
          const of = total === undefined ? '' : ` of ${megabytes(total)}`;
          onProgress?.(`downloading the Temporal CLI ... ${megabytes(received)}${of}`);
        }
        done(null, chunk);
      },
    });
    const only = (path: string) => path.replace(/^\.\//, '') === EXE;
    await pipeline(
      Readable.fromWeb(response.body),
      count,
      extract({ cwd: directory, strict: true, filter: only }),
      {
        signal: abort.signal,
      },
    );
  } catch (error) {
    throw abort.signal.aborted ? abort.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
  const binary = join(directory, EXE);
  await access(binary).catch(() => {
    throw new Error(`the archive holds no ${EXE}`);
  });
  return binary;
}

function archiveUrl(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  if (!['linux', 'darwin', 'windows'].includes(platform) || !['amd64', 'arm64'].includes(arch)) {
    throw new Error(`there is none for ${process.platform} on ${process.arch}`);
  }
  return `https://temporal.download/cli/archive/v${TEMPORAL_CLI_VERSION}?platform=${platform}&arch=${arch}`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_000_000)} MB`;
}

async function build(
  directory: string,
  env: NodeJS.ProcessEnv,
  { onProgress, signal }: FindTemporalCliOptions,
): Promise<string> {
  if ((await searchPath(env, `go${SUFFIX}`)) === undefined) throw new Error('`go` is not on the PATH');
  const started = Date.now();
  const what = 'building the Temporal CLI with Go, once; about 5 minutes on two cores';
  onProgress?.(what);
  const timer = setInterval(
    () => onProgress?.(`${what} ... ${Math.round((Date.now() - started) / 1000)} s`),
    10_000,
  );
  try {
    await goInstall({ ...env, GOBIN: directory }, signal);
  } finally {
    clearInterval(timer);
  }
  return join(directory, EXE);
}

function goInstall(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const target = `github.com/temporalio/cli/cmd/temporal@v${TEMPORAL_CLI_VERSION}`;
    const go = spawn('go', ['install', target], { env, cwd: tmpdir(), stdio: ['ignore', 'ignore', 'pipe'] });
    // A build that goes on after its reader has gone would take both cores for nothing.
    const stop = () => go.kill();
    process.once('exit', stop);
    signal?.addEventListener('abort', stop, { once: true });
    let output = '';
    go.stderr.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-2_000);
    });
    go.on('error', (error) => {
      process.off('exit', stop);
      reject(error);
    });
    go.on('close', (code) => {
      process.off('exit', stop);
      const lines = output.trim().split('\n').slice(-3).join(' | ');
      if (code === 0) resolve();
      else reject(new Error(`go install ended with ${code}: ${lines}`));
    });
  });
}

/** One process at a time downloads or builds; the others wait for what it gets. */
async function lock(
  path: string,
  { onProgress, signal }: FindTemporalCliOptions,
): Promise<() => Promise<void>> {
  for (let waited = 0; ; waited += 1) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => '0'));
    if (waited > 0 && !processExists(holder)) await rm(path, { force: true });
    else if (waited % 100 === 1)
      onProgress?.(`process ${holder} is getting the Temporal CLI; waiting for it`);
    await sleep(100, undefined, signal === undefined ? {} : { signal });
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  const inner = (cause as Error | undefined)?.message;
  return inner === undefined ? message : `${message} (${inner})`;
}
