// The worker programs, by language: how each is made, and how it is started. All use what the examples are made of.
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory, go, NotHere, NotInstalled, python } from '../lib/clients.mjs';
import { launch, must } from '../lib/commands.mjs';

const READY_MS = 60_000;
const CHECK_MS = 60_000;
const INSTALL_MS = 6 * 60_000;

/** By client, as in CLIENTS: a function that makes its program and gives {command, args, env}. */
export const WORKERS = {
  'worker-python': async (options) => {
    const program = await python(file('python/worker.py'), file('python/requirements.txt'), options);
    const path = [program.env.PYTHONPATH, file('../../examples/python')].filter(Boolean).join(delimiter);
    return { ...program, env: { ...program.env, PYTHONPATH: path } };
  },
  'worker-go': (options) => go(file('go'), options, [file('../../examples/go')]),
  'worker-java': (options) => java(options),
};

/** Compiled once, against the libraries of the example's pom.xml. */
async function java({ env, signal, log }) {
  const limits = { timeoutMs: CHECK_MS, env, signal };
  const version = await must('javac', ['-version'], limits).catch(() => {
    throw new NotHere('no `javac` on the PATH');
  });
  await must('mvn', ['-version'], limits).catch(() => {
    throw new NotHere('no `mvn` on the PATH');
  });
  const pom = file('../../examples/java/pom.xml');
  const sources = [file('../../examples/java/src/main/java'), file('java')].flatMap((folder) =>
    readdirSync(folder, { recursive: true })
      .filter((name) => name.endsWith('.java'))
      .sort()
      .map((name) => join(folder, name)),
  );
  const directory = cacheDirectory('java', [version, ...[pom, ...sources].map((path) => readFileSync(path))]);
  const [classes, libraries] = [join(directory, 'classes'), join(directory, 'lib')];
  const complete = join(directory, 'complete');
  if (!existsSync(complete)) {
    log(`compiling the Java worker into ${directory}, once`);
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${libraries}`, '-DincludeScope=runtime'];
    await must('mvn', ['-q', '-B', '-f', pom, ...copy], { ...limits, timeoutMs: INSTALL_MS }).catch(
      (error) => {
        signal.throwIfAborted();
        throw new NotInstalled(`the Java SDK could not be downloaded: ${error.message}`);
      },
    );
    await must('javac', ['-d', classes, '-cp', join(libraries, '*'), ...sources], {
      ...limits,
      timeoutMs: INSTALL_MS,
    });
    writeFileSync(complete, '');
  }
  const path = [classes, join(libraries, '*')].join(delimiter);
  const logging = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error';
  return {
    command: 'java',
    args: ['-XX:TieredStopAtLevel=1', logging, '-cp', path, 'workers.Main'],
    env: {},
  };
}

/** Workers that run, each started once. */
export class Workers {
  #running = new Map();

  constructor({ temporalAddress, signal }) {
    this.options = { temporalAddress, signal };
  }

  /**
   * Resolves when the worker polls.
   * @param config {queue, codec, build, behavior} as the programs take it
   */
  start(program, config) {
    const key = JSON.stringify([program.command, config]);
    if (!this.#running.has(key)) this.#running.set(key, startWorker(program, config, this.options));
    return this.#running.get(key);
  }

  async stop() {
    for (const { value } of await Promise.allSettled(this.#running.values())) value?.kill('SIGTERM');
  }
}

async function startWorker({ command, args, env }, config, { temporalAddress, signal }) {
  const worker = launch(command, [...args, JSON.stringify(config)], {
    signal,
    env: { ...process.env, ...env, TEMPORAL_ADDRESS: temporalAddress },
  });
  const ready = new Promise((resolve) => {
    worker.output.on('line', (line) => line === 'ready' && resolve(true));
  });
  const late = AbortSignal.timeout(READY_MS);
  const is = await Promise.race([
    ready,
    worker.ended.then(() => false),
    once(late, 'abort').then(() => false),
  ]);
  if (!is) {
    worker.kill();
    throw new Error(`the worker does not start: ${worker.stderr}`);
  }
  return worker;
}

function file(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}
