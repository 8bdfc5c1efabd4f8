/** Log attribute of the lines that the SDK writes when a workflow has failed as workflows may: an {@link ExpectedEnd}. */
export const END_ATTRIBUTE = 'a2aEnd';

/** How a workflow has failed that has said so on purpose, for the log. */
export interface ExpectedEnd {
  /** ID of the agent, or of the one that was called. */
  agent?: string;
  /** ID of the workflow. */
  taskId: string;
  contextId?: string;
  state: 'TASK_STATE_FAILED' | 'TASK_STATE_REJECTED';
  failureType?: string;
  /** The message of the failure. */
  reason: string;
}

/** Failures of workflows whose types are ours, although the code of an agent is to blame. */
const FAULTS = ['A2A_PAYLOAD_TOO_LARGE', 'A2A_UNREADABLE_RESULT', 'A2A_INVALID_START'];

/** Failures of activities that are answers: the remote agent refuses the call, or there is no such agent. */
const ANSWERS = ['A2A_REMOTE_ERROR', 'A2A_REMOTE_HTTP_ERROR', 'A2A_NO_SUCH_AGENT', 'A2A_CALLS_TOO_DEEP'];

/** Whether a workflow that fails with this type has worked as it should. */
export function isExpectedFailure(type: string | null | undefined): boolean {
  return type?.startsWith('A2A_') === true && !FAULTS.includes(type);
}

/** Whether an activity that fails with this type has worked as it should. */
export function isExpectedAnswer(type: string | null | undefined): boolean {
  return typeof type === 'string' && ANSWERS.includes(type);
}
