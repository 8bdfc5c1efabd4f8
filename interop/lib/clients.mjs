// Makes the client programs: a Python environment per SDK version, a Go binary. Each is made once and kept in
// the user's cache directory, under a name made of all that went into it.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { must } from './commands.mjs';

const INSTALL_MS = 6 * 60_000;
const CHECK_MS = 60_000;

/** A client whose language this machine does not have. */
export class NotHere extends Error {}

/** A client whose SDK could not be had from its registry. */
export class NotInstalled extends Error {}

/** By client: a function that makes its program and gives how to start it. */
export const CLIENTS = {
  'python-1.x': (options) => pythonClient('v1.py', 'requirements-1.x.txt', options),
  'python-0.3': (options) => pythonClient('v0_3.py', 'requirements-0.3.txt', options),
  go: (options) => go(file('../go'), options),
  curl: (options) => curl(options),
  'called-python-1.x': (options) => called('agent_v1.py', 'requirements-1.x.txt', options),
  'called-python-0.3': (options) => called('agent_v0_3.py', 'requirements-0.3.txt', options),
};

/** An agent that the bridge calls, with its own client in front of that. */
async function called(...agent) {
  const program = JSON.stringify(await pythonClient(...agent));
  return { command: process.execPath, args: [file('../called/main.mjs'), program], env: {} };
}

function pythonClient(program, requirements, options) {
  return python(file(`../python/${program}`), file(`../python/${requirements}`), options);
}

/**
 * A Python program in an environment of its own.
 * @param program its path
 * @param pinned path of its requirements
 * @param options `env`, `signal`, `log`; `cache` and `installMs` where they are others than those of the clients
 */
export async function python(program, pinned, options) {
  const python3 = await findPython(options);
  const directory = cacheDirectory('python', [python3.version, readFileSync(pinned)], options.cache);
  const complete = join(directory, 'complete');
  if (!existsSync(complete)) {
    options.log(`installing ${basename(pinned)} into ${directory}, once`);
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    const kind = await install(python3.command, pinned, directory, options);
    writeFileSync(complete, kind);
  }
  const venv = readFileSync(complete, 'utf8') === 'venv';
  return {
    command: venv ? join(directory, 'bin/python') : python3.command,
    args: [program],
    env: {
      // Bytecode beside the sources would be litter in the checkout.
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONPATH: venv ? undefined : join(directory, 'site'),
    },
  };
}

async function findPython({ env, signal }) {
  for (const command of ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python']) {
    try {
      const print = 'import sys; print("%d.%d" % sys.version_info[:2], sys.platform, sys.prefix)';
      const version = await must(command, ['-c', print], { timeoutMs: CHECK_MS, env, signal });
      if (Number(version.split('.')[1]?.split(' ')[0]) >= 10) return { command, version };
    } catch {
      // The next one may do.
    }
  }
  throw new NotHere('no Python 3.10 or newer on the PATH');
}

/** The first way that works: uv takes seconds; Debian's Python has no ensurepip, and some have no pip either. */
async function install(python3, pinned, directory, { env, signal, log, installMs = INSTALL_MS }) {
  const options = { timeoutMs: installMs, env, signal };
  const venv = join(directory, 'bin/python');
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '-r', pinned];
  const ways = {
    'uv venv': [
      ['uv', 'venv', '--quiet', '--allow-existing', '--python', python3, directory],
      ['uv', 'pip', 'install', '--quiet', '--python', venv, '-r', pinned],
    ],
    venv: [
      [python3, '-m', 'venv', '--clear', directory],
      [venv, ...pip],
    ],
    'pip --target': [[python3, ...pip, '--target', join(directory, 'site')]],
  };
  const reasons = [];
  for (const [name, commands] of Object.entries(ways)) {
    try {
      for (const [command, ...args] of commands) await must(command, args, options);
      return name.endsWith('venv') ? 'venv' : 'target';
    } catch (error) {
      signal.throwIfAborted();
      reasons.push(`${name}: ${error.message}`);
      if (error.code !== 'ENOENT') log(`${name} did not work: ${error.message.split('\n').at(-1).trim()}`);
    }
  }
  throw new NotInstalled(`${basename(pinned)} could not be installed.\n${reasons.join('\n')}`);
}

/**
 * A Go program, built once.
 * @param source its folder
 * @param used folders of modules that it uses by their path
 */
export async function go(source, options, used = []) {
  const { env, signal, log } = options;
  let version;
  try {
    version = await must('go', ['env', 'GOVERSION'], { timeoutMs: CHECK_MS, env, signal });
  } catch {
    throw new NotHere('no `go` on the PATH');
  }
  const files = [source, ...used].flatMap((folder) =>
    readdirSync(folder, { recursive: true })
      .filter((name) => /(^|\/)go\.(mod|sum)$|\.go$/.test(name))
      .sort()
      .map((name) => join(folder, name)),
  );
  const directory = cacheDirectory('go', [version, ...files.map((path) => readFileSync(path))]);
  const binary = join(directory, 'client');
  if (!existsSync(binary)) {
    log(`building a Go program into ${directory}, once`);
    mkdirSync(directory, { recursive: true });
    const limits = { timeoutMs: INSTALL_MS, env, signal, cwd: source };
    await must('go', ['mod', 'download'], limits).catch((error) => {
      signal.throwIfAborted();
      throw new NotInstalled(`the Go SDK could not be downloaded: ${error.message}`);
    });
    await must('go', ['build', '-buildvcs=false', '-o', binary, '.'], limits);
  }
  return { command: binary, args: [], env: {} };
}

async function curl({ env, signal }) {
  try {
    for (const command of ['bash', 'curl'])
      await must(command, ['--version'], { timeoutMs: CHECK_MS, env, signal });
  } catch {
    throw new NotHere('no `bash` and `curl` on the PATH');
  }
  return { command: process.execPath, args: [file('../curl/main.mjs')], env: {} };
}

/** As for the Temporal CLI: `${XDG_CACHE_HOME:-~/.cache}/temporal-a2a/...`. */
export function cacheDirectory(language, ingredients, product = 'interop') {
  const hash = createHash('sha256');
  for (const ingredient of ingredients) hash.update(ingredient).update('\0');
  const cache = process.env.XDG_CACHE_HOME || join(process.env.HOME || homedir(), '.cache');
  return join(cache, 'temporal-a2a', product, language, hash.digest('hex').slice(0, 16));
}

function file(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}
