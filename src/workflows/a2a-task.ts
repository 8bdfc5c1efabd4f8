import {
  ApplicationFailure,
  defineQuery,
  makeContinueAsNewFunc,
  setHandler,
  upsertMemo,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { readUpdates } from '../a2a/agent-json';
import { withoutQuestions } from '../a2a/open-questions';
import { type Content, textOf, toParts } from '../a2a/parts';
import { applyUpdate, initialTask, type TaskUpdate } from '../a2a/task-update';
import type { Artifact, Message, Struct, Task, TaskState } from '../a2a/types';
import {
  MESSAGE_SIGNAL,
  REJECTED_FAILURE,
  TASK_QUERY,
  type TaskStart,
  UPDATE_NAME,
} from '../contract/contract';
import { valueIn } from '../contract/payload';
import { toTaskStart } from '../contract/start';
import { type AskOptions, type CallingTask, setCallingTask } from './calling-task';
import { ClientMessages } from './client-messages';
import { showTask } from './current-details';
import { DESCRIPTIONS } from './descriptions';
import { hasFlag, WorkflowFlags } from './flags';
import { parentTold, signalsSent, signalsWereSent, tellParent } from './parent';
import { Questions } from './questions';
import { QuestionsInTurn } from './questions-in-turn';
import { readRaw } from './readings';
import { receivedMessage, receivedUpdates } from './received';
import { setSignalHandlers } from './signals-in-order';
import {
  type ArtifactInit,
  type ArtifactStream,
  type CompleteOptions,
  mergeArtifacts,
} from './task-artifacts';
import { upsertTaskState } from './task-state';
import { setSummaryCheck, TaskSummary } from './task-summary';
import { assertSendable } from './workflow-task-size';

const taskQuery = defineQuery<Task>(TASK_QUERY);

/**
 * The A2A task that this workflow is. Call it once, first thing, with argument 0 of the workflow.
 *
 * ```ts
 * export async function greeter(start: TaskStart) {
 *   const task = a2aTask(start);
 *   const answer = await task.ask('What is your name?');
 *   return task.complete({ artifacts: [{ name: 'greeting', parts: `Hello, ${textOf(answer)}!` }] });
 * }
 * ```
 */
export function a2aTask(start: TaskStart): A2ATask {
  const task = new A2ATask(start);
  setCallingTask(task);
  return task;
}

/** See {@link a2aTask}. */
export class A2ATask implements CallingTask {
  readonly id: string;
  readonly contextId: string;
  readonly agentId: string;
  /** The message that made the task. */
  readonly message: Message;
  /** Metadata of the request that made the task. */
  readonly metadata: Struct;
  /** Media types that the client accepts; empty when it did not say. */
  readonly acceptedOutputModes: readonly string[];
  /** How many calls from one agent of this bridge to the next have led to this task: 0 when a client has made it. */
  readonly callDepth: number;
  /** Whether what is written goes through a codec. */
  readonly encodesPayloads: boolean;
  /** Whether it is the first task of its context, and in its first run. */
  readonly startsContext: boolean;
  /** Whether its calls go on in the contexts of earlier ones unless they say otherwise. */
  readonly keepContext: boolean;

  private current: Task;
  private readonly messages: ClientMessages;
  private readonly questions: Questions;
  private readonly summary: TaskSummary;
  private clearing = false;
  /** Of runs of version 0.1.0. */
  private readonly inTurn: QuestionsInTurn;

  constructor(private readonly start: TaskStart) {
    const { task, agentId, message, metadata, acceptedOutputModes, callDepth, unread, ...more } =
      requireStart(start);
    this.id = task.id;
    this.contextId = task.contextId;
    this.agentId = agentId;
    this.message = message;
    this.metadata = metadata ?? {};
    this.acceptedOutputModes = acceptedOutputModes ?? [];
    this.callDepth = callDepth ?? 0;
    this.encodesPayloads = more.encodesPayloads === true;
    this.startsContext = !message.contextId && this.callDepth === 0 && !('status' in task);
    this.keepContext = more.keepContext !== false;
    this.current =
      'status' in task ? task : initialTask(task, message, workflowInfo().startTime.toISOString());
    this.summary = new TaskSummary(this.current, !('status' in task));
    setSummaryCheck(() => this.summary.tells(this.current));
    signalsWereSent(more.told ?? 0);
    this.messages = new ClientMessages(unread);
    this.inTurn = new QuestionsInTurn(this.messages, (...shown) => this.status(...shown));
    this.questions = new Questions({
      taskId: this.id,
      agentId: this.agentId,
      messages: this.messages,
      used: new Set(this.history.map(({ messageId }) => messageId)),
      show: ({ state, message, metadata }) =>
        this.status(state, message?.parts, metadata, message?.messageId),
    });

    setHandler(taskQuery, () => this.current, { description: DESCRIPTIONS.task });
    setSignalHandlers([
      {
        name: UPDATE_NAME,
        description: DESCRIPTIONS.update,
        handle: (raw) => {
          for (const update of receivedUpdates(valueIn(readRaw(raw)))) this.apply(update);
        },
      },
      {
        name: MESSAGE_SIGNAL,
        description: DESCRIPTIONS.message,
        handle: (raw) => {
          const message = receivedMessage(valueIn(readRaw(raw)));
          if (message === undefined) return;
          const before = this.current;
          this.apply({ message });
          if (this.current !== before) this.messages.receive(message, raw);
        },
      },
    ]);
    showTask(this.current);
  }

  /** The Task as every reader sees it now. */
  get task(): Task {
    return this.current;
  }

  /** Every message of the task that lasts, oldest first. */
  get history(): readonly Message[] {
    return this.current.history ?? [];
  }

  /** All text of the first message. */
  get text(): string {
    return textOf(this.message);
  }

  /** Reports progress: TASK_STATE_WORKING, with a message for the client when there is something to say. */
  working(content?: Content, options: { metadata?: Struct } = {}): void {
    this.status('TASK_STATE_WORKING', content, options.metadata);
  }

  /** Sends a whole artifact; one with the same `artifactId` is replaced. Returns the artifact's ID. */
  artifact(init: ArtifactInit): string {
    const artifact = this.toArtifact(init);
    this.send({ artifactUpdate: { artifact, lastChunk: true } });
    return artifact.artifactId;
  }

  /** Begins an artifact that is sent in pieces. Nothing is sent before the first piece. */
  artifactStream(init: Omit<ArtifactInit, 'parts'> = {}): ArtifactStream {
    const { parts: _, ...head } = this.toArtifact({ ...init, parts: [] });
    let begun = false;
    const send = (content: Content, lastChunk: boolean) => {
      const append = begun;
      begun = true;
      const artifact = append ? { artifactId: head.artifactId } : head;
      this.send({
        artifactUpdate: {
          artifact: { ...artifact, parts: toParts(content) },
          ...(append && { append }),
          ...(lastChunk && { lastChunk }),
        },
      });
    };
    return {
      artifactId: head.artifactId,
      append: (content) => send(content, false),
      end: (content) => send(content, true),
    };
  }

  /**
   * Stops for the client: INPUT_REQUIRED until it has answered; returns its message. Several questions may be open at
   * once. A message answers the one that it names, or else the oldest one that was open when it was sent; one that
   * came before any question is for {@link nextMessage}. Cancelling the scope that it is asked in withdraws it.
   */
  async ask(question: Content, options: AskOptions = {}): Promise<Message> {
    if (hasFlag(WorkflowFlags.openQuestions)) return this.questions.ask(question, options);
    return this.inTurn.ask(question, options);
  }

  /** Shows an update of a task that this one has called as its own; a terminal state is never its own. */
  relay(update: TaskUpdate): void {
    for (const own of readUpdates(update)) this.send(own);
  }

  /**
   * The next message of the client that was not read yet and answers no question; waits for it without telling the
   * client so.
   */
  async nextMessage(): Promise<Message> {
    return this.messages.next();
  }

  /** Whether {@link nextMessage} would have one at once. */
  get hasNextMessage(): boolean {
    return this.messages.hasNext;
  }

  /** The end of a good task: `return task.complete(...)`. */
  complete(options: CompleteOptions = {}): Task {
    const last = (options.artifacts ?? []).map((init) => this.toArtifact(init));
    // A calling workflow has no history to read the others from.
    const artifacts = this.start.tellsParent === true ? mergeArtifacts(this.current.artifacts, last) : last;
    const result: Task = {
      id: this.id,
      contextId: this.contextId,
      status: {
        state: 'TASK_STATE_COMPLETED',
        ...(options.message !== undefined && { message: this.toMessage(options.message) }),
      },
      ...(artifacts.length > 0 && { artifacts }),
    };
    assertSendable(result, 'the result of the task');
    return result;
  }

  /** Ends the task as TASK_STATE_REJECTED: the agent will not do it. */
  reject(reason: string): never {
    throw ApplicationFailure.nonRetryable(reason, REJECTED_FAILURE);
  }

  /** Ends the task as TASK_STATE_FAILED. */
  fail(reason: string): never {
    throw ApplicationFailure.nonRetryable(reason, 'A2A_FAILED');
  }

  /** Whether the history has grown so long that {@link continueAsNew} is due. */
  get continueAsNewSuggested(): boolean {
    return workflowInfo().continueAsNewSuggested;
  }

  /**
   * Goes on in a new run with a short history; clients and streams do not notice. Call it only when no
   * activity is running. `args` follow the TaskStart as the workflow's further arguments.
   */
  async continueAsNew(...args: unknown[]): Promise<never> {
    // Messages that come meanwhile are handed on with the others.
    await parentTold();
    const { unread: _, ...start } = this.start;
    const { left: unread } = this.messages;
    const next: TaskStart = {
      ...start,
      task: withoutOpenQuestions(this.current),
      ...(unread.length > 0 && { unread }),
      ...(this.start.tellsParent === true && { told: signalsSent() }),
    };
    assertSendable([next, ...args], 'the task so far, which continue-as-new carries over,');
    return await makeContinueAsNewFunc<(...all: unknown[]) => Promise<unknown>>()(next, ...args);
  }

  private status(state: TaskState, content?: Content, metadata?: Struct, messageId?: string): void {
    this.send({
      statusUpdate: {
        status: {
          state,
          ...(content !== undefined && { message: this.toMessage(content, messageId) }),
          timestamp: new Date().toISOString(),
        },
        ...(metadata !== undefined && { metadata }),
      },
    });
  }

  /** Writes an update into the history, where every reader finds it, and folds it into the Task. */
  private send(update: TaskUpdate): void {
    assertSendable(update, 'an update of the task', this.start.tellsParent === true ? 2 : 1);
    upsertMemo({ [UPDATE_NAME]: update });
    this.clearMemo();
    for (const read of receivedUpdates(update)) this.apply(read);
  }

  /** Once per workflow task, behind its last update, so that the memo stays empty outside of the history. */
  private clearMemo(): void {
    if (this.clearing) return;
    this.clearing = true;
    void Promise.resolve().then(() => {
      this.clearing = false;
      upsertMemo({ [UPDATE_NAME]: null, ...this.summary.update(this.current) });
    });
  }

  private apply(update: TaskUpdate): void {
    const before = this.current.status.state;
    this.current = applyUpdate(this.current, update);
    if (this.start.tellsParent === true && !('message' in update)) tellParent(this.id, update);
    const { state, timestamp } = this.current.status;
    if (state !== before) upsertTaskState(state, timestamp);
    showTask(this.current);
  }

  private toMessage(content: Content, messageId = uuid4()): Message {
    return {
      messageId,
      contextId: this.contextId,
      taskId: this.id,
      role: 'ROLE_AGENT',
      parts: toParts(content),
    };
  }

  private toArtifact(init: ArtifactInit): Artifact {
    const { artifactId = uuid4(), parts, ...rest } = init;
    return { artifactId, ...rest, parts: toParts(parts) };
  }
}

/** @throws ApplicationFailure: another argument will not come, however often the workflow task is tried */
function requireStart(value: unknown): TaskStart {
  const start = toTaskStart(value);
  if (start !== undefined) return start;
  const message = 'Argument 0 of the workflow is no TaskStart: it needs task.id, task.contextId and message';
  throw ApplicationFailure.nonRetryable(message, 'A2A_INVALID_START');
}

/** The next run asks anew what it wants to know. */
function withoutOpenQuestions(task: Task): Task {
  return task.metadata === undefined ? task : { ...task, metadata: withoutQuestions(task.metadata) };
}
