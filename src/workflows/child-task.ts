import type { Duration } from '@temporalio/common';
import {
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowCancellationType,
  type ChildWorkflowHandle,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  startChild,
  uuid4,
  type Workflow,
  workflowInfo,
} from '@temporalio/workflow';
import { isObject } from '../a2a/is-object';
import { ANSWERED_FIELD, type Asker, askedBy, openQuestions } from '../a2a/open-questions';
import { applyUpdate, initialTask, isInterrupted, type TaskUpdate } from '../a2a/task-update';
import type { Message, Part, Struct, Task, TaskState } from '../a2a/types';
import { CHILD_SIGNAL, type ChildUpdates, isPlain, type Relay } from '../contract/agent-call';
import { MESSAGE_SIGNAL, type TaskStart } from '../contract/contract';
import { unreadableText, valueIn } from '../contract/payload';
import { outcomeOf } from '../contract/result';
import { startMemo } from '../contract/memo-summary';
import { taskSummary } from '../contract/summary';
import { startAttributes } from '../contract/task-attributes';
import { callingTask } from './calling-task';
import { childFailure, isForeign } from './child-failure';
import { ChildFollower, isKnownToReport } from './child-follower';
import {
  argumentOf,
  depthOfCall,
  encodesPayloads,
  type LocalAgent,
  limitsOf,
  ownerOfCaller,
} from './child-start';
import {
  isKnownArtifact,
  isWholeTask,
  progressIn,
  shows,
  withOwnArtifact,
  withoutOwnQuestions,
} from './child-updates';
import { DESCRIPTIONS } from './descriptions';
import { explainEnd } from './explained-end';
import { hasFlag, WorkflowFlags } from './flags';
import { HeardUpdates } from './heard-updates';
import { rawArgument, rawResult, readRaw, tolerateUnreadableDetails } from './readings';
import { receivedUpdates } from './received';
import { encodeStart, startsAs } from './start-headers';
import { endUnbegun } from './unbegun-child';

/** How long after a message could not be delivered the news that the child has ended is waited for. */
const END_WAIT = '30 seconds';
const END_SUMMARY = { summary: 'How long the end of the called task is waited for' };

/** How long a cancelled task may take until it is cancelled by its ID, and then until its end. */
const CANCEL_WAITS = ['2 seconds', '28 seconds'] as const;

const childSignal = defineSignal<[unknown]>(CHILD_SIGNAL, { typeInfo: rawArgument });

export interface ChildTaskOptions {
  agent: LocalAgent;
  contextId: string;
  message: Message;
  relay: Relay;
  /** Whether its calls of remote agents go on in the contexts of earlier ones. */
  keepContext: boolean;
  metadata?: Struct;
  acceptedOutputModes?: string[];
  timeout?: Duration;
  /** What the call is for. */
  summary?: string;
}

/** What a child asks its client. */
export interface ChildQuestion {
  /** Unique within the child. */
  id: string;
  state: TaskState;
  /** Undefined when it has said nothing. */
  parts?: Part[] | undefined;
  /** It is one of those that the child lists, and so can be named in the answer. */
  listed: boolean;
  /** Who has asked the child. */
  asker?: Asker;
}

/** A task of this bridge that the workflow has started as its child. */
export class ChildTask {
  private outcome: { result: unknown } | { error: unknown } | undefined;
  /** IDs of its questions that were answered, and which it has not closed yet. */
  private readonly answered = new Set<string>();
  private readonly heard = new HeardUpdates();
  private follower: ChildFollower | undefined;
  /** How often the child has asked. */
  private asked = 0;

  private constructor(
    private readonly agentId: string,
    private readonly relay: Relay,
    /** The child's Task, as far as it has told. */
    public task: Task,
  ) {}

