import type { Duration } from '@temporalio/common';
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  isCancellation,
  proxyActivities,
  type RetryPolicy,
  sleep,
  TimeoutFailure,
} from '@temporalio/workflow';
import { isInterrupted, isTerminal, sameStatus, type TaskUpdate } from '../a2a/task-update';
import type { Message, Struct, Task } from '../a2a/types';
import {
  type KnownTask,
  type LocalContext,
  type Relay,
  type RemoteAgent,
  type RemoteAnswer,
  type RemoteCall,
  type RemoteResult,
  readKnownTask,
  type TakenIds,
  type Waiting,
} from '../contract/agent-call';
import { bareUrl, summaryOf } from '../contract/summary';
import { Callback } from './callback';
import { callingTask } from './calling-task';
import { whileUnattended } from './running-calls';

/** The activity that calls remote agents. */
export interface RemoteActivities {
  callRemoteAgent(call: RemoteCall): Promise<RemoteResult>;
}

export interface RemoteTaskOptions {
  agent: RemoteAgent;
  waiting: Waiting;
  relay: Relay;
  takenIds?: TakenIds;
  /** Whose context at the agent the calls are in. */
  localContext?: LocalContext;
  metadata?: Struct;
  acceptedOutputModes?: string[];
  /** For each answer. */
  timeout?: Duration;
  retry?: RetryPolicy;
  /** What the call is for. */
  summary?: string;
}

/** How long a remote agent may take for an answer unless the call says so, or it calls back. */
const LONGEST_CALL = '1 day';

/** How long the end of a task that is cancelled is waited for. */
const CANCEL_WAIT = '30 seconds';

/** Between two looks at a task that waits for credentials; it may wait for months, and each look lengthens the history. */
const FIRST_LOOK_MS = 5_000;
const LONGEST_LOOK_MS = 60 * 60_000;

/** Looks at a task that has been answered, after which the very same question is believed to be asked again. */
const STALE_LOOKS = 2;

/** Each workflow has modules, and so variables, of its own. */
let answersAreShown = false;

/**
 * The workflow completes with the artifacts of the answers that it gets from remote agents. Those that come together
 * with the answer are then not shown twice.
 */
export function showsAnswers(): void {
  answersAreShown = true;
}

/** A task of a remote agent. */
export class RemoteTask {
  private readonly callback: Callback | undefined;
  private message: Message | undefined;
  /** The task when it stopped for its client last. */
  private asked: Task | undefined;

  constructor(private readonly options: RemoteTaskOptions) {
    this.callback = options.waiting === 'webhook' ? new Callback() : undefined;
  }

  /**
   * Sends a message and waits until the task has ended or waits for its client, or the agent has answered otherwise.
   * @throws ApplicationFailure A2A_REMOTE_TIMEOUT; CancelledFailure; ActivityFailure for all else that went wrong
   */
  async send(message: Message): Promise<RemoteAnswer> {
    this.message = message;
    return this.waitFor(message, await this.call(message));
  }

  /** Waits again, as {@link send} does, for a task that went on without a further message. */
  async resume(task: Task): Promise<RemoteAnswer> {
    const { message } = this;
    if (message === undefined) throw new Error('No message was sent before');
    return this.waitFor(message, await this.call(message, known(task)));
  }

  private async waitFor(message: Message, first: RemoteAnswer): Promise<RemoteAnswer> {
    const { callback } = this;
    let answer = first;
    callback?.expect(this.options.timeout);
    for (let looks = 0; callback !== undefined && this.isAwaited(answer, looks); looks++) {
      await this.orCancel(answer.task, async () => {
        if (!(await callback.arrival())) throw this.lateFailure();
      });
      answer = await this.call(message, known(answer.task));
    }
    if (answer.task !== undefined) this.asked = answer.task;
    return answer;
  }

  /** Waits for something else, and cancels the task when that fails: nobody waits for the task any more then. */
  async orCancel<T>(task: Task, wait: () => Promise<T>): Promise<T> {
    try {
      const result = await whileUnattended(wait);
      assertNotCancelled();
      return result;
    } catch (error) {
      await this.cancel(known(task));
      throw error;
    }
  }

  /**
   * Waits for the client, and meanwhile looks now and then whether the task has gone on: credentials that it asks
   * for may reach it in another way (specification section 7.6.2).
   */
  async watched<T>(task: Task, wait: (hasMoved: () => boolean) => Promise<T>): Promise<T> {
    if (task.status.state !== 'TASK_STATE_AUTH_REQUIRED') return wait(() => false);
    let moved = false;
    const watch = new CancellationScope();
    const watching = watch.run(async () => {
      for (let ms = FIRST_LOOK_MS; !moved; ms = Math.min(ms * 1.5, LONGEST_LOOK_MS)) {
        await sleep(ms, { summary: this.summary('until the next look at') });
        moved = await this.hasMoved(task);
      }
    });
    watching.catch(() => {});
    try {
      return await wait(() => moved);
    } finally {
      watch.cancel();
    }
  }

