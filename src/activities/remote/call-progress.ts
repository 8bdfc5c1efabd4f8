import type { Context } from '@temporalio/activity';
import { isObject } from '../../a2a/is-object';
import type { WireVersion } from './card/remote-card';

/** What a retry starts from; it travels as the details of the activity's heartbeat. */
export interface CallProgress {
  taskId: string;
  contextId: string;
  version?: WireVersion;
  /** SSE ID up to which the stream was read ... */
  position?: string;
  /** ... and how many updates had been relayed by then. */
  relayed?: number;
}

/** What the last heartbeat of an earlier attempt said. */
export function readProgress(details: unknown): CallProgress | undefined {
  if (!isObject(details) || typeof details.taskId !== 'string') return undefined;
  return details as unknown as CallProgress;
}

/**
 * Heartbeats of a call. Only progress whose updates are safe in the history goes out, so that a retry neither
 * repeats nor leaves out any.
 */
export class CallHeartbeat {
  private progress: CallProgress | undefined;
  /** Behind `progress`, oldest first: positions whose updates are still on their way. */
  private pending: CallProgress[] = [];
  private beaten = false;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly context: Context,
    private readonly settled: () => number,
    everyMs: number,
    earlier: CallProgress | undefined,
  ) {
    this.progress = earlier;
    this.timer = setInterval(() => this.beat(), everyMs);
    if (earlier !== undefined) this.beat();
  }

  note(progress: CallProgress): void {
    const isNew = this.progress === undefined;
    if (isNew) this.progress = progress;
    else this.pending.push(progress);
    this.settle();
    if (isNew) this.tellTask();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private settle(): void {
    const settled = this.settled();
    let safe = 0;
    while (safe < this.pending.length && (this.pending[safe]?.relayed ?? 0) <= settled) safe += 1;
    if (safe === 0) return;
    this.progress = this.pending[safe - 1];
    this.pending = this.pending.slice(safe);
  }

  private beat(): void {
    this.settle();
    this.beaten = true;
    this.context.heartbeat(this.progress);
  }

  /** The ID of the task is what a retry needs most, and the worker holds heartbeats back after the first one. */
  private tellTask(): void {
    const { context, beaten, progress } = this;
    this.beat();
    if (!beaten) return;
    // A cancellation that this would tell comes with the worker's own heartbeat, too.
    context.client.activity.heartbeat(context.info.taskToken, progress).catch(() => {});
  }
}
