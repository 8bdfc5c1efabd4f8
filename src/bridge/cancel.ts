import { setTimeout as sleep } from 'node:timers/promises';
import { TaskNotCancelableError } from '../a2a/errors';
import { isTerminal } from '../a2a/task-update';
import type { Task } from '../a2a/types';
import type { TaskFollower } from './task-follower';
import type { TaskQueues } from './task-queues';
import type { CurrentTask } from './task-reader';
import { type ExecutionRef, fromTemporal, GRPC, isGrpcError, type TemporalCalls } from './temporal-calls';
import type { CallContext } from './types';
import { UnbegunTasks } from './unbegun-task';

/**
 * Time in ms that a workflow has to end after its cancellation before the caller is told how it stands; some
 * clients give up after 5 s without a byte.
 */
const CANCEL_WAIT_MS = 4_000;

/** Time in ms that Temporal has to tell of an end that it has confirmed. */
const END_WAIT_MS = 500;

export interface CancellerOptions {
  calls: TemporalCalls;
  follower: TaskFollower;
  queues: TaskQueues;
  /** The Task as it is, for a caller that may see it. */
  currentTask: CurrentTask;
}

/**
 * Cancel Task (specification section 3.1.5): Temporal's cancellation, which the workflow hears and ends by; one that no
 * worker has begun is ended by {@link UnbegunTasks}.
 */
export class Canceller {
  private readonly unbegun: UnbegunTasks;

  constructor(private readonly options: CancellerOptions) {
    const { calls, follower, queues } = options;
    this.unbegun = new UnbegunTasks({ calls, queues, seen: (id) => follower.followed(id) });
  }

  /** @throws TaskNotFoundError, TaskNotCancelableError */
  async cancel(id: string, call: CallContext): Promise<Task> {
    const { currentTask } = this.options;
    const task = await currentTask(id, call, 0);
    if (isTerminal(task.status.state)) throw notCancelable(task);
    try {
      await this.request({ workflowId: id });
    } catch (error) {
      if (!isGrpcError(error, GRPC.NOT_FOUND)) throw fromTemporal(error);
      throw notCancelable(await currentTask(id, call));
    }
    const ended = await this.awaitEnd(id, call).catch((error: unknown) => {
      throw fromTemporal(error);
    });
    const canceled = ended.status.state === 'TASK_STATE_CANCELED';
    if (isTerminal(ended.status.state) && !canceled) throw notCancelable(ended);
    return ended;
  }

  private async request(execution: ExecutionRef): Promise<void> {
    const { calls } = this.options;
    await calls.call((service) =>
      service.requestCancelWorkflowExecution({
        namespace: calls.namespace,
        workflowExecution: execution,
        reason: 'CancelTask',
        identity: calls.client.options.identity,
      }),
    );
  }

  /** The Task when it has ended, or as it is when that takes too long. */
  private async awaitEnd(id: string, call: CallContext): Promise<Task> {
    const steps = await this.options.follower.follow(id, { from: 'now' });
    const stop = new AbortController();
    void this.hasten(id, stop.signal)
      .catch(() => {})
      .then(() => steps.return?.());
    try {
      for await (const step of steps) if (step.ended) return step.task;
      return await this.options.currentTask(id, call);
    } finally {
      stop.abort();
      await steps.return?.();
    }
  }

  /** Resolves when there is nothing more to wait for. */
  private async hasten(id: string, signal: AbortSignal): Promise<void> {
    const pause = (ms: number) => sleep(ms, undefined, { signal });
    const terminated = await this.unbegun.end(id, false).catch(() => false);
    await pause(CANCEL_WAIT_MS);
    if (!terminated && (await this.unbegun.end(id, true))) await pause(END_WAIT_MS);
  }
}

function notCancelable(task: Task): TaskNotCancelableError {
  return new TaskNotCancelableError({
    message: `Task ${task.id} cannot be canceled: it has ended as ${task.status.state}`,
    metadata: { taskId: task.id },
  });
}
