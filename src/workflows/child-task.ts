import type { Duration } from '@temporalio/common';
import {
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowCancellationType,
  type ChildWorkflowHandle,
  defineSignal,
  isCancellation,
  ParentClosePolicy,
  rootCause,
  setHandler,
  startChild,
  TerminatedFailure,
  TimeoutFailure,
  uuid4,
  type Workflow,
  workflowInfo,
} from '@temporalio/workflow';
import { CHILD_SIGNAL, type ChildUpdates, type Relay, type ResolvedAgent } from '../a2a/agent-call';
import { MESSAGE_SIGNAL, REJECTED_FAILURE, type TaskStart } from '../a2a/contract';
import { inputOf } from '../a2a/parts';
import { isMessageResult, resultUpdates } from '../a2a/result';
import {
  applyUpdate,
  initialTask,
  isInterrupted,
  isObject,
  readUpdates,
  type TaskUpdate,
} from '../a2a/task-update';
import type { Message, Struct, Task, TaskState } from '../a2a/types';
import { startAttributes, taskAttributes } from '../temporal/task-attributes';
import { currentTask } from './a2a-task';

import { startsAs } from './start-headers';

const childSignal = defineSignal<[unknown]>(CHILD_SIGNAL);

export interface ChildTaskOptions {
  agent: Extract<ResolvedAgent, { kind: 'local' }>;
  contextId: string;
  message: Message;
  relay: Relay;
  metadata?: Struct;
  acceptedOutputModes?: string[];
  timeout?: Duration;
}

/** A task of this bridge that the workflow has started as its child. */
export class ChildTask {
  private outcome: { result: unknown } | { error: unknown } | undefined;
  private answered = true;

  private constructor(
    private readonly handle: ChildWorkflowHandle<Workflow>,
    private readonly relay: Relay,
    /** The child's Task, as far as it has told. */
    public task: Task,
  ) {
    handle.result().then(
      (result) => {
        this.outcome = { result };
      },
      (error: unknown) => {
        this.outcome = { error };
      },
    );
  }

  static async start(options: ChildTaskOptions): Promise<ChildTask> {
    const { agent, contextId, message, timeout } = options;
    const id = uuid4();
    const start: TaskStart = {
      task: { id, contextId },
      agentId: agent.agentId,
      message,
      tellsParent: true,
      ...(options.metadata !== undefined && { metadata: options.metadata }),
      ...(options.acceptedOutputModes !== undefined && { acceptedOutputModes: options.acceptedOutputModes }),
      ...(agent.definition !== undefined && { definition: agent.definition }),
    };
    listen();
    const handle = await startChild(agent.workflow.type, {
      workflowId: id,
      taskQueue: agent.workflow.taskQueue,
      args: [argumentOf(start, agent)],
      typedSearchAttributes: startAttributes(start, ownerOfCaller(), agent.workflow.input === undefined),
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      ...(timeout !== undefined && { workflowExecutionTimeout: timeout }),
    });
    const child = new ChildTask(handle, options.relay, initialTask(start.task, message, now()));
    children.set(id, child);
    return child;
  }

  get settled(): boolean {
    return this.outcome !== undefined;
  }

  /** The child waits for its client, and has not been answered yet. */
  get asks(): boolean {
    return !this.answered && isInterrupted(this.task.status.state);
  }

  async send(message: Message): Promise<void> {
    this.answered = true;
    await this.handle.signal(MESSAGE_SIGNAL, message);
  }

  hear(update: TaskUpdate): void {
    this.task = applyUpdate(this.task, update);
    if ('statusUpdate' in update && isInterrupted(update.statusUpdate.status.state)) this.answered = false;
    else if (shows(this.relay, update)) currentTask()?.relay(update);
  }

  /** The ended Task, or the Message that it answered with. @throws CancelledFailure when the caller is cancelled */
  async answer(): Promise<{ task: Task } | { message: Message }> {
    children.delete(this.task.id);
    if (this.outcome === undefined) throw new Error('The child task has not ended');
    if ('error' in this.outcome) {
      const { error } = this.outcome;
      if (error instanceof CancelledFailure || !(error instanceof Error)) throw error;
      return { task: applyUpdate(this.task, failed(error)) };
    }
    const { result } = this.outcome;
    if (isMessageResult(result)) return { message: result };
    return { task: resultUpdates(result, now()).reduce(applyUpdate, this.task) };
  }
}

const children = new Map<string, ChildTask>();
let listening = false;

/** One handler for all children, since a signal has one. */
function listen(): void {
  if (listening) return;
  listening = true;
  setHandler(childSignal, (told) => {
    if (!isObject(told)) return;
    const { taskId, updates } = told as unknown as ChildUpdates;
    const child = children.get(taskId);
    for (const update of readUpdates(updates)) child?.hear(update);
  });
}

function shows(relay: Relay, update: TaskUpdate): boolean {
  if (relay === 'none') return false;
  if ('artifactUpdate' in update) return relay === 'all';
  return 'statusUpdate' in update && update.statusUpdate.status.message !== undefined;
}

function failed(error: Error): TaskUpdate {
  const cause = error.cause;
  const state: TaskState = isCancellation(error)
    ? 'TASK_STATE_CANCELED'
    : cause instanceof ApplicationFailure && cause.type === REJECTED_FAILURE
      ? 'TASK_STATE_REJECTED'
      : 'TASK_STATE_FAILED';
  const text =
    cause instanceof TimeoutFailure
      ? 'The workflow timed out.'
      : cause instanceof TerminatedFailure
        ? 'The workflow was terminated.'
        : (rootCause(error) ?? error.message);
  const message: Message = { messageId: uuid4(), role: 'ROLE_AGENT', parts: [{ text }] };
  return { statusUpdate: { status: { state, message, timestamp: now() } } };
}

function argumentOf(start: TaskStart, { agentId, workflow }: ChildTaskOptions['agent']): unknown {
  if (workflow.input === undefined) return start;
  startsAs(start.task.id, start);
  const input = inputOf(start.message, workflow.input);
  if (input !== undefined) return input;
  const wanted = workflow.input === 'data' ? 'a data part' : 'a text part';
  throw ApplicationFailure.nonRetryable(`${agentId} needs ${wanted}`, 'A2A_INVALID_MESSAGE');
}

/** What is called for a client belongs to that client; else to whoever calls without credentials. */
function ownerOfCaller(): string {
  return workflowInfo().typedSearchAttributes.get(taskAttributes.owner) ?? 'anonymous';
}

function now(): string {
  return new Date().toISOString();
}
