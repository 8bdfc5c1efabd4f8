// A process that is killed and started again, always on the same ports.
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch } from '../../interop/lib/commands.mjs';

/** Generous: what is started may share two slow cores with all that runs. */
const READY_MS = 120_000;

/**
 * @param options.isReady is given what it has logged since it was started, and resolves to whether it serves
 * @param options.log file of what it logs
 * @param options.command Node.js unless set
 * @returns `deaths`: what it said when it ended without being told to. `stop` gives how long that took, and the exit code;
 *   null when it had to be killed
 */
export async function startProcess(name, args, { env, isReady, signal, log, command, execArgv = [] }) {
  let program;
  const deaths = [];

  async function start() {
    const started = launch(command ?? process.execPath, [...execArgv, ...args], {
      env: environment(env),
      signal,
      onStderr: (chunk) => appendFileSync(log, chunk),
    });
    program = started;
    let ended = false;
    void started.ended.then(() => {
      ended = true;
      if (program === started && !signal.aborted) deaths.push(started.stderr);
    });
    const deadline = Date.now() + READY_MS;
    while (!(await isReady(started.stderr))) {
      signal.throwIfAborted();
      // Killed again before it was ready.
      if (program !== started) return;
      if (ended) throw new Error(`${name} has ended by itself:\n${started.stderr}`);
      if (Date.now() > deadline) throw new Error(`${name} is not ready:\n${started.stderr}`);
      await sleep(100);
    }
  }

  await start();
  return {
    name,
    deaths,
    start,
    get pid() {
      return program?.pid;
    },
    async kill() {
      const killed = program;
      program = undefined;
      killed?.kill('SIGKILL');
      await killed?.ended;
    },
    /** It runs no more until it is thawed, and keeps its connections. */
    freeze: () => program?.kill('SIGSTOP'),
    thaw: () => program?.kill('SIGCONT'),
    async stop(graceMs = 15_000) {
      const stopped = program;
      const began = Date.now();
      program = undefined;
      stopped?.kill('SIGTERM');
      const late = setTimeout(() => stopped?.kill('SIGKILL'), graceMs);
      const code = await stopped?.ended;
      clearTimeout(late);
      return { code, ms: Date.now() - began };
    },
  };
}

/** What the user has set for servers of their own must not reach these. */
function environment(env) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_'));
  return { ...Object.fromEntries(inherited), ...env };
}

/** @param url answers 2xx when it is ready */
export function answers(url) {
  return () =>
    fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
      async (answer) => {
        await answer.body?.cancel();
        return answer.ok;
      },
      () => false,
    );
}