  static async start(options: ChildTaskOptions): Promise<ChildTask> {
    const { agent, contextId, message } = options;
    const id = uuid4();
    const start: TaskStart = {
      task: { id, contextId },
      agentId: agent.agentId,
      message,
      tellsParent: true,
      callDepth: depthOfCall(agent.agentId),
      ...(encodesPayloads(agent) && { encodesPayloads: true }),
      ...(!options.keepContext && { keepContext: false }),
      ...(options.metadata !== undefined && { metadata: options.metadata }),
      ...(options.acceptedOutputModes !== undefined && { acceptedOutputModes: options.acceptedOutputModes }),
      ...(agent.definition !== undefined && { definition: agent.definition }),
    };
    const args = [argumentOf(start, agent)];
    if (isPlain(agent.workflow)) {
      // No `await` without a codec: it would change the order of commands in runs of 0.1.0.
      const encoded = start.encodesPayloads === true ? await encodeStart(start) : undefined;
      startsAs(id, start, encoded);
    }
    const owner = ownerOfCaller();
    const child = new ChildTask(agent.agentId, options.relay, initialTask(start.task, message, now()));
    tolerateUnreadableDetails();
    listen();
    // Before it starts: its first signal may come in the same workflow task as the news that it has started.
    children.set(id, child);
    try {
      const handle = await startChild(agent.workflow.type, {
        workflowId: id,
        taskQueue: agent.workflow.taskQueue,
        args,
        typeInfo: rawResult,
        typedSearchAttributes: startAttributes(start, owner, isPlain(agent.workflow)),
        ...taskSummary(start, owner, options.summary),
        memo: startMemo(message),
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        ...limitsOf(agent.workflow, options.timeout),
      });
      child.began(handle);
      if (!isPlain(agent.workflow) && !reportsItself(agent) && hasFlag(WorkflowFlags.followedChildren)) {
        child.follower = new ChildFollower(id);
      }
    } catch (error) {
      children.delete(id);
      throw error;
    }
    return child;
  }

  private began(handle: ChildWorkflowHandle<Workflow>): void {
    handle.result().then(
      (result) => {
        this.outcome = { result };
      },
      (error: unknown) => {
        this.outcome = { error };
      },
    );
  }

  get settled(): boolean {
    return this.outcome !== undefined;
  }

  /** What the child asks and has no answer for yet. */
  get questions(): ChildQuestion[] {
    return this.settled ? [] : this.open.filter(({ id }) => !this.answered.has(id));
  }

  /** A workflow that does not list its questions asks one at a time, with its status. */
  private get open(): ChildQuestion[] {
    const { status, metadata } = this.task;
    if (!isInterrupted(status.state)) return [];
    if (openQuestions(metadata).length === 0) {
      return [{ id: `${this.asked}`, state: status.state, parts: status.message?.parts, listed: false }];
    }
    return askedBy(this.task).map(({ id, state, parts, ...asker }) => {
      return { id, state, parts, listed: true, ...(Object.keys(asker).length > 0 && { asker }) };
    });
  }

  /**
   * Answers a question of the child. Does nothing when the child has just ended without the message: its outcome tells
   * how.
   */
  async send({ id, listed }: ChildQuestion, answer: Message): Promise<void> {
    this.answered.add(id);
    const message = listed ? { ...answer, metadata: { ...answer.metadata, [ANSWERED_FIELD]: id } } : answer;
    this.task = applyUpdate(this.task, { message });
    try {
      // By its ID: when this workflow was reset, the child has another run for its parent, and the handle does not reach it.
      await getExternalWorkflowHandle(this.task.id).signal(MESSAGE_SIGNAL, message);
    } catch (error) {
      if (isCancellation(error) || !(await condition(() => this.settled, END_WAIT, END_SUMMARY))) throw error;
    }
  }

  /**
   * Waits, when the child has ended, for what it has said before.
   * @throws ApplicationFailure when it has said more than a caller can take
   */
  async saidAll(): Promise<void> {
    const { follower, heard } = this;
    if (follower !== undefined) await condition(() => follower.ended || heard.reportsItself);
    if (this.unheard !== undefined) throw this.unheard;
  }

  /** Why the child cannot be heard any more: it has said more than a caller can take. */
  get unheard(): ApplicationFailure | undefined {
    return this.heard.reportsItself ? undefined : this.follower?.failure;
  }

  /** Nothing more that the child says is of interest. */
  stopFollowing(): void {
    this.follower?.stop();
  }

  /** Waits for the end when the scope of the call was cancelled. Why the task does not end at once, if that is known. */
  async ends(): Promise<string | undefined> {
    const [first, rest] = CANCEL_WAITS;
    if (await condition(() => this.settled, first, END_SUMMARY)) return undefined;
    if (!hasFlag(WorkflowFlags.tasksOfResetCallers)) return undefined;
    const explained = hasFlag(WorkflowFlags.explainedEnds) ? explainEnd(this.task.id) : undefined;
    // Behind the explanation: of a task that has ended, that would say no more than that.
    if (hasFlag(WorkflowFlags.unbegunCalls))
      void Promise.resolve(explained).then(() => endUnbegun(this.task.id));
    await cancelTask(this.task.id);
    await condition(() => this.settled, rest, END_SUMMARY);
    return (await explained)?.text;
  }

