import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { processExists, processIdentity } from './process-identity';

const STOP_TIMEOUT_MS = 5_000;

/** Resolves when the child has ended, or could not be started. */
export function exitOfChild(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
}

/** As {@link exitOfChild}, for a process that is not a child of this one, and so has to be polled. */
export async function exitOf(pid: number, identity: string): Promise<void> {
  while ((await processIdentity(pid)) === identity) await sleep(200, undefined, { ref: false });
}

/** Ends a process gracefully, or after 5 s with force; `ended` resolves when it has ended. */
export async function endProcess(pid: number, ended: Promise<void>): Promise<void> {
  if (!processExists(pid)) return;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    const timeout = new AbortController();
    const given = sleep(STOP_TIMEOUT_MS, 'late', { signal: timeout.signal }).catch(() => 'done');
    const outcome = await Promise.race([ended, given]);
    timeout.abort();
    if (outcome !== 'late') return;
  }
}

/** Nobody can adopt a server in memory, so it must not outlive a `kill -9` of this process. */
export function endWithThisProcess(pid: number, ended: Promise<void>): void {
  if (process.platform === 'win32') return;
  // The pipe closes when this process ends, however it ends.
  const watch = spawn('sh', ['-c', `read _; kill -9 ${pid}`], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watch.on('error', () => undefined);
  watch.unref();
  if (watch.stdin instanceof Socket) watch.stdin.unref();
  void ended.then(() => watch.kill('SIGKILL'));
}
