import { operation, service } from 'nexus-rpc';
import type {
  CancelTaskRequest,
  GetTaskRequest,
  Message,
  SendMessageRequest,
  SendMessageResponse,
  Task,
} from '../a2a/types';
import type { TraceFields } from './trace';

/** What may be left out of a request over Nexus: the ID and the role of its message. */
export type NexusSendMessageRequest = Omit<SendMessageRequest, 'message'> & {
  message: Omit<Message, 'messageId' | 'role'> & Partial<Message>;
} & InTenant;

interface InTenant {
  /** ID of the agent; the default agent is meant without it. */
  tenant?: string;
}

/**
 * The Nexus service by which workflows of other namespaces use agents (docs/calling-agents.md): for
 * `createNexusServiceClient` of a workflow.
 */
export const a2aService = service('A2AService', {
  SendMessage: operation<NexusSendMessageRequest, SendMessageResponse>(),
  GetTask: operation<GetTaskRequest & InTenant, Task>(),
  CancelTask: operation<CancelTaskRequest & InTenant, Task>(),
});

/** Argument of the workflow `a2aSend`, which waits for what one SendMessage over Nexus answers. */
export interface SendStart {
  agentId: string;
  owner: string;
  /** Of the task that the message makes, or goes to. */
  taskId: string;
  request: SendMessageRequest;
  /** When the caller waits no longer, in ms from the start of the workflow. */
  timeoutMs?: number;
  /** What the send is a part of, when it is traced. */
  trace?: TraceFields;
}

/** Argument of the activity that ends the task of an operation that nobody waits for any more. */
export type SentTask = Pick<SendStart, 'agentId' | 'owner' | 'taskId'>;

/** The activities of `a2aSend`. */
export interface SendActivities {
  /**
   * Sends the message, or finds the task that it has made before, and waits until the task has ended or asks.
   * @throws ApplicationFailure `A2A_<reason>`, not retryable, for a request that cannot be carried out
   */
  sendA2AMessage(send: SendStart): Promise<SendMessageResponse>;
  /** Cancels the task and waits for its end, for some time. */
  cancelA2ATask(task: SentTask): Promise<void>;
}

/** `type` of the ApplicationFailure that stands for an error of A2A, by its reason as in TASK_NOT_FOUND. */
export function failureTypeOf(reason: string): string {
  return `A2A_${reason}`;
}
