// One part of a deployment after the other is stopped as its supervisor stops it, and started again, under load.
import { setTimeout as sleep } from 'node:timers/promises';

/** Clients first, so that each finds what it needs when it is back. */
const ORDER = ['api-1', 'api-2', 'worker-1', 'worker-2', 'temporal', 'postgresql'];

/** Under load before the first part, between two, and behind the last one. */
const BETWEEN_MS = 8_000;

/**
 * @param cluster with `parts`: {stop, start, graceMs}
 * @param repeated what the clients of the load had to do again so far: {sends, resumes}
 * @returns a result as of a check, and a line for each part
 */
export async function rollingRestart({ cluster, repeated, tell, signal }) {
  const faults = [];
  const lines = [];
  for (const name of ORDER) {
    await sleep(BETWEEN_MS, undefined, { signal });
    const part = cluster.parts[name];
    const before = { ...repeated };
    const began = Date.now();
    const { code, ms } = await part.stop();
    if (code !== 0) faults.push(`${name} ended with ${code} after ${ms} ms of ${part.graceMs}`);
    await part.start();
    const ready = Date.now() - began - ms;
    // What it did to the clients shows once they have heard of it.
    await sleep(BETWEEN_MS / 2, undefined, { signal });
    const again = `${repeated.sends - before.sends} sends repeated, ${repeated.resumes - before.resumes} streams resumed`;
    const line = `${name.padEnd(10)} stopped in ${seconds(ms)}, ready ${seconds(ready)} later; ${again}`;
    lines.push(line);
    tell(line);
  }
  await sleep(BETWEEN_MS, undefined, { signal });
  return {
    lines,
    result: { name: 'each part stopped by itself within its grace period', faults, note: '' },
  };
}

function seconds(ms) {
  return `${(ms / 1_000).toFixed(1)} s`;
}
