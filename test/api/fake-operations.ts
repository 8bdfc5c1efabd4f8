import {
  InvalidParamsError,
  TaskNotCancelableError,
  TaskNotFoundError,
  UnsupportedOperationError,
} from '../../src/a2a/errors';
import { isTerminal } from '../../src/a2a/task-update';
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
} from '../../src/a2a/types';
import type { CallContext, StreamEvent, TaskOperations, TaskStream } from '../../src/bridge/types';
import type { PushStatus } from '../../src/contract/push';

/** A stream that a test feeds by hand. */
export class FakeStream implements AsyncIterableIterator<StreamEvent> {
  returned = false;
  delivered = 0;
  private readonly queue: (StreamEvent | Error | 'end')[] = [];
  private wake: (() => void) | undefined;
  private position = 0;

  push(response: StreamResponse): this {
    const id = String(++this.position);
    return this.enqueue({ id, response, json: JSON.stringify(response) });
  }

  /** Skips to a position, as a resumed stream does. */
  from(position: number): this {
    this.position = position;
    return this;
  }

  fail(error: Error): this {
    return this.enqueue(error);
  }

  end(): this {
    return this.enqueue('end');
  }

  private enqueue(item: StreamEvent | Error | 'end'): this {
    this.queue.push(item);
    this.wake?.();
    return this;
  }

