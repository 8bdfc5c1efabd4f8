import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { toParts } from '../a2a/parts';
import type { TaskUpdate } from '../a2a/task-update';
import type { Artifact, Part, Struct } from '../a2a/types';
import type { Told } from '../contract/update-source';
import { assertOneSdk } from '../temporal/one-sdk';
import { Payloads } from '../temporal/payloads';
import { isOfEarlierRun } from './scheduled-by';
import { signalUpdates, takeOver } from './reported-before';
import { assertUpdateFits, UpdateQueue } from './update-queue';

/**
 * Reports what an activity does as updates of the task whose workflow runs it.
 *
 * What is reported in one turn of the event loop is sent together, at its end when no signal is in flight, and gathered
 * while one is; the order is kept.
 * When Temporal retries the activity, what an earlier attempt reported is counted and as many reports of the
 * new attempt are dropped, so readers see each update once; meanwhile `replaying` is true.
 *
 * Await each report: it takes no time unless the activity outruns Temporal.
 */
export class TaskReporter {
  private readonly queue: UpdateQueue;
  /** Names its signals, so that each is stored once, however often the call is repeated on the way. */
  private readonly id = randomUUID();
  private readonly stored: number;
  private readonly attempt: number;
  private reported = 0;
  private inHistory: number;

  private constructor(
    private readonly context: Context,
    private readonly payloads: Payloads,
    told: Told,
    isExtra: boolean,
  ) {
    this.stored = told.count;
    this.attempt = told.attempt;
    this.inHistory = told.count;
    this.queue = new UpdateQueue({
      signal: (updates) => this.signal(updates),
      historyLength: () => lengthOfHistory(context),
      isExtra,
    });
  }

  /**
   * @param onStored is given each update that earlier attempts of this activity have reported, in order
   * @param isExtra what is reported is part of the activity's result as well, so that it may be left out when Temporal
   * takes no more
   * @throws when the activity was not started by a workflow
   */
  static async create(onStored?: (update: TaskUpdate) => void, isExtra = false): Promise<TaskReporter> {
    const context = currentContext();
    const payloads = new Payloads(context.client);
    if (isFirst(context)) {
      return new TaskReporter(context, payloads, { count: 0, attempt: 1 }, isExtra);
    }
    return new TaskReporter(context, payloads, await takeOver(context, payloads, onStored), isExtra);
  }

  /** How many updates the history holds for certain, those of earlier attempts among them. */
  get settled(): number {
    return this.inHistory;
  }

  /** How many updates no signal has taken yet. */
  get waiting(): number {
    return this.queue.waiting;
  }

  /** How many updates have been reported, dropped ones among them. */
  get count(): number {
    return this.reported;
  }

  /**
   * For an activity that does not begin anew when it is retried: what is reported next is update number `count`
   * (from 0). Without a number: nothing of what follows was reported before.
   */
  resumeAt(count = this.stored): void {
    this.reported = Math.max(this.reported, Math.min(count, this.stored));
  }

  /** Whether what is reported now was already reported by an earlier attempt of this activity. */
  get replaying(): boolean {
    return this.reported < this.stored;
  }

  /** Progress: TASK_STATE_WORKING. */
  working(content?: string | Part | Part[], options: { metadata?: Struct } = {}): Promise<void> {
    return this.report({
      statusUpdate: {
        status: {
          state: 'TASK_STATE_WORKING',
          ...(content !== undefined && {
            message: { messageId: randomUUID(), role: 'ROLE_AGENT', parts: toParts(content) },
          }),
          timestamp: new Date().toISOString(),
        },
        ...(options.metadata !== undefined && { metadata: options.metadata }),
      },
    });
  }

  /** A whole artifact, or with `append` a further piece of one. */
  artifact(artifact: Artifact, options: { append?: boolean; lastChunk?: boolean } = {}): Promise<void> {
    return this.report({ artifactUpdate: { artifact, ...options } });
  }

  /**
   * Any update.
   * @throws ApplicationFailure, not retryable, when the update exceeds Temporal's payload limit;
   * what went wrong with an earlier signal
   */
  async report(update: TaskUpdate): Promise<void> {
    this.queue.assertWorking();
    assertUpdateFits(update);
    const replayed = this.replaying;
    this.reported += 1;
    if (!replayed) await this.queue.push(update);
  }

  /** Resolves when everything reported is in the task's history. */
  flush(): Promise<void> {
    return this.queue.flush();
  }

  /**
   * What was reported and is not in the task's history yet; the caller tells the workflow of it. Nothing is to be
   * reported after that.
   */
  takeRest(): Promise<TaskUpdate[]> {
    return this.queue.takeRest();
  }

  private async signal(updates: (TaskUpdate | null)[]): Promise<void> {
    const { context, payloads, attempt } = this;
    const index = this.reported - this.queue.waiting - updates.length;
    await signalUpdates(context, payloads, { updates, index, attempt, requestId: `${this.id}/${index}` });
    this.inHistory = this.reported - this.queue.waiting;
  }
}

/** Whether nothing can have been reported before: attempts are counted from 1 again after a reset of the activity, too. */
function isFirst(context: Context): boolean {
  const { attempt, scheduledTimestampMs, currentAttemptScheduledTimestampMs } = context.info;
  return (
    attempt === 1 && currentAttemptScheduledTimestampMs <= scheduledTimestampMs && !isOfEarlierRun(context)
  );
}

/** @throws TypeError when another copy of the SDK runs the activity; IllegalStateError outside of activities */
function currentContext(): Context {
  try {
    return Context.current();
  } catch (error) {
    assertOneSdk();
    throw error;
  }
}

/** Runs `body` with a reporter and sends what it reported last before it returns, also when it throws. */
export async function withTaskReporter<T>(body: (reporter: TaskReporter) => Promise<T>): Promise<T> {
  const reporter = await TaskReporter.create();
  try {
    return await body(reporter);
  } finally {
    await reporter.flush();
  }
}

async function lengthOfHistory({ client, info }: Context): Promise<number> {
  const { workflowExecutionInfo } = await client.workflowService.describeWorkflowExecution({
    namespace: info.namespace,
    execution: info.workflowExecution ?? null,
  });
  return Number(workflowExecutionInfo?.historyLength ?? 0);
}
