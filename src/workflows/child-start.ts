import type { Duration } from '@temporalio/common';
import { msToNumber } from '@temporalio/common/lib/time';
import { ApplicationFailure, type RetryPolicy, workflowInfo } from '@temporalio/workflow';
import { dataOf, inputOf, inputWanted } from '../a2a/parts';
import type { ResolvedAgent } from '../contract/agent-call';
import type { TaskStart } from '../contract/contract';
import { taskAttributes } from '../contract/task-attributes';
import { callingTask } from './calling-task';
import { hasFlag, WorkflowFlags } from './flags';
import { depthOfStart } from './start-headers';

/** How the workflow of a called task is started. */

/** An agent of this bridge. */
export type LocalAgent = Extract<ResolvedAgent, { kind: 'local' }>;

/** Longest row of agents of this bridge each of which has called the next; a workflow runs for each of them. */
const MAX_CALL_DEPTH = 16;

/**
 * Argument 0 of the workflow.
 * @throws ApplicationFailure of type A2A_INVALID_MESSAGE when the message does not hold what a plain workflow takes
 */
export function argumentOf(start: TaskStart, { agentId, workflow }: LocalAgent): unknown {
  if (workflow.input === undefined) return start;
  const input = inputOf(start.message, workflow.input);
  const isInText = workflow.input === 'data' && input !== undefined && dataOf(start.message) === undefined;
  if (input === undefined || (isInText && !hasFlag(WorkflowFlags.dataInText))) {
    const message = `${agentId} needs ${inputWanted(workflow.input)}`;
    throw ApplicationFailure.nonRetryable(message, 'A2A_INVALID_MESSAGE');
  }
  return input;
}

/** Whether a codec encodes payloads: the bridge has told this task, or the activity that has looked up the agent. */
export function encodesPayloads(agent: LocalAgent): boolean {
  return agent.encodesPayloads === true || callingTask()?.encodesPayloads === true;
}

/** The agent's own limits; the caller may shorten the longest time. */
export function limitsOf(workflow: LocalAgent['workflow'], timeout: Duration | undefined) {
  const { executionTimeout, runTimeout, taskTimeout, retry } = workflow;
  const times = [timeout, executionTimeout as Duration | undefined].flatMap((time) => time ?? []);
  return {
    ...(times.length > 0 && { workflowExecutionTimeout: Math.min(...times.map(msToNumber)) }),
    ...(runTimeout !== undefined && { workflowRunTimeout: runTimeout as Duration }),
    ...(taskTimeout !== undefined && { workflowTaskTimeout: taskTimeout as Duration }),
    ...(retry !== undefined && { retry: retry as RetryPolicy }),
  };
}

/** @throws ApplicationFailure of type A2A_CALLS_TOO_DEEP, which ends agents that call each other for ever */
export function depthOfCall(agentId: string): number {
  const depth = (callingTask()?.callDepth ?? depthOfStart() ?? 0) + 1;
  if (depth <= MAX_CALL_DEPTH) return depth;
  const message = `${agentId} is not called: ${MAX_CALL_DEPTH} agents have called one another already, which is the limit`;
  throw ApplicationFailure.nonRetryable(message, 'A2A_CALLS_TOO_DEEP');
}

/** A called task has the owner of its caller's task; without one, that of callers without authentication. */
export function ownerOfCaller(): string {
  const own = workflowInfo().typedSearchAttributes.get(taskAttributes.owner);
  return callingTask()?.owner ?? own ?? 'anonymous';
}
