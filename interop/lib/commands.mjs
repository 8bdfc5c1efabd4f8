// Running other programs: with a time limit, without leftovers.
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';

const DOWNLOAD_MS = 10 * 60_000;

const running = new Set();

/** Ends by force whatever is still running; synchronous, for the very end. */
export function killAll() {
  for (const child of running) killGroup(child);
}

/**
 * Runs a program in a process group of its own.
 * @param onLine gets each line of stdout; without it stdout is kept for the result
 * @returns {Promise<{code: number | null, stdout: string, stderr: string, timedOut: boolean}>} `stderr` is its end
 * @throws what spawn says, such as ENOENT
 */
export function run(command, args, { timeoutMs, onLine, signal, ...options }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...options,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    const result = { code: null, stdout: '', stderr: '', timedOut: false };
    const timer = setTimeout(() => {
      result.timedOut = true;
      killGroup(child);
    }, timeoutMs);
    const stop = () => killGroup(child);
    signal?.addEventListener('abort', stop, { once: true });
    if (onLine !== undefined) createInterface(child.stdout).on('line', onLine);
    else child.stdout.on('data', (chunk) => (result.stdout += chunk));
    child.stderr.on('data', (chunk) => {
      result.stderr = (result.stderr + chunk).slice(-4_000);
    });
    const over = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      running.delete(child);
    };
    child.once('error', (error) => {
      over();
      reject(error);
    });
    child.once('close', (code) => {
      over();
      resolve({ ...result, code });
    });
  });
}

/**
 * Starts a program that goes on, in a process group of its own.
 * @returns {{pid: number, input, output, stderr: string, ended: Promise<number | null>, kill: (signal?) => void}} `input` takes what
 *   it is to read; `output` gives the lines that it prints; `stderr` is its end so far; `ended` gives its exit code
 * @param options.onStderr gets all that it writes there
 */
export function launch(command, args, { signal, onStderr, ...options }) {
  const child = spawn(command, args, { ...options, detached: true, stdio: 'pipe' });
  running.add(child);
  const program = {
    input: child.stdin,
    output: createInterface(child.stdout),
    stderr: '',
    pid: child.pid,
    kill: (how) => killGroup(child, how),
  };
  const stop = () => killGroup(child);
  signal?.addEventListener('abort', stop, { once: true });
  child.stderr.on('data', (chunk) => {
    program.stderr = (program.stderr + chunk).slice(-4_000);
    onStderr?.(chunk);
  });
  program.ended = new Promise((resolve) => {
    const over = (code) => {
      signal?.removeEventListener('abort', stop);
      running.delete(child);
      resolve(code);
    };
    child.once('close', over);
    child.once('error', (error) => {
      program.stderr += error.message;
      over(null);
    });
  });
  return program;
}

/** As {@link run}, but a program that fails throws, with the end of what it said. */
export async function must(command, args, options) {
  const { code, stdout, stderr, timedOut } = await run(command, args, options);
  if (code === 0) return stdout;
  const why = timedOut ? `was not done after ${options.timeoutMs / 1000} s` : `ended with ${code}`;
  const said = stderr.trim().split('\n').slice(-6).join('\n  ');
  throw new Error(`${command} ${args.join(' ')} ${why}:\n  ${said}`);
}

/** The folder of a Go module's source; @param module as `path@version` */
export async function sourceOfModule(module) {
  const how = { timeoutMs: DOWNLOAD_MS, cwd: tmpdir() };
  return JSON.parse(await must('go', ['mod', 'download', '-json', module], how)).Dir;
}

function killGroup(child, how = 'SIGKILL') {
  try {
    process.kill(-child.pid, how);
  } catch {
    // It has ended, or it never began.
  }
}
