import { setMaxListeners } from 'node:events';
import { unavailable } from '../a2a/errors';
import { isInterrupted } from '../a2a/task-update';
import { isPlain } from '../contract/agent-call';
import { AnswerTimes } from './answer-times';
import type { KnownTasks } from './known-tasks';
import type { HistoryStep } from './history-step';
import { ProblemWatch } from './problem-watch';
import { asksBehind } from './settled-questions';
import { type Beginning, foldShortHistory } from './short-history';
import type { StuckTasks } from './stuck-tasks';
import type { TaskFactsCache } from './task-facts';
import { type From, messageOf, type TaskFollower } from './task-follower';
import { taskNotFound } from './task-not-found';
import type { CurrentTask } from './task-reader';
import {
  abortable,
  fromTemporal,
  GRPC,
  isGrpcError,
  POLL_MARGIN_MS,
  type TemporalCalls,
} from './temporal-calls';
import type { CallContext } from './types';

/** A message that is in Temporal's hands; its answer comes from following the task. */
export interface SentMessage {
  taskId: string;
  from: From;
  /** This call has started the task. */
  fresh?: Beginning;
  /** In ms since 1970. */
  sentAt: number;
}

/** The Task, and the Message when its agent answers with one. */
export type Answer = Pick<HistoryStep, 'task' | 'answer'>;

export interface AnswerWaiterOptions {
  calls: TemporalCalls;
  facts: TaskFactsCache;
  follower: TaskFollower;
  stuck: StuckTasks;
  known: KnownTasks;
  /** The Task as it is, for a caller that may see it. */
  currentTask: CurrentTask;
}

/** Time in ms to wait for the end alone of a plain workflow, which cannot stop for its client. */
const PLAIN_PATIENCE_MS = 20_000;

/** For callers that do not go away. */
const never = new AbortController().signal;
setMaxListeners(0, never);

/** Waits for what a blocking send answers (specification section 3.2.2). */
export class AnswerWaiter {
  private readonly times = new AnswerTimes();
  private count = 0;

  constructor(private readonly options: AnswerWaiterOptions) {}

  /** Sends that wait now. */
  get waiting(): number {
    return this.count;
  }

  /**
   * The Task when it has ended, or asks, behind the message; or as it stands, when nothing will come of it without an
   * operator.
   * @throws TaskNotFoundError; BridgeError UNAVAILABLE; the reason of the caller's signal
   */
  async wait(sent: SentMessage, call: CallContext): Promise<Answer> {
    this.count += 1;
    try {
      return (
        (await this.unlessStuck(sent, call)) ?? {
          task: await this.options.currentTask(sent.taskId, call),
        }
      );
    } catch (error) {
      if (isGrpcError(error, GRPC.NOT_FOUND)) {
        this.options.facts.forget(sent.taskId);
        throw taskNotFound(sent.taskId);
      }
      throw fromTemporal(error);
    } finally {
      this.count -= 1;
    }
  }

  /** Undefined when the task is found to be stuck. */
  private async unlessStuck(sent: SentMessage, call: CallContext): Promise<Answer | undefined> {
    const { agent, signal = never } = call;
    const watch = new ProblemWatch(this.options, sent.taskId, agent.id);
    const stop = new AbortController();
    const abandon = () => stop.abort(signal.reason);
    signal.addEventListener('abort', abandon, { once: true });
    if (signal.aborted) abandon();
    try {
      return await new Promise((resolve, reject) => {
        watch.listen(() => resolve(undefined));
        this.answer(sent, call, stop.signal).then(resolve, reject);
      });
    } finally {
      watch.close();
      signal.removeEventListener('abort', abandon);
      stop.abort();
    }
  }

  private async answer(sent: SentMessage, { agent }: CallContext, signal: AbortSignal): Promise<Answer> {
    const { fresh } = sent;
    const patience = isPlain(agent.workflow) ? PLAIN_PATIENCE_MS : this.times.patience(agent.id);
    const answer =
      (fresh && patience > 0 ? await this.awaitClose(fresh, patience, signal) : undefined) ??
      (await this.followToAnswer(sent, signal));
    this.times.record(agent.id, Date.now() - sent.sentAt, isInterrupted(answer.task.status.state));
    return answer;
  }

  /** Waits for the closing event alone. Undefined when that takes longer than `patience`, or no slot is free. */
  private async awaitClose(
    fresh: Beginning,
    patience: number,
    signal: AbortSignal,
  ): Promise<Answer | undefined> {
    const { calls, follower, known } = this.options;
    const { runId } = fresh;
    const taskId = fresh.task.id;
    const execution = { workflowId: taskId, runId };
    const timeoutMs = patience + POLL_MARGIN_MS;
    const poll = () => calls.pollHistory(execution, { signal, closeEventOnly: true, timeoutMs });
    try {
      const page = await abortable(follower.pollSlots.use(poll), signal);
      const closing = page?.history?.events?.at(-1);
      if (!closing) return undefined;
      const short = await foldShortHistory(calls, fresh, closing);
      if (short === undefined) return await known.end(taskId);
      known.remember(taskId, { runId, ...short });
      return short;
    } catch (error) {
      if (signal.aborted) throw error;
      // Out of patience, or Temporal is away: the feed knows how to go on.
      return undefined;
    }
  }

  private async followToAnswer({ taskId, from, fresh }: SentMessage, signal: AbortSignal): Promise<Answer> {
    const steps = await this.options.follower.follow(taskId, { from, fresh });
    const messageId = messageOf(from);
    const abandon = () => void steps.return?.();
    signal.addEventListener('abort', abandon, { once: true });
    if (signal.aborted) abandon();
    try {
      let last: HistoryStep | undefined;
      for await (const step of steps) {
        // The first step is the Task with the message in it, which may still show an earlier question.
        const news = last !== undefined;
        last = step;
        if (step.ended || (news ? asksBehind(step, messageId) : step.isUnasked === true)) return step;
      }
      signal.throwIfAborted();
      if (last === undefined) throw unavailable('This server is stopping; send the message again');
      return last;
    } finally {
      signal.removeEventListener('abort', abandon);
      await steps.return?.();
    }
  }
}
