import { Context, sleep } from '@temporalio/activity';
import { TaskNotFoundError } from '../a2a/errors';
import { foldHistory } from '../bridge/history';
import { TaskQueues } from '../bridge/task-queues';
import { GRPC, isGrpcError, TemporalCalls } from '../bridge/temporal-calls';
import { UnbegunTasks } from '../bridge/unbegun-task';
import type { FollowedChild } from '../contract/agent-call';

/** Time in ms that the workers of a polled task queue have to take a task; its caller has waited for some seconds. */
const TAKE_MS = 2_000;

/** For a workflow that has called the task and has cancelled it: see {@link UnbegunTasks}. */
export async function endUnbegunTask({ taskId }: FollowedChild): Promise<void> {
  const calls = new TemporalCalls(Context.current().client);
  const unbegun = new UnbegunTasks({
    calls,
    queues: new TaskQueues(calls),
    seen: () => foldHistory(calls, { workflowId: taskId }),
  });
  try {
    if (await unbegun.end(taskId, false)) return;
    await sleep(TAKE_MS);
    await unbegun.end(taskId, true);
  } catch (error) {
    // It was deleted.
    if (!isGrpcError(error, GRPC.NOT_FOUND) && !(error instanceof TaskNotFoundError)) throw error;
  }
}