  /** @param readFrom see {@link ChildUpdates.readFrom} */
  hear(told: unknown[], readFrom: number | undefined): void {
    // null stands for an update that was left out, and has its place among them.
    const news = readFrom === undefined ? this.heard.fromChild(told) : this.heard.fromHistory(told, readFrom);
    for (const update of news.flatMap((each) => (isWholeTask(each) ? each : receivedUpdates(each)))) {
      this.take(update);
    }
  }

  private take(update: TaskUpdate): void {
    const before = this.task.status;
    this.task = applyUpdate(this.task, update);
    if ('statusUpdate' in update && isInterrupted(this.task.status.state)) {
      const said = progressIn(update) ?? (this.task.status === before ? update : undefined);
      if (said !== undefined) this.show(said);
      else this.asked += 1;
    } else if ('task' in update) {
      this.asked += 1;
      this.answered.clear();
    } else {
      this.show(update);
    }
    const open = this.open.map(({ id }) => id);
    for (const id of this.answered) if (!open.includes(id)) this.answered.delete(id);
  }

  /**
   * The ended Task, or the Message that it answered with.
   * @throws CancelledFailure when the caller is cancelled; ApplicationFailure A2A_UNREADABLE_RESULT
   */
  async answer(): Promise<{ task: Task } | { message: Message }> {
    children.delete(this.task.id);
    if (this.outcome === undefined) throw new Error('The child task has not ended');
    if ('error' in this.outcome) {
      const { error } = this.outcome;
      if (error instanceof CancelledFailure || !(error instanceof Error)) throw error;
      // No `await` where nothing is asked: it would change the order of commands in runs of before.
      const told =
        isForeign(error) && hasFlag(WorkflowFlags.explainedEnds) ? await explainEnd(this.task.id) : undefined;
      return { task: applyUpdate(this.task, childFailure(error, told)) };
    }
    const result = readRaw(this.outcome.result, this.task.id);
    if (result.kind === 'unreadable') {
      const why = unreadableText('the result of its workflow', result, 'worker');
      throw ApplicationFailure.nonRetryable(`${this.agentId}: ${why}`, 'A2A_UNREADABLE_RESULT');
    }
    const end = { timestamp: now(), messageId: `${this.task.id}:end` };
    const { updates, answer } = outcomeOf(result, end);
    if (answer !== undefined) return { message: answer };
    const told = this.task.artifacts ?? [];
    for (const update of updates) {
      if ('artifactUpdate' in update && !isKnownArtifact(update.artifactUpdate.artifact, told))
        this.show(update);
    }
    return { task: updates.reduce(applyUpdate, this.task) };
  }

  private show(update: TaskUpdate): void {
    if (!shows(this.relay, update)) return;
    const shown =
      'artifactUpdate' in update ? withOwnArtifact(update, this.task.id) : withoutOwnQuestions(update);
    callingTask()?.relay(shown);
  }
}

const children = new Map<string, ChildTask>();
let listening = false;

/** One handler for all children, since a signal has one. */
function listen(): void {
  if (listening) return;
  listening = true;
  setHandler(childSignal, (raw) => hear(valueIn(readRaw(raw))), { description: DESCRIPTIONS.child });
}

function hear(told: unknown): void {
  if (!isObject(told)) return;
  const { taskId, updates, parentRunId, readFrom } = told as unknown as ChildUpdates;
  const child = children.get(taskId);
  if (child === undefined) leave(taskId, parentRunId);
  child?.hear(Array.isArray(updates) ? updates : [updates], readFrom);
}

/** Tasks of an earlier run that nobody waits for. */
const left = new Set<string>();

/** A task that another run has called: this one, which a reset has put in its place, has not called it. */
function leave(taskId: string, parentRunId: string | undefined): void {
  if (parentRunId === undefined || parentRunId === workflowInfo().runId || left.has(taskId)) return;
  if (!hasFlag(WorkflowFlags.tasksOfResetCallers)) return;
  left.add(taskId);
  void cancelTask(taskId);
}

/** By its ID, and so for any run of the task and of its caller. */
async function cancelTask(taskId: string): Promise<void> {
  await getExternalWorkflowHandle(taskId)
    .cancel()
    .catch(() => {});
}

/** Whether the child is known to tell its updates itself, so that they need not be read from its history. */
function reportsItself({ workflow, definition }: LocalAgent): boolean {
  if (definition !== undefined) return true;
  return workflow.taskQueue === workflowInfo().taskQueue && isKnownToReport(workflow.type);
}

function now(): string {
  return new Date().toISOString();
}
