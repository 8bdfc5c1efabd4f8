import { setMaxListeners } from 'node:events';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { status as GRPC } from '@grpc/grpc-js';
import { type Client, isGrpcServiceError } from '@temporalio/client';
import { type BridgeError, unavailable } from '../a2a/errors';
import { deferred } from './deferred';
import { OutageLog, type OutageLogger } from './outage-log';
import { transportReason } from './transport-reason';

export interface AvailabilityOptions {
  /** A small call to Temporal. Whatever the server answers, be it an error, it is there. */
  probe: () => Promise<unknown>;
  /** Is told when Temporal goes away, every 30 s, and when it is back. */
  logger?: OutageLogger | undefined;
  /** As in "Temporal at localhost:7233". */
  name?: string | undefined;
  times?: Partial<AvailabilityTimes> | undefined;
}

/** All in ms. */
export interface AvailabilityTimes {
  /** How long a call may take until Temporal is asked whether it is there. */
  patience: number;
  /** How long it may be silent then, to everybody, until it counts as away. */
  silence: number;
  /** Pause between two such questions while it is away. */
  between: number;
}

/** Together less than the 2 s within which every call is answered. */
const TIMES: AvailabilityTimes = { patience: 300, silence: 1_200, between: 1_000 };

/** Time in ms that a call has beyond its own deadline, which the connection should keep. */
const DEADLINE_GRACE_MS = 250;

/** Time in ms within which Temporal is to answer whether it is there. */
const CONFIRM_MS = 5_000;

/** Time in ms for which those who want to know wait for the question that is under way, at least and at most. */
const CONFIRM_TOGETHER_MS = { least: 20, most: 50 };

/** Time in ms after which calls that Temporal itself answers with UNAVAILABLE are told of again, when there were none. */
const FAILING_MS = 30_000;

/** Codes that come from the connection as well: they do not tell that the server is there. */
const MAY_BE_LOCAL: readonly number[] = [
  GRPC.CANCELLED,
  GRPC.UNKNOWN,
  GRPC.DEADLINE_EXCEEDED,
  GRPC.INTERNAL,
  GRPC.UNAVAILABLE,
];

/**
 * Whether Temporal can be reached over one connection. The SDK's connections hide for 5 to 20 s that it cannot; here a
 * call fails within 2 s when Temporal is silent, and at once while it is known to be away.
 */
export class Availability {
  private readonly times: AvailabilityTimes;
  private readonly log: OutageLog | undefined;
  private readonly name: string;
  /** Aborted when Temporal goes away; a new one when it is back. */
  private away = newAbortController();
  private back = deferred<void>();
  private backAt = Number.NEGATIVE_INFINITY;
  private lastAnswer = 0;
  private reason = '';
  private lastFailed = Number.NEGATIVE_INFINITY;
  private checking: Promise<void> | undefined;
  private confirming: Promise<void> | undefined;
  /** Resolves when the next question of {@link confirm} may be asked. */
  private confirmed: Promise<unknown> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  private readonly listeners = new Set<(isAway: boolean) => void>();

  constructor(private readonly options: AvailabilityOptions) {
    this.times = { ...TIMES, ...options.times };
    this.log = options.logger && new OutageLog(options.logger);
    this.name = options.name ?? 'Temporal';
  }

  get isAway(): boolean {
    return this.away.signal.aborted;
  }

  /** Whether Temporal is away, or has come back within the last `ms`. */
  wasAway(ms: number): boolean {
    return this.isAway || Date.now() - this.backAt < ms;
  }

  /**
   * A call that Temporal is to answer within `timeoutMs`.
   * @throws BridgeError UNAVAILABLE when Temporal is away, does not answer in time, or goes away meanwhile
   */
  async call<T>(run: () => Promise<T>, timeoutMs: number): Promise<T> {
    const late = deferred<never>();
    let patience: NodeJS.Timeout | undefined;
    let isOver = false;
    // One that has begun before may find it there by an answer from before: then Temporal is asked again.
    const wait = () => {
      patience = setTimeout(() => {
        void this.check().then(() => {
          if (!isOver) wait();
        });
      }, this.times.patience);
    };
    wait();
    const limit = setTimeout(() => late.reject(notReached()), timeoutMs + DEADLINE_GRACE_MS);
    try {
      return await this.poll(() => Promise.race([run(), late.promise]));
    } finally {
      isOver = true;
      clearTimeout(patience);
      clearTimeout(limit);
    }
  }

  /**
   * Resolves when Temporal has answered a question that is asked from now on. Those who want to know at the same time
   * share one.
   * @throws BridgeError UNAVAILABLE
   */
  confirm(): Promise<void> {
    this.confirming ??= this.confirmNext();
    return this.confirming;
  }

  /** Those who come while a question is under way share the next one, unless that takes long. */
  private async confirmNext(): Promise<void> {
    const { least, most } = CONFIRM_TOGETHER_MS;
    await Promise.race([this.confirmed, sleep(most)]);
    await nextTurn();
    this.confirming = undefined;
    const asked = this.call(() => this.askUntilAnswered(), CONFIRM_MS);
    this.confirmed = Promise.all([asked.catch(() => {}), sleep(least)]);
    return asked;
  }

  private async askUntilAnswered(): Promise<void> {
    const end = Date.now() + CONFIRM_MS;
    while (!(await this.probe())) {
      if (this.closed || this.isAway || Date.now() > end) throw notReached();
      await sleep(this.times.patience);
    }
  }

  /**
   * A call that may take as long as it likes.
   * @throws BridgeError UNAVAILABLE when Temporal is away, and as soon as it goes away
   */
  poll<T>(run: () => Promise<T>): Promise<T> {
    return this.unlessAway(() =>
      run().then(
        (result) => {
          this.answered();
          return result;
        },
        (error: unknown) => {
          this.note(error);
          throw error;
        },
      ),
    );
  }