  private async hasMoved(task: Task): Promise<boolean> {
    const { message } = this;
    if (message === undefined) return false;
    const { callRemoteAgent } = proxyActivities<RemoteActivities>({
      startToCloseTimeout: '1 minute',
      retry: { maximumAttempts: 1 },
      summary: this.summary('has it gone on?'),
    });
    const { agent } = this.options;
    try {
      const look = {
        agent,
        message,
        waiting: 'poll',
        relay: 'none',
        known: known(task),
        look: true,
      } as const;
      const answer = await callRemoteAgent(look);
      return answer.task !== undefined && answer.task.status.state !== task.status.state;
    } catch (error) {
      if (isCancellation(error)) throw error;
      return false;
    }
  }

  private async call(message: Message, task?: KnownTask): Promise<RemoteAnswer> {
    const { agent, waiting, relay, takenIds, localContext, metadata, acceptedOutputModes, timeout, retry } =
      this.options;
    const { callRemoteAgent } = proxyActivities<RemoteActivities>({
      scheduleToCloseTimeout: timeout ?? LONGEST_CALL,
      heartbeatTimeout: '15 seconds',
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      summary: this.summary(),
      ...(retry !== undefined && { retry }),
    });
    try {
      const {
        context: _,
        updates = [],
        ...answer
      } = await callRemoteAgent({
        agent,
        message,
        waiting,
        relay,
        ...(takenIds !== undefined && { takenIds }),
        ...(localContext !== undefined && { localContext }),
        ...(metadata !== undefined && { metadata }),
        ...(acceptedOutputModes !== undefined && { acceptedOutputModes }),
        ...(this.callback !== undefined && { callback: this.callback.address }),
        ...(task !== undefined && { known: task }),
        ...(relay !== 'none' && { takesUpdates: true }),
      });
      this.show(updates, answer);
      return answer as RemoteAnswer;
    } catch (error) {
      const over = timeoutIn(error);
      if (over === undefined) throw error;
      // The activity has not heard that it is over, or is gone with its worker.
      const last = readKnownTask(over.lastHeartbeatDetails) ?? task;
      if (last !== undefined) await this.cancel(last);
      assertNotCancelled();
      const isLate = over.timeoutType === 'SCHEDULE_TO_CLOSE' && over.cause === undefined;
      throw isLate ? this.lateFailure() : error;
    }
  }

  /** Shows what no signal has told of the task when the answer was there. */
  private show(updates: TaskUpdate[], { task }: RemoteAnswer): void {
    const isShown = answersAreShown && task?.status.state === 'TASK_STATE_COMPLETED';
    for (const update of updates) {
      if (!isShown || !('artifactUpdate' in update)) callingTask()?.relay(update);
    }
  }

  /** While no activity is at it: one that is cancelled does this itself. */
  private async cancel(task: KnownTask): Promise<void> {
    const { message } = this;
    if (message === undefined) return;
    const { agent } = this.options;
    const { callRemoteAgent } = proxyActivities<RemoteActivities>({
      scheduleToCloseTimeout: CANCEL_WAIT,
      summary: this.summary('cancel'),
    });
    try {
      await CancellationScope.nonCancellable(() =>
        callRemoteAgent({ agent, message, waiting: 'poll', relay: 'none', known: task, cancel: true }),
      );
    } catch {
      // Its end is then its own affair.
    }
  }

  /** An agent that will call back has more to do, or has not read yet what was said to its question. */
  private isAwaited(answer: RemoteAnswer, looks: number): answer is { task: Task } {
    const { task } = answer;
    if (task === undefined || isTerminal(task.status.state)) return false;
    if (!isInterrupted(task.status.state)) return true;
    return looks < STALE_LOOKS && this.asked !== undefined && sameStatus(this.asked, task);
  }

  /** As in `translate: https://example.com/agent (cancel)`. */
  private summary(doing?: string): string {
    const { agent, summary } = this.options;
    const url = bareUrl(agent.url);
    return summaryOf(
      `${summary === undefined ? '' : `${summary}: `}${url}${doing === undefined ? '' : ` (${doing})`}`,
    );
  }

  private lateFailure(): ApplicationFailure {
    const { timeout = LONGEST_CALL } = this.options;
    return ApplicationFailure.nonRetryable(
      `The remote agent has not ended within ${timeout}`,
      'A2A_REMOTE_TIMEOUT',
    );
  }
}

function known({ id, contextId }: Task): KnownTask {
  return { taskId: id, contextId };
}

/** Cancelled while something else came to its end: what would follow must not begin. */
function assertNotCancelled(): void {
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('The call was cancelled');
}

function timeoutIn(error: unknown): TimeoutFailure | undefined {
  return error instanceof ActivityFailure && error.cause instanceof TimeoutFailure ? error.cause : undefined;
}
