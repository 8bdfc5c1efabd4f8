import { temporal } from '@temporalio/proto';

export type Listed = temporal.api.worker.v1.IWorkerHeartbeat;

export interface LostWorker {
  identity: string;
  taskQueue: string;
}

/** Heartbeats that a worker may miss, and the least time in ms that it may be silent. */
const SILENT = { beats: 2.5, leastMs: 2_500 };

/** Longest time in ms between two looks, for what was seen in the first to say something in the second. */
const LONGEST_LOOK_MS = 1_500;

const { WORKER_STATUS_SHUTDOWN } = temporal.api.enums.v1.WorkerStatus;

interface Watched {
  heartbeat: string;
  /** When it was seen first, on the clock of this process. */
  seenAt: number;
  told: boolean;
}

/**
 * Tells which of the workers that are listed again and again send no heartbeats any more. Only this process's clock
 * counts, so that clocks of other machines may be wrong; and nothing is concluded from times in which Temporal was not
 * asked, or in which the heartbeats of this worker did not arrive either.
 */
export class SilentWorkers {
  private watched = new Map<string, Watched>();
  private lookedAt = Number.NEGATIVE_INFINITY;

  /** @param identity of this worker */
  constructor(private readonly identity: string) {}

  /** Temporal could not be asked. */
  forget(): void {
    this.watched = new Map();
  }

  /** Each worker that was lost, once. @param now in ms */
  look(workers: readonly Listed[], now: number): LostWorker[] {
    const pause = now - this.lookedAt;
    this.lookedAt = now;
    if (pause > Math.max(LONGEST_LOOK_MS, 200 * workers.length)) this.forgetTimes(now);
    const before = this.watched;
    this.watched = new Map(
      workers.map((worker) => {
        const { workerInstanceKey = '', heartbeatTime: time } = worker;
        const key = workerInstanceKey ?? '';
        const heartbeat = `${time?.seconds}.${time?.nanos}`;
        const known = before.get(key);
        return [key, known?.heartbeat === heartbeat ? known : { heartbeat, seenAt: now, told: false }];
      }),
    );
    const silentFor = (worker: Listed) =>
      now - (this.watched.get(worker.workerInstanceKey ?? '')?.seenAt ?? now);
    const own = workers.filter(({ workerIdentity }) => workerIdentity === this.identity);
    if (!own.some((worker) => silentFor(worker) < intervalOf(worker) * 2)) this.forgetTimes(now);
    const lost = workers.filter((worker) => silentFor(worker) >= limitOf(worker));
    const alive = new Set(workers.filter((each) => !lost.includes(each)).map(nameOf));
    return lost.filter((worker) => this.isNews(worker) && !alive.has(nameOf(worker))).map(toLost);
  }

  /** Once: what it had is looked for when it was lost. */
  private isNews({ workerInstanceKey, status }: Listed): boolean {
    const watched = this.watched.get(workerInstanceKey ?? '');
    if (watched === undefined || watched.told) return false;
    watched.told = true;
    // One that has stopped in good order has nothing left.
    return status !== WORKER_STATUS_SHUTDOWN;
  }

  private forgetTimes(now: number): void {
    for (const watched of this.watched.values()) watched.seenAt = now;
  }
}

/** By which Temporal names it in what it had; a later worker of the same name would be taken for it. */
function nameOf({ workerIdentity, taskQueue }: Listed): string {
  return JSON.stringify([workerIdentity, taskQueue]);
}

function toLost({ workerIdentity, taskQueue }: Listed): LostWorker {
  return { identity: workerIdentity ?? '', taskQueue: taskQueue ?? '' };
}

function limitOf(worker: Listed): number {
  return Math.max(SILENT.leastMs, SILENT.beats * intervalOf(worker));
}

/** Between its last two heartbeats, in ms; the first one does not tell. */
function intervalOf({ elapsedSinceLastHeartbeat: elapsed }: Listed): number {
  const ms = Number(elapsed?.seconds ?? 0) * 1_000 + Number(elapsed?.nanos ?? 0) / 1e6;
  return Math.max(ms, 1_000);
}
