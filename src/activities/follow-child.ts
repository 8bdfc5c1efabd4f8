import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { TaskNotFoundError } from '../a2a/errors';
import type { TaskUpdate } from '../a2a/task-update';
import type { HistoryStep } from '../bridge/history-step';
import type { Position } from '../bridge/position';
import { readEvents } from '../bridge/runs';
import { TaskFollower } from '../bridge/task-follower';
import { GRPC, isGrpcError, TemporalCalls } from '../bridge/temporal-calls';
import { CHILD_SIGNAL, type ChildUpdates, type FollowedChild } from '../contract/agent-call';
import { PerClient } from '../temporal/per-client';
import { assertUpdateFits, UpdateQueue } from './update-queue';

/** Heartbeats: how far the history was read, and told to the parent. */
interface FollowProgress {
  position: Position;
  /** Number of updates up to there. */
  count: number;
}

/** Long polls for histories at once; other tasks are looked at from time to time. */
const MAX_LONG_POLLS = 300;

const HEARTBEAT_MS = 3_000;

/** In ms, how long a child that reports itself may take from an update to the signal that tells of it. */
const JUDGE_AFTER_MS = 250;

/**
 * The activity `followChild`: tells a calling workflow what the task that it has called does, when that task's
 * workflow does not tell it itself, as those in other languages. The history of the task tells.
 */
export function createFollowChild() {
  const followers = new PerClient((client) => {
    const calls = new TemporalCalls(client);
    return { calls, follower: new TaskFollower(calls, { maxLongPolls: MAX_LONG_POLLS }) };
  });

  /** Ends with the task, or as soon as it is seen to report itself. */
  return async function followChild({ taskId }: FollowedChild): Promise<void> {
    const context = Context.current();
    const { calls, follower } = followers.of(context.client);
    const following = new Following(context, calls, follower, taskId);
    const beat = setInterval(() => following.heartbeat(), HEARTBEAT_MS);
    const stop = () => following.stop();
    context.cancellationSignal.addEventListener('abort', stop, { once: true });
    try {
      await following.run();
    } finally {
      clearInterval(beat);
      context.cancellationSignal.removeEventListener('abort', stop);
      following.stop();
    }
    // Another attempt goes on, when this worker ends.
    if (context.cancellationSignal.aborted) throw context.cancellationSignal.reason;
  };
}

class Following {
  private readonly queue = new UpdateQueue({
    signal: (updates) => this.tell(updates),
    historyLength: () => this.historyLength(),
    isExtra: true,
  });
  private steps: AsyncIterableIterator<HistoryStep> | undefined;
  private stopped = false;
  /** Positions of the updates that wait in the queue. */
  private readonly positions: Position[] = [];
  private progress: FollowProgress | undefined;
  private count: number;
  /** The child does not report itself; one attempt before this one may have found that out. */
  private isSilent: boolean;

  constructor(
    private readonly context: Context,
    private readonly calls: TemporalCalls,
    private readonly follower: TaskFollower,
    private readonly taskId: string,
  ) {
    this.progress = context.info.heartbeatDetails as FollowProgress | undefined;
    this.count = this.progress?.count ?? 0;
    this.isSilent = this.progress !== undefined;
  }

  heartbeat(): void {
    this.context.heartbeat(this.progress);
  }

  stop(): void {
    this.stopped = true;
    void this.steps?.return?.();
  }

  async run(): Promise<void> {
    const { progress, taskId } = this;
    const from = progress === undefined ? 'start' : { position: progress.position };
    try {
      this.steps = await this.follower.follow(taskId, { from });
      if (this.stopped) await this.steps.return?.();
      for await (const step of this.steps) {
        const { update, position } = step;
        if (update === undefined || !isNews(step)) continue;
        assertUpdateFits(update);
        this.count += 1;
        this.positions.push(position);
        await this.queue.push(update);
      }
      await this.queue.flush();
    } catch (error) {
      // The parent has ended, or the child is gone.
      if (!isGrpcError(error, GRPC.NOT_FOUND) && !(error instanceof TaskNotFoundError)) throw error;
    }
  }

  private async tell(updates: (TaskUpdate | null)[]): Promise<void> {
    if (!this.isSilent && (await this.reportsItself())) this.stop();
    if (this.stopped) return;
    const { client, info } = this.context;
    const { workflowId, runId } = info.workflowExecution ?? {};
    const readFrom = this.count - this.queue.waiting - updates.length;
    const told: ChildUpdates = {
      taskId: this.taskId,
      updates,
      readFrom,
      ...(runId && { parentRunId: runId }),
    };
    await client.workflowService.signalWorkflowExecution({
      namespace: info.namespace,
      workflowExecution: info.workflowExecution ? { workflowId: info.workflowExecution.workflowId } : null,
      signalName: CHILD_SIGNAL,
      input: { payloads: [await this.calls.payloads.encode(told, workflowId)] },
      // Stored once, however often the call is repeated on the way.
      requestId: `${runId}/${info.activityId}/${readFrom}-${readFrom + updates.length}`,
      identity: client.options.identity,
    });
    const position = this.positions.splice(0, updates.length).at(-1);
    if (position !== undefined) this.progress = { position, count: readFrom + updates.length };
    this.heartbeat();
  }

  /** Of the caller. */
  private async historyLength(): Promise<number> {
    const { client, info } = this.context;
    const { workflowExecutionInfo } = await client.workflowService.describeWorkflowExecution({
      namespace: info.namespace,
      execution: info.workflowExecution ? { workflowId: info.workflowExecution.workflowId } : null,
    });
    return Number(workflowExecutionInfo?.historyLength ?? 0);
  }

  /** Whether the child tells its updates itself: its first one is then followed by the signal that does so. */
  private async reportsItself(): Promise<boolean> {
    await sleep(JUDGE_AFTER_MS);
    for await (const event of readEvents(this.calls, { workflowId: this.taskId })) {
      const signal = event.signalExternalWorkflowExecutionInitiatedEventAttributes;
      if (signal?.signalName === CHILD_SIGNAL) return true;
    }
    this.isSilent = true;
    return false;
  }
}

/**
 * The parent has the messages and, as its child's, the result. Of a Task as a whole it needs to know where a reset has
 * made it anew, and where what was before it cannot be read any more. That it is paused, a caller finds out as of any
 * called task: a question with these words would be another one.
 */
function isNews({ update, before, sequence, closing, isNotice }: HistoryStep): boolean {
  if (update === undefined || closing === true || isNotice === true || 'message' in update) return false;
  return !('task' in update) || (before === undefined && sequence > 1);
}
