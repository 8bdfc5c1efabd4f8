import { Context } from '@temporalio/activity';
import { readFirstEvent } from '../bridge/runs';
import { readTaskFacts } from '../bridge/task-facts';
import { readTaskStart } from '../bridge/task-start';
import { GRPC, isGrpcError, TemporalCalls } from '../bridge/temporal-calls';
import type { Caller } from '../contract/a2a-call';

/**
 * The task of this bridge that a workflow is, for `a2aCall`, which calls in its name; null when it is none.
 * @param runId the run that has made the call
 */
export async function describeCaller(workflowId: string, runId: string): Promise<Caller | null> {
  const calls = new TemporalCalls(Context.current().client);
  try {
    const event = await readFirstEvent(calls, { workflowId, runId });
    if (event === undefined) return null;
    const facts = await readTaskFacts(calls, workflowId, event);
    if (facts === undefined) return null;
    const { owner, contextId, plain } = facts;
    const start = await readTaskStart(calls.payloads, workflowId, event);
    const { callDepth = 0 } = start.kind === 'value' ? start.start : {};
    return { id: workflowId, contextId, owner, plain, callDepth };
  } catch (error) {
    if (isGrpcError(error, GRPC.NOT_FOUND)) return null;
    throw error;
  }
}
