import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Whether a process with this ID runs, whosever it is. */
export function processExists(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Start time and command of a running process: the same text later means the same process, although process
 * IDs are used again. Undefined when it does not run.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  if (!processExists(pid)) return undefined;
  try {
    if (process.platform !== 'linux') {
      const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=,command=', '-p', String(pid)]);
      return stdout.trim() || undefined;
    }
    const [stat, command] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    // Fields of proc(5), counted after the command name, which may hold spaces: state is 3, starttime 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return undefined;
    return `${fields[19]} ${command.replaceAll('\0', ' ').trim()}`;
  } catch {
    return undefined;
  }
}