  async next(): Promise<IteratorResult<StreamEvent>> {
    for (;;) {
      if (this.returned) return { done: true, value: undefined };
      const item = this.queue.shift();
      if (item === 'end') return { done: true, value: undefined };
      if (item instanceof Error) throw item;
      if (item !== undefined) {
        this.delivered++;
        return { done: false, value: item };
      }
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  async return(): Promise<IteratorResult<StreamEvent>> {
    this.returned = true;
    this.wake?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/**
 * TaskOperations in memory: a message makes a completed task, one whose text is "wait" makes a working one.
 * A test may put its own stream in the place of the next one, and an error in the place of any answer.
 */
export class FakeOperations implements TaskOperations {
  readonly tasks = new Map<string, { owner: string; agentId: string; task: Task }>();
  readonly calls: { name: string; request: unknown; call: CallContext; lastEventId?: string | undefined }[] =
    [];
  readonly pushConfigs = new Map<string, TaskPushNotificationConfig>();
  supportsPush = true;
  nextStream: FakeStream | undefined;
  nextError: Error | undefined;
  /** What the next tasks have instead. */
  nextTask: Partial<Task> | undefined;
  /** Holds every answer back until it is resolved. */
  gate: Promise<void> | undefined;

  async sendMessage(request: SendMessageRequest, call: CallContext): Promise<SendMessageResponse> {
    await this.begin('sendMessage', request, call);
    return { task: this.accept(request, call) };
  }

  async sendStreamingMessage(request: SendMessageRequest, call: CallContext): Promise<TaskStream> {
    await this.begin('sendStreamingMessage', request, call);
    return this.nextStream ?? new FakeStream().push({ task: this.accept(request, call) }).end();
  }

  async getTask(request: GetTaskRequest, call: CallContext): Promise<Task> {
    await this.begin('getTask', request, call);
    return this.find(request.id, call);
  }

  async listTasks(request: ListTasksRequest, call: CallContext): Promise<ListTasksResponse> {
    await this.begin('listTasks', request, call);
    if (request.pageToken !== undefined) {
      throw new InvalidParamsError([{ field: 'pageToken', description: 'must come from an earlier answer' }]);
    }
    const tasks = [...this.tasks.values()]
      .filter(({ owner, agentId }) => owner === call.owner && agentId === call.agent.id)
      .map(({ task }) => task)
      .filter(({ contextId }) => request.contextId === undefined || contextId === request.contextId)
      .filter(({ status }) => request.status === undefined || status.state === request.status);
    const pageSize = request.pageSize ?? 50;
    return { tasks: tasks.slice(0, pageSize), nextPageToken: '', pageSize, totalSize: tasks.length };
  }

  async cancelTask(request: CancelTaskRequest, call: CallContext): Promise<Task> {
    await this.begin('cancelTask', request, call);
    const task = this.find(request.id, call);
    if (isTerminal(task.status.state)) throw new TaskNotCancelableError();
    task.status = { state: 'TASK_STATE_CANCELED' };
    return task;
  }

  async subscribeToTask(
    request: SubscribeToTaskRequest,
    call: CallContext,
    lastEventId?: string,
  ): Promise<TaskStream> {
    await this.begin('subscribeToTask', request, call, lastEventId);
    const task = this.find(request.id, call);
    if (isTerminal(task.status.state)) throw new UnsupportedOperationError('The task has ended');
    return this.nextStream ?? new FakeStream().push({ task }).end();
  }

  async createTaskPushNotificationConfig(config: TaskPushNotificationConfig, call: CallContext) {
    await this.begin('createTaskPushNotificationConfig', config, call);
    const { taskId = '', id = taskId } = config;
    this.find(taskId, call);
    const created = { ...config, taskId, id };
    this.pushConfigs.set(`${taskId} ${id}`, created);
    return created;
  }

  async getTaskPushNotificationConfig(request: PushConfigRequest, call: CallContext) {
    await this.begin('getTaskPushNotificationConfig', request, call);
    this.find(request.taskId, call);
    const config = this.pushConfigs.get(`${request.taskId} ${request.id}`);
    if (config === undefined) throw new TaskNotFoundError(`Task ${request.taskId} has no such config`);
    return config;
  }

  async listTaskPushNotificationConfigs(
    request: ListTaskPushNotificationConfigsRequest,
    call: CallContext,
  ): Promise<ListTaskPushNotificationConfigsResponse> {
    await this.begin('listTaskPushNotificationConfigs', request, call);
    this.find(request.taskId, call);
    const configs = [...this.pushConfigs.values()].filter(({ taskId }) => taskId === request.taskId);
    return { configs, nextPageToken: '' };
  }

  async deleteTaskPushNotificationConfig(request: PushConfigRequest, call: CallContext): Promise<void> {
    await this.begin('deleteTaskPushNotificationConfig', request, call);
    this.find(request.taskId, call);
    this.pushConfigs.delete(`${request.taskId} ${request.id}`);
  }

  async getPushStatus({ taskId, id }: PushConfigRequest, call: CallContext): Promise<PushStatus> {
    this.find(taskId, call);
    return { taskId, id, state: 'pending', delivered: 0 };
  }

  async dialectOf(taskId: string, call: CallContext): Promise<string | undefined> {
    this.find(taskId, call);
    return this.calls.find(({ name, request }) => name.startsWith('send') && isFor(taskId, request))?.call
      .dialect;
  }

  private async begin(
    name: string,
    request: unknown,
    call: CallContext,
    lastEventId?: string,
  ): Promise<void> {
    this.calls.push({ name, request, call, lastEventId });
    await this.gate;
    if (this.nextError !== undefined) throw this.nextError;
  }

  private accept({ message }: SendMessageRequest, call: CallContext): Task {
    const waits = message.parts[0]?.text === 'wait';
    const contextId = message.contextId ?? 'context';
    const id = message.taskId ?? `task-${message.messageId}`;
    const task: Task = {
      id,
      contextId,
      status: { state: waits ? 'TASK_STATE_WORKING' : 'TASK_STATE_COMPLETED' },
      history: [{ ...message, taskId: id, contextId }],
      ...this.nextTask,
    };
    this.tasks.set(id, { owner: call.owner, agentId: call.agent.id, task });
    return task;
  }

  private find(id: string, call: CallContext): Task {
    const found = this.tasks.get(id);
    if (found === undefined || found.owner !== call.owner || found.agentId !== call.agent.id) {
      throw new TaskNotFoundError({ metadata: { taskId: id } });
    }
    return found.task;
  }
}

/** Whether a send has made the task, whose ID is that of its message here. */
function isFor(taskId: string, request: unknown): boolean {
  return `task-${(request as SendMessageRequest).message.messageId}` === taskId;
}
