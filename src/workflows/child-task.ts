import type { Duration } from '@temporalio/common';
import { msToNumber } from '@temporalio/common/lib/time';
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
  type RetryPolicy,
  setHandler,
  startChild,
  TerminatedFailure,
  TimeoutFailure,
  uuid4,
  type Workflow,
  workflowInfo,
} from '@temporalio/workflow';
import { isObject } from '../a2a/is-object';
import { inputOf, inputWanted } from '../a2a/parts';
import { applyUpdate, initialTask, isInterrupted, readUpdates, type TaskUpdate } from '../a2a/task-update';
import type { Artifact, Message, Struct, Task, TaskState } from '../a2a/types';
import {
  CHILD_SIGNAL,
  type ChildUpdates,
  isPlain,
  type Relay,
  type ResolvedAgent,
} from '../contract/agent-call';
import { MESSAGE_SIGNAL, REJECTED_FAILURE, type TaskStart } from '../contract/contract';
import { unreadableText, valueIn } from '../contract/payload';
import { outcomeOf } from '../contract/result';
import { taskSummary } from '../contract/summary';
import { startAttributes, taskAttributes } from '../contract/task-attributes';
import { artifactIdOf } from './artifact-names';
import { callingTask } from './calling-task';
import { DESCRIPTIONS } from './descriptions';
import { hasFlag, WorkflowFlags } from './flags';
import { rawArgument, rawResult, readError, readRaw, tolerateUnreadableDetails } from './readings';
import { headerStart, startsAs } from './start-headers';

/** How long after a message could not be delivered the news that the child has ended is waited for. */
const END_WAIT = '30 seconds';
const END_SUMMARY = { summary: 'How long the end of the called task is waited for' };

/** How long a cancelled task may take until it is cancelled by its ID, and then until its end. */
const CANCEL_WAITS = ['2 seconds', '28 seconds'] as const;

/** Longest row of agents of this bridge each of which has called the next; a workflow runs for each of them. */
const MAX_CALL_DEPTH = 16;

const childSignal = defineSignal<[unknown]>(CHILD_SIGNAL, { typeInfo: rawArgument });

export interface ChildTaskOptions {
  agent: Extract<ResolvedAgent, { kind: 'local' }>;
  contextId: string;
  message: Message;
  relay: Relay;
  metadata?: Struct;
  acceptedOutputModes?: string[];
  timeout?: Duration;
  /** What the call is for. */
  summary?: string;
}

