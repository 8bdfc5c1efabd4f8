import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pushTaskQueue } from '../../src/worker/push-worker';
import type { Harness } from '../support/harness';
import { cleanUpAfterAll } from '../support/temporal';

/** A push worker of the harness's queue in a process of its own, which runs what `buildCli()` has built. */
export async function startPushProcess({ temporal, taskQueue }: Harness): Promise<ChildProcess> {
  const script = join(__dirname, 'worker-process.js');
  const child = spawn(process.execPath, [script, temporal.address, pushTaskQueue(taskQueue)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanUpAfterAll(async () => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}
