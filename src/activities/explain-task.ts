import { Context } from '@temporalio/activity';
import { explainTask as explain, type TaskExplanation } from '../bridge/explain-task';
import { TemporalCalls } from '../bridge/temporal-calls';
import type { FollowedChild } from '../contract/agent-call';

/** For a workflow that has called the task: see `explainTask` of the bridge. Null when there is nothing to explain. */
export async function explainTask({ taskId }: FollowedChild): Promise<TaskExplanation | null> {
  return (await explain(new TemporalCalls(Context.current().client), taskId)) ?? null;
}