  /**
   * Waits for something that comes of calls to Temporal.
   * @throws BridgeError UNAVAILABLE when Temporal is away, and as soon as it goes away
   */
  async unlessAway<T>(run: () => Promise<T>): Promise<T> {
    const { signal } = this.away;
    if (signal.aborted) throw notReached();
    const gone = deferred<never>();
    const fail = () => gone.reject(notReached());
    signal.addEventListener('abort', fail, { once: true });
    const running = run();
    // When nobody waits for it any more its failure would end the process.
    running.catch(() => {});
    try {
      return await Promise.race([running, gone.promise]);
    } finally {
      signal.removeEventListener('abort', fail);
    }
  }

  /** Asks Temporal whether it is there, unless it is being asked. Resolves when it is known. */
  check(): Promise<void> {
    if (this.closed || this.isAway) return Promise.resolve();
    this.checking ??= this.ask().finally(() => {
      this.checking = undefined;
    });
    return this.checking;
  }

  /** Asks after every `everyMs` milliseconds of silence, so that an outage is noticed although nobody calls. */
  watch(everyMs: number): void {
    const timer = setInterval(() => {
      if (this.closed) clearInterval(timer);
      else if (Date.now() - this.lastAnswer >= everyMs) void this.check();
    }, everyMs);
    timer.unref();
  }

  /** Resolves when Temporal is there, or when the signal is aborted. */
  async whenBack(signal: AbortSignal): Promise<void> {
    if (!this.isAway || signal.aborted) return;
    const stop = deferred<void>();
    const resolve = () => stop.resolve();
    signal.addEventListener('abort', resolve, { once: true });
    await Promise.race([this.back.promise, stop.promise]);
    signal.removeEventListener('abort', resolve);
  }

  /** Calls the listener when Temporal goes away and when it is back. */
  onChange(listener: (isAway: boolean) => void): void {
    this.listeners.add(listener);
  }

  /** Asks no more. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private async ask(): Promise<void> {
    const began = Date.now();
    const silence = deferred<void>();
    const timer = setTimeout(silence.resolve, this.times.silence);
    await Promise.race([this.probe(), silence.promise]);
    clearTimeout(timer);
    // An answer that came while this process was busy is read now.
    await nextTurn();
    if (!this.closed && !this.isAway && this.lastAnswer < began) this.goAway();
  }

  /** Resolves when it has been answered or has failed; tells which. */
  private async probe(): Promise<boolean> {
    try {
      await this.options.probe();
      this.answered();
      return true;
    } catch (error) {
      return this.note(error);
    }
  }

  /** Whether the server has said so. */
  private note(error: unknown): boolean {
    // A WorkflowClient wraps what the raw calls throw.
    const cause = isGrpcServiceError(error) ? error : (error as { cause?: unknown }).cause;
    if (!isGrpcServiceError(cause)) return false;
    const isAnswer = !MAY_BE_LOCAL.includes(cause.code);
    if (isAnswer) this.answered();
    else if (isConnectionError(cause)) this.failed(transportReason(cause.message));
    return isAnswer;
  }

  /** Callers hear no more than that Temporal cannot be reached: where it can, the log tells why, once while it lasts. */
  private failed(reason: string): void {
    this.reason = reason;
    const now = Date.now();
    const goesOn = now - this.lastFailed < FAILING_MS;
    this.lastFailed = now;
    if (goesOn || this.isAway) return;
    void this.check().then(() => {
      if (this.isAway || this.closed) return;
      this.options.logger?.warn(`${this.name} is there, and fails calls as unavailable: ${reason}`);
    });
  }

  private answered(): void {
    this.lastAnswer = Date.now();
    if (!this.isAway || this.closed) return;
    clearTimeout(this.timer);
    this.away = newAbortController();
    this.backAt = Date.now();
    this.reason = '';
    this.lastFailed = Number.NEGATIVE_INFINITY;
    this.back.resolve();
    this.back = deferred();
    this.log?.ended(`${this.name} is back`);
    for (const listener of this.listeners) listener(false);
  }

  private goAway(): void {
    this.away.abort();
    this.tell();
    this.askAgain();
    for (const listener of this.listeners) listener(true);
  }

  /** One question after the other, without waiting for the answers: each may hang by itself. */
  private askAgain(): void {
    if (!this.isAway || this.closed) return;
    this.timer = setTimeout(() => {
      void this.probe();
      this.tell();
      this.askAgain();
    }, this.times.between);
    this.timer.unref();
  }

  private tell(): void {
    this.log?.failed(`${this.name} cannot be reached: calls fail until it is back`, this.reason);
  }
}

/** Of the client's connection. */
export function availabilityOf(
  client: Client,
  options: Omit<AvailabilityOptions, 'probe'> = {},
): Availability {
  // The time limit is for connections of grpc-js, which would go on trying for 20 s.
  const probe = () =>
    client.withDeadline(Date.now() + TIMES.between, () => client.workflowService.getSystemInfo({}));
  return new Availability({ ...options, probe });
}

/** What a caller hears whose call takes Temporal. */
export function notReached(cause?: unknown): BridgeError {
  return unavailable('Temporal cannot be reached; try again in a moment', cause);
}

/** Whether a gRPC error comes from the connection and not from the call. */
export function isConnectionError({ code, message }: { code: number; message: string }): boolean {
  if (code === GRPC.UNAVAILABLE) return true;
  return code === GRPC.UNKNOWN && /transport error|h2 protocol error/.test(message);
}

function newAbortController(): AbortController {
  const controller = new AbortController();
  // One for each call that waits.
  setMaxListeners(0, controller.signal);
  return controller;
}
