import { setTimeout as sleep } from 'node:timers/promises';
import { GRPC, isGrpcError, type TemporalCalls } from '../../bridge/temporal-calls';
import type { PushProgress } from '../../contract/push';

/** The lease has ended: the config was deleted, or another worker has the delivery, as this one seemed lost. */
export class LeaseEnded extends Error {
  override readonly name = 'LeaseEnded';

  /** @param canceled the workflow itself wants the activity to end, and waits for what it has to say */
  constructor(readonly canceled: boolean) {
    super('The delivery is not ours any more');
  }
}

export interface LeaseOptions {
  calls: TemporalCalls;
  taskToken: Uint8Array;
  heartbeatTimeoutMs: number;
  /** Of the activity: the worker is stopping. */
  signal: AbortSignal;
}

const RETRY_MS = 500;

/**
 * The right to deliver, as Temporal sees it. The SDK throttles its heartbeats and does not
 * pass on their answers; here each is awaited, so that nothing is sent to a receiver after its config was deleted or after
 * another worker may have begun.
 */
export class Lease {
  private renewedAt: number;
  private readonly intervalMs: number;

  constructor(private readonly options: LeaseOptions) {
    this.renewedAt = Date.now();
    this.intervalMs = options.heartbeatTimeoutMs / 2.5;
  }

  /** Time in ms since Temporal has said last that the lease is ours, or has given it. */
  get age(): number {
    return Date.now() - this.renewedAt;
  }

  /** @throws LeaseEnded; the reason of the activity's cancellation */
  async renew(progress: PushProgress): Promise<void> {
    const { calls, taskToken, signal, heartbeatTimeoutMs } = this.options;
    const details = { payloads: [await calls.payloads.encode(progress)] };
    for (;;) {
      signal.throwIfAborted();
      const asked = Date.now();
      try {
        const { cancelRequested } = await calls.call((service) =>
          service.recordActivityTaskHeartbeat({
            namespace: calls.namespace,
            taskToken,
            details,
            identity: calls.client.options.identity,
          }),
        );
        if (cancelRequested) throw new LeaseEnded(true);
        this.renewedAt = asked;
        return;
      } catch (error) {
        if (error instanceof LeaseEnded) throw error;
        if (isGrpcError(error, GRPC.NOT_FOUND)) throw new LeaseEnded(false);
        // Temporal is away: ours until the heartbeat that it had last has run out.
        if (Date.now() - this.renewedAt > heartbeatTimeoutMs * 0.8) throw new LeaseEnded(false);
        await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  /**
   * Waits, and keeps the lease meanwhile.
   * @param until gives up after so many ms
   * @returns undefined when it was given up
   */
  async during<T>(
    wait: Promise<T>,
    progress: PushProgress,
    until = Number.POSITIVE_INFINITY,
  ): Promise<{ value: T } | undefined> {
    const { signal } = this.options;
    let settled = false;
    let wake = () => {};
    const settle = () => {
      settled = true;
      wake();
    };
    // Once: every `then`, and so every race, leaves something that lives as long as a task may be quiet.
    wait.then(settle, settle);
    const deadline = Date.now() + until;
    for (;;) {
      signal.throwIfAborted();
      if (!settled) {
        const ms = Math.min(this.renewedAt + this.intervalMs, deadline) - Date.now();
        await this.pause(Math.max(0, ms), (end) => {
          wake = end;
        });
      }
      if (settled) return { value: await wait };
      if (Date.now() >= deadline) return undefined;
      if (Date.now() >= this.renewedAt + this.intervalMs) await this.renew(progress);
    }
  }

  /** Until the time is up, the activity is to end, or what `onBegin` is given is called. */
  private pause(ms: number, onBegin: (end: () => void) => void): Promise<void> {
    const { signal } = this.options;
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end, { once: true });
      onBegin(end);
    });
  }
}
