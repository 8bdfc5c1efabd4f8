import type {
  CancelTaskRequest,
  GetTaskRequest,
  ListTaskPushNotificationConfigsRequest,
  ListTaskPushNotificationConfigsResponse,
  ListTasksRequest,
  ListTasksResponse,
  PushConfigRequest,
  SendMessageRequest,
  SendMessageResponse,
  StreamResponse,
  SubscribeToTaskRequest,
  Task,
  TaskPushNotificationConfig,
} from '../a2a/types';
import type { AgentConfig } from '../config/agents';
import type { PushStatus } from '../contract/push';

/** Versions of A2A that callers speak; 0.2 stands for what was before `message/send`. */
export type ProtocolVersion = '1.0' | '0.3' | '0.2';

/** Who calls whom, and in what manner. */
export interface CallContext {
  /** The agent that is called. */
  agent: AgentConfig;
  /** Identity that the call's tasks belong to; every other owner's tasks do not exist for it. */
  owner: string;
  /** Version that the caller speaks; 1.0 unless set. Its push notifications are written in it. */
  version?: ProtocolVersion;
  /**
   * Which of several ways to write its version the caller has; the tasks that it makes remember it
   * ({@link TaskOperations.dialectOf}).
   */
  dialect?: string;
  /** ID of the task that this message makes, for callers that choose it; derived from the message unless set. */
  newTaskId?: string;
  /** Ends waiting, not the task, when the caller has gone. */
  signal?: AbortSignal;
}

/** One event of a stream. */
export interface StreamEvent {
  /** Position in the task's history; a stream that resumes after it misses nothing and repeats nothing. Empty when it has none. */
  id: string;
  response: StreamResponse;
  /** The Task as it is right after the event, where it is known. */
  task?: Task;
  /** `response` as JSON, made once however many read it. */
  readonly json: string;
  /** Its name on an SSE stream, for callers whose events have names. */
  readonly name?: string;
}

/**
 * Events of a task in order. The iteration ends by itself after the task's final state; it throws
 * A2AError RESOURCE_EXHAUSTED when its reader is too slow. `return()` ends it at any moment.
 */
export type TaskStream = AsyncIterableIterator<StreamEvent> & {
  return(): Promise<IteratorResult<StreamEvent>>;
};

/**
 * The operations of specification section 3.1 on Temporal, in A2A JSON. Requests are already validated.
 * Beyond the errors named, each throws BridgeError UNAVAILABLE when Temporal cannot be reached.
 */
export interface TaskOperations {
  /**
   * Starts a task, or hands a further message to one. Waits for a terminal or interrupted state unless
   * `configuration.returnImmediately`.
   * @throws TaskNotFoundError, UnsupportedOperationError, ContentTypeNotSupportedError, InvalidParamsError
   */
  sendMessage(request: SendMessageRequest, call: CallContext): Promise<SendMessageResponse>;

  /** As {@link sendMessage}, with everything that happens from this message on. */
  sendStreamingMessage(request: SendMessageRequest, call: CallContext): Promise<TaskStream>;

  /** @throws TaskNotFoundError */
  getTask(request: GetTaskRequest, call: CallContext): Promise<Task>;

  /** @throws InvalidParamsError for a page token of another list */
  listTasks(request: ListTasksRequest, call: CallContext): Promise<ListTasksResponse>;

  /** @throws TaskNotFoundError, TaskNotCancelableError */
  cancelTask(request: CancelTaskRequest, call: CallContext): Promise<Task>;

  /**
   * @param lastEventId ID of the last event that the caller saw: the stream goes on after it, also when the
   * task has ended since. Without it the stream begins with the Task as it is.
   * @throws TaskNotFoundError; UnsupportedOperationError when the task has ended and there is nothing to resume
   */
  subscribeToTask(
    request: SubscribeToTaskRequest,
    call: CallContext,
    lastEventId?: string,
  ): Promise<TaskStream>;

  /**
   * Has the task's updates sent to a webhook from now on (section 3.1.7). A config with the ID of another replaces it.
   * @throws PushNotificationNotSupportedError, TaskNotFoundError; InvalidParamsError for a URL that may not be called
   */
  createTaskPushNotificationConfig(
    config: TaskPushNotificationConfig,
    call: CallContext,
  ): Promise<TaskPushNotificationConfig>;

  /** @throws TaskNotFoundError, also when the task has no such config (section 3.1.8) */
  getTaskPushNotificationConfig(
    request: PushConfigRequest,
    call: CallContext,
  ): Promise<TaskPushNotificationConfig>;

  /** @throws TaskNotFoundError */
  listTaskPushNotificationConfigs(
    request: ListTaskPushNotificationConfigsRequest,
    call: CallContext,
  ): Promise<ListTaskPushNotificationConfigsResponse>;

  /** Succeeds when there is no such config (section 3.1.10). @throws TaskNotFoundError */
  deleteTaskPushNotificationConfig(request: PushConfigRequest, call: CallContext): Promise<void>;

  /**
   * How the delivery to one webhook stands; of no binding of A2A, which has no place for it.
   * @throws as {@link getTaskPushNotificationConfig}
   */
  getPushStatus(request: PushConfigRequest, call: CallContext): Promise<PushStatus>;

  /** Whether there is a worker for push notifications; without one no agent offers them. */
  readonly supportsPush: boolean;

  /**
   * The dialect of the call that made the task, if it had one.
   * @throws TaskNotFoundError
   */
  dialectOf(taskId: string, call: CallContext): Promise<string | undefined>;
}
