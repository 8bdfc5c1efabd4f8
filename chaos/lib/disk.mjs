// A disk of its own for Temporal's database, which can be full.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Memory that it may take, and takes as it is written to. */
const BYTES = 4 * 2 ** 30;

/** While others write, what is in use grows between reading it and making that all there is. */
const ATTEMPTS = 50;

/**
 * A tmpfs on a new directory; only root may mount one.
 * @returns {{directory: string, fill: () => void, empty: () => void, unmount: () => void}} or `{ missing }`, which says
 *   why there is none
 */
export function mountDisk(directory) {
  if (process.platform !== 'linux') return { missing: 'tmpfs is for Linux' };
  mkdirSync(directory);
  const mount = (options) => run('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', directory);
  try {
    mount(`size=${BYTES},mode=700`);
  } catch (error) {
    return { missing: error.message };
  }
  let mounted = true;
  return {
    directory,
    /** From now on nothing more can be written. */
    fill() {
      let reason = 'it can be written to all the same';
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const { blocks, bfree, bsize } = statfsSync(directory);
        try {
          mount(`remount,size=${(blocks - bfree) * bsize}`);
          if (isFull(directory)) return;
        } catch (error) {
          reason = error.message;
        }
      }
      throw new Error(`${directory} cannot be made full: ${reason}`);
    },
    empty: () => mount(`remount,size=${BYTES}`),
    unmount() {
      if (!mounted) return;
      mounted = false;
      run('umount', '--lazy', directory);
    },
  };
}

function isFull(directory) {
  const probe = join(directory, 'probe');
  try {
    writeFileSync(probe, 'probe');
    return false;
  } catch (error) {
    if (error.code !== 'ENOSPC') throw error;
    return true;
  } finally {
    rmSync(probe, { force: true });
  }
}

function run(command, ...args) {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    const [said = ''] = (error.stderr ?? '').trim().split('\n');
    throw new Error(`${command} does not work: ${said || error.message}`);
  }
}
