import { setTimeout as sleep } from 'node:timers/promises';
import { CompleteAsyncError, Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { msToNumber } from '@temporalio/common/lib/time';
import { v5 as uuidv5 } from 'uuid';
import { TaskNotFoundError } from '../../a2a/errors';
import { parsePosition } from '../../bridge/position';
import type { PushSeal } from '../../bridge/push-seal';
import type { PushSigner } from '../../bridge/push-signer';
import type { ReadReports } from '../../bridge/read-reports';
import { shownBy } from '../../bridge/repeat-answer';
import type { From, TaskFollower } from '../../bridge/task-follower';
import { StepStream } from '../../bridge/task-stream';
import type { TemporalCalls } from '../../bridge/temporal-calls';
import type { StreamEvent, TaskStream } from '../../bridge/types';
import { EncryptionKeyError } from '../../contract/encryption-keys';
import type { PushConfig, PushJob, PushProgress, PushResult } from '../../contract/push';
import type { Meter } from '../../metrics/meter';
import type { OutboundClient } from '../../outbound/outbound-client';
import type { Tracing } from '../../tracing/tracing';
import type { PushBacklog } from './backlog';
import type { KeySlots } from '../../temporal/key-slots';
import { Lease, LeaseEnded } from './lease';
import { type PushAttempt, postPush } from './post-push';
import { progressBeforeReset } from './progress-before-reset';
import { tracedPost } from './traced-post';
import { serializerFor } from './serializers';

export interface DeliverPushOptions {
  calls: TemporalCalls;
  follower: TaskFollower;
  outbound: OutboundClient;
  /** Requests to one host that are open at once: one slow receiver takes not all sockets, and is not flooded. */
  hosts: KeySlots;
  signer: PushSigner | undefined;
  seal: PushSeal;
  reports: ReadReports;
  metrics: Meter;
  tracing: Tracing;
  backlog: PushBacklog;
  /** How long a receiver may fail before it is given up, in ms. */
  retryForMs: number;
}

/** Pauses between attempts, in ms: doubled from the first to the last. */
const BACKOFF_MS = { first: 1_000, last: 5 * 60_000 };

/** When the next event follows within this time in ms, the heartbeat that goes before it is enough. */
const SOON_MS = 10;

/** A notification is sent at most so many ms after Temporal has said that the delivery is still ours. */
const RENEWED_MS = 25;

/** Longer pauses are Temporal's, which costs nothing while they last. */
const LONGEST_OWN_PAUSE_MS = 10_000;

const KEYS = '1b0a4f0e-5d0c-4d52-9a7e-6f3f0d8b7c11';

/** Type of the failures that mean: try again later. */
const LATER = 'A2A_PUSH_LATER';

/** Delivers to one webhook all that happens to one task, in order: one event at a time, until it was taken. */
export function createDeliverPush(options: DeliverPushOptions) {
  return async function deliverPush(job: PushJob): Promise<PushResult> {
    const { info, cancellationSignal } = Context.current();
    const lease = new Lease({
      calls: options.calls,
      taskToken: info.taskToken,
      heartbeatTimeoutMs: info.heartbeatTimeoutMs ?? 30_000,
      signal: cancellationSignal,
    });
    const delivery = new Delivery(options, job, lease, cancellationSignal);
    options.backlog.running += 1;
    try {
      const { workflowId = '', runId = '' } = info.workflowExecution ?? {};
      delivery.resume(
        (info.heartbeatDetails as PushProgress | undefined) ??
          // The first run of all comes from no reset.
          (job.firstRunId === runId
            ? undefined
            : await progressBeforeReset(options.calls, { workflowId, runId }, job.config.id)) ??
          job.progress,
      );
      return { outcome: await delivery.run(), progress: delivery.progress };
    } catch (error) {
      if (error instanceof LeaseEnded && error.canceled) {
        return { outcome: 'stopped', progress: delivery.progress };
      }
      // The result of this attempt is not needed; if Temporal still waits for it, the heartbeat times out.
      if (error instanceof LeaseEnded) throw new CompleteAsyncError();
      throw later(error);
    } finally {
      options.backlog.running -= 1;
      await delivery.close();
    }
  };
}

class Delivery {
  progress: PushProgress = { delivered: 0, failures: 0 };
  /** A notification was taken, and no heartbeat has told of it. */
  private unsaved = false;
  private stream: TaskStream | undefined;
  /** Of the stream, when nothing was made of it yet. */
  private pending: Promise<IteratorResult<StreamEvent>> | undefined;
  private readonly name: string;

  constructor(
    private readonly options: DeliverPushOptions,
    private readonly job: PushJob,
    private readonly lease: Lease,
    private readonly signal: AbortSignal,
  ) {
    this.name = JSON.stringify([job.config.taskId, job.config.id]);
  }

  /** @param before how far it had come */
  resume(before: PushProgress | undefined): void {
    this.progress = { ...this.progress, ...before, id: this.job.config.id };
  }

  async run(): Promise<PushResult['outcome']> {
    for (;;) {
      const next = await this.nextEvent();
      if (next === 'quiet' || next === 'failed') return next;
      if (next === undefined) return 'delivered';
      const outcome = await this.deliver(next);
      if (outcome !== 'taken') return outcome;
    }
  }

  async close(): Promise<void> {
    const { stream } = this;
    this.stream = undefined;
    this.pending = undefined;
    await stream?.return();
  }

  /** Undefined at the task's end. */
  private async nextEvent(): Promise<StreamEvent | undefined | 'quiet' | 'failed'> {
    const { quietAfter } = this.job;
    const quietAt = Date.now() + (quietAfter ?? Number.POSITIVE_INFINITY);
    for (;;) {
      try {
        this.pending ??= this.read();
        const until = this.unsaved ? SOON_MS : quietAt - Date.now();
        const next = await this.lease.during(this.pending, this.progress, until);
        if (next === undefined && this.unsaved) {
          await this.renew();
          continue;
        }
        if (next === undefined) return 'quiet';
        this.pending = undefined;
        return next.value.done === true ? undefined : next.value.value;
      } catch (error) {
        if (error instanceof LeaseEnded || this.signal.aborted) throw error;
        await this.close();
        if (error instanceof TaskNotFoundError) {
          this.progress = { ...this.progress, lastError: 'The task is not there any more' };
          return 'failed';
        }
        // Read too slowly, or Temporal was away for longer than the feed's patience.
        await this.lease.during(sleep(1_000), this.progress);
      }
    }
  }

  private async renew(): Promise<void> {
    await this.lease.renew(this.progress);
    this.unsaved = false;
  }

  private async read(): Promise<IteratorResult<StreamEvent>> {
    this.stream ??= await this.open();
    return this.stream.next();
  }

  private async open(): Promise<TaskStream> {
    const { from, holdsForMessage = false, repeatsAnswer = false, config } = this.job;
    const position = this.progress.position ?? (from === 'start' ? undefined : from);
    const start: From = position === undefined ? 'start' : { position };
    const steps = await this.options.follower.follow(config.taskId, { from: start });
    const stream = new StepStream(steps, {
      startsWithTask: position === undefined,
      endsForInput: false,
      holdsForMessage: position === undefined && holdsForMessage,
    });
    return shownBy({ repeatAnswer: repeatsAnswer }).stream(stream);
  }

  /** Until the receiver has taken it, wants no more, or has failed for too long. */
  private async deliver(event: StreamEvent): Promise<'taken' | 'gone' | 'failed'> {
    const { backlog } = this.options;
    backlog.begin(this.name, this.progress.failingSince ?? Date.now());
    try {
      const outcome = await this.tryUntilTaken(event);
      backlog.end(this.name);
      return outcome;
    } catch (error) {
      const again = error instanceof ApplicationFailure ? error.nextRetryDelay : undefined;
      if (again === undefined || again === null) backlog.end(this.name);
      else backlog.pause(this.name, msToNumber(again));
      throw error;
    }
  }

  /** @throws what makes Temporal try later */
  private async tryUntilTaken(event: StreamEvent): Promise<'taken' | 'gone' | 'failed'> {
    const { retryForMs, metrics } = this.options;
    for (;;) {
      const attempt = await this.attempt(event);
      if (attempt.kind !== 'sealed') metrics.add('a2a_push_attempts_total', { outcome: attempt.kind });
      if (attempt.kind === 'gone') {
        this.progress = { ...this.progress, lastError: 'the receiver answered 410' };
        return 'gone';
      }
      if (attempt.kind === 'taken') {
        const position = parsePosition(event.id);
        this.progress = {
          id: this.job.config.id,
          ...(position && { position }),
          delivered: this.progress.delivered + 1,
          failures: 0,
          lastDeliveredAt: Date.now(),
        };
        this.unsaved = true;
        return 'taken';
      }
      const failures = this.progress.failures + 1;
      const { failingSince = Date.now() } = this.progress;
      this.progress = { ...this.progress, failures, failingSince, lastError: attempt.reason };
      const left = failingSince + retryForMs - Date.now();
      if (left <= 0) return 'failed';
      const asked = attempt.kind === 'refused' ? attempt.retryAfterMs : undefined;
      const pause = Math.min(asked ?? backoff(failures), left);
      await this.renew();
      if (pause > LONGEST_OWN_PAUSE_MS || attempt.kind === 'sealed') {
        throw tryLater(attempt.reason, pause);
      }
      await this.lease.during(sleep(pause), this.progress);
    }
  }

  private openConfig(): PushConfig | (PushAttempt & { kind: 'sealed' }) {
    try {
      return this.options.seal.open(this.job.config);
    } catch (error) {
      if (!(error instanceof EncryptionKeyError)) throw error;
      this.options.reports.sealed(error);
      const key = JSON.stringify(error.keyId);
      const reason = `the worker has no sealing key ${key}, or another key under that ID`;
      return { kind: 'sealed', reason };
    }
  }

  private async attempt(event: StreamEvent): Promise<PushAttempt> {
    const { version } = this.job;
    const { hosts, outbound, signer, tracing } = this.options;
    const config = this.openConfig();
    if ('reason' in config) return config;
    const body = serializerFor(version)(event.response, event.task, config.id);
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.signal]);
    const slot = hosts.acquire(new URL(config.url).host, signal);
    try {
      await this.lease.during(slot, this.progress);
      // What was taken is told before the next one leaves: a worker that is lost repeats the last one at most, so that a
      // receiver never gets an older one behind a later one. And the config must still be there.
      if (this.unsaved || this.lease.age > RENEWED_MS) await this.renew();
      const key = uuidv5(JSON.stringify([config.taskId, config.id, event.id]), KEYS);
      return await tracedPost(tracing, { config, resent: this.progress.failures }, () =>
        postPush({ config, key, body }, outbound, signer, signal),
      );
    } finally {
      stop.abort();
      await slot.then(
        (release) => release(),
        () => {},
      );
    }
  }
}

/** With a part that is random, so that the many that failed together do not come again together. */
function backoff(failures: number): number {
  const whole = Math.min(BACKOFF_MS.first * 2 ** Math.min(failures - 1, 20), BACKOFF_MS.last);
  return whole * (0.75 + Math.random() / 4);
}

/** What Temporal keeps of an error: nothing that could hold a secret. */
function later(error: unknown): ApplicationFailure {
  return error instanceof ApplicationFailure ? error : tryLater('The delivery was interrupted', 1_000);
}

/** An attempt that failed is nothing for the log: there are many, and the owner of the task sees why. */
function tryLater(message: string, nextRetryDelay: number): ApplicationFailure {
  const category = ApplicationFailureCategory.BENIGN;
  return ApplicationFailure.create({ message, type: LATER, nextRetryDelay, category });
}