/** A task of this bridge that the workflow has started as its child. */
export class ChildTask {
  private outcome: { result: unknown } | { error: unknown } | undefined;
  private answered = true;
  /** How often the child has asked. */
  questions = 0;

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
      ...(options.metadata !== undefined && { metadata: options.metadata }),
      ...(options.acceptedOutputModes !== undefined && { acceptedOutputModes: options.acceptedOutputModes }),
      ...(agent.definition !== undefined && { definition: agent.definition }),
    };
    const args = [argumentOf(start, agent)];
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
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        ...limitsOf(agent.workflow, options.timeout),
      });
      child.began(handle);
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

  /** The child waits for its client, and has not been answered yet. */
  get asks(): boolean {
    return !this.answered && !this.settled && isInterrupted(this.task.status.state);
  }

  /** Does nothing when the child has just ended without the message: its outcome tells how. */
  async send(message: Message): Promise<void> {
    this.answered = true;
    this.task = applyUpdate(this.task, { message });
    try {
      // By its ID: when this workflow was reset, the child has another run for its parent, and the handle does not reach it.
      await getExternalWorkflowHandle(this.task.id).signal(MESSAGE_SIGNAL, message);
    } catch (error) {
      if (isCancellation(error) || !(await condition(() => this.settled, END_WAIT, END_SUMMARY))) throw error;
    }
  }

  /** Waits for the end when the scope of the call was cancelled. */
  async ends(): Promise<void> {
    const [first, rest] = CANCEL_WAITS;
    if (await condition(() => this.settled, first, END_SUMMARY)) return;
    if (!hasFlag(WorkflowFlags.tasksOfResetCallers)) return;
    await cancelTask(this.task.id);
    await condition(() => this.settled, rest, END_SUMMARY);
  }

  hear(update: TaskUpdate): void {
    this.task = applyUpdate(this.task, update);
    if ('statusUpdate' in update && isInterrupted(update.statusUpdate.status.state)) {
      this.answered = false;
      this.questions += 1;
    } else {
      this.show(update);
    }
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
      return { task: applyUpdate(this.task, failed(error)) };
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
      if ('artifactUpdate' in update && !isKnown(update.artifactUpdate.artifact, told)) this.show(update);
    }
    return { task: updates.reduce(applyUpdate, this.task) };
  }

  private show(update: TaskUpdate): void {
    if (!shows(this.relay, update)) return;
    callingTask()?.relay('artifactUpdate' in update ? withOwnArtifact(update, this.task.id) : update);
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
  const { taskId, updates, parentRunId } = told as unknown as ChildUpdates;
  const child = children.get(taskId);
  if (child === undefined) leave(taskId, parentRunId);
  for (const update of readUpdates(updates)) child?.hear(update);
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

function withOwnArtifact(
  update: Extract<TaskUpdate, { artifactUpdate: unknown }>,
  childId: string,
): TaskUpdate {
  const { artifact } = update.artifactUpdate;
  const artifactId = artifactIdOf(childId, artifact.artifactId);
  return { artifactUpdate: { ...update.artifactUpdate, artifact: { ...artifact, artifactId } } };
}

/** The end of a task repeats the artifacts that it has told of. */
function isKnown(artifact: Artifact, told: readonly Artifact[]): boolean {
  const known = told.find(({ artifactId }) => artifactId === artifact.artifactId);
  return known !== undefined && JSON.stringify(known) === JSON.stringify(artifact);
}

function shows(relay: Relay, update: TaskUpdate): boolean {
  if (relay === 'none') return false;
  if ('artifactUpdate' in update) return relay === 'all';
  return 'statusUpdate' in update && update.statusUpdate.status.message !== undefined;
}

function failed(error: Error): TaskUpdate {
  const { cause } = error;
  const why = readError(error);
  const state: TaskState = isCancellation(error)
    ? 'TASK_STATE_CANCELED'
    : why.type === REJECTED_FAILURE
      ? 'TASK_STATE_REJECTED'
      : 'TASK_STATE_FAILED';
  const text =
    cause instanceof TimeoutFailure
      ? 'The workflow timed out.'
      : cause instanceof TerminatedFailure
        ? 'The workflow was terminated.'
        : why.message;
  const message: Message = { messageId: uuid4(), role: 'ROLE_AGENT', parts: [{ text }] };
  return { statusUpdate: { status: { state, message, timestamp: now() } } };
}

function argumentOf(start: TaskStart, { agentId, workflow }: ChildTaskOptions['agent']): unknown {
  if (workflow.input === undefined) return start;
  const input = inputOf(start.message, workflow.input);
  if (input === undefined) {
    const message = `${agentId} needs ${inputWanted(workflow.input)}`;
    throw ApplicationFailure.nonRetryable(message, 'A2A_INVALID_MESSAGE');
  }
  startsAs(start.task.id, start);
  return input;
}

/** The agent's own limits; the caller may shorten the longest time. */
function limitsOf(workflow: ChildTaskOptions['agent']['workflow'], timeout: Duration | undefined) {
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
function depthOfCall(agentId: string): number {
  const depth = (callingTask()?.callDepth ?? headerStart()?.callDepth ?? 0) + 1;
  if (depth <= MAX_CALL_DEPTH) return depth;
  const message = `${agentId} is not called: ${MAX_CALL_DEPTH} agents have called one another already, which is the limit`;
  throw ApplicationFailure.nonRetryable(message, 'A2A_CALLS_TOO_DEEP');
}

/** A called task has the owner of its caller's task; without one, that of callers without authentication. */
function ownerOfCaller(): string {
  const own = workflowInfo().typedSearchAttributes.get(taskAttributes.owner);
  return callingTask()?.owner ?? own ?? 'anonymous';
}

function now(): string {
  return new Date().toISOString();
}
