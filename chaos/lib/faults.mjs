// Does to the cluster what the schedule says.
import { setTimeout as sleep } from 'node:timers/promises';

/** How much longer each chunk takes on a slow link, in ms. */
const SLOW_MS = 150;

/**
 * @param tell gets a line for each fault
 * @param signal aborted when no more are to begin
 * @returns when all is whole again
 */
export async function runFaults({ schedule, cluster, tell, signal }) {
  const began = Date.now();
  const mending = new Map();
  const failures = [];
  for (const fault of schedule) {
    await sleep(began + fault.at - Date.now(), undefined, { signal }).catch(() => {});
    if (signal?.aborted) break;
    // One after the other for each target, however slow its start is.
    await mending.get(fault.target);
    tell(fault, Date.now() - began);
    const mend = await begin(fault, cluster);
    mending.set(
      fault.target,
      sleep(fault.ms)
        .then(mend)
        .catch((error) => failures.push(error)),
    );
  }
  await Promise.all(mending.values());
  if (failures.length > 0) throw failures[0];
}

/** @returns what ends it */
async function begin({ kind, target }, { temporal, disk, processes, links }) {
  switch (kind) {
    case 'kill':
      if (target === 'temporal') {
        killIfThere(temporal.pid);
        return () => {};
      }
      await processes[target].kill();
      return () => processes[target].start();
    case 'freeze':
      processes[target].freeze();
      return () => processes[target].thaw();
    case 'fill':
      disk.fill();
      return () => disk.empty();
    case 'cut':
      await links[target].cut();
      return () => links[target].mend();
    case 'slow':
      links[target].slow(SLOW_MS);
      return () => links[target].mend();
    case 'silence':
      links[target].silence();
      return () => links[target].mend();
    default:
      throw new Error(`no fault ${kind}`);
  }
}

/** While its disk is full it may be waiting to be started again. */
function killIfThere(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
