import {
  ApplicationFailure,
  type WorkflowOutboundCallsInterceptor,
  workflowInfo,
} from '@temporalio/workflow';
import { isObject } from '../a2a/is-object';
import { REJECTED_FAILURE } from '../contract/contract';
import { END_ATTRIBUTE, type ExpectedEnd, isExpectedFailure } from '../contract/expected-end';
import { fromKeyword } from '../contract/keyword';
import { taskAttributes } from '../contract/task-attributes';
import { readError } from './readings';

/** Most characters of a failure's message in the log. */
const MAX_REASON = 500;

/** Each workflow has modules, and so variables, of its own. */
let end: ExpectedEnd | undefined;

/** The SDK logs each failure of a workflow as a warning with its stack; with this, a logger can tell which are none. */
export const endAttributes: WorkflowOutboundCallsInterceptor = {
  getLogAttributes(input, next) {
    return next(end === undefined ? input : { ...input, [END_ATTRIBUTE]: end });
  },
};

/**
 * The workflow fails with this error.
 * @param argument argument 0 of the workflow
 */
export function noteEnd(error: Error, argument: unknown): void {
  const { message, type } = readError(error);
  if (!isExpectedFailure(type) && !(isTask() && isOnPurpose(error))) return;
  const { typedSearchAttributes: attributes, workflowId: taskId } = workflowInfo();
  const agent = attributes.get(taskAttributes.agent) ?? calledAgent(error, argument);
  const context = attributes.get(taskAttributes.context);
  end = {
    ...(agent !== undefined && { agent }),
    taskId,
    ...(context !== undefined && { contextId: fromKeyword(context) }),
    state: type === REJECTED_FAILURE ? 'TASK_STATE_REJECTED' : 'TASK_STATE_FAILED',
    ...(type !== undefined && { failureType: type }),
    reason: message.slice(0, MAX_REASON),
  };
}

function isTask(): boolean {
  return workflowInfo().typedSearchAttributes.get(taskAttributes.agent) !== undefined;
}

/** Thrown by the workflow's own code, and not made of an error that has happened there. */
function isOnPurpose(error: Error): boolean {
  return error instanceof ApplicationFailure && !(error.type ?? '').endsWith('Error');
}

/** In a call that is no task: the agent that was called. */
function calledAgent(error: Error, argument: unknown): string | undefined {
  const detail: unknown = error instanceof ApplicationFailure ? error.details?.[0] : undefined;
  for (const told of [detail, argument]) {
    if (isObject(told) && typeof told.agent === 'string') return told.agent;
  }
  return undefined;
}
