import { setTimeout as sleep } from 'node:timers/promises';
import type { PushProgress } from '../../a2a/push';
import { GRPC, isGrpcError, type TemporalCalls } from '../../bridge/temporal-calls';

/** The delivery is another's now, or nobody's: its config was deleted, or this worker was taken for lost. */
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
 * The right to deliver, as Temporal sees it. The heartbeats of the SDK are sent when it suits and answered to
 * nobody; here each is awaited, so that nothing is sent to a receiver after its config was deleted or after
 * another worker may have begun.
 */
export class Lease {
  private renewedAt: number;
  private readonly intervalMs: number;

  constructor(private readonly options: LeaseOptions) {
    this.renewedAt = Date.now();
    this.intervalMs = options.heartbeatTimeoutMs / 2.5;
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
    const result = wait.then((value) => ({ value }));
    // Whoever gives up does not listen any more.
    result.catch(() => {});
    const deadline = Date.now() + until;
    for (;;) {
      signal.throwIfAborted();
      const stop = new AbortController();
      const ms = Math.max(0, Math.min(this.renewedAt + this.intervalMs, deadline) - Date.now());
      const timer = sleep(ms, undefined, { signal: AbortSignal.any([stop.signal, signal]) }).then(
        () => undefined,
        () => undefined,
      );
      const settled = await Promise.race([result, timer]).finally(() => stop.abort());
      if (settled !== undefined) return settled;
      if (Date.now() >= deadline) return undefined;
      if (Date.now() >= this.renewedAt + this.intervalMs) await this.renew(progress);
    }
  }
}
