import type { Duration } from '@temporalio/common';
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  proxyActivities,
  type RetryPolicy,
  uuid4,
} from '@temporalio/workflow';
import { isObject } from '../a2a/is-object';
import { type Content, textOf, toParts } from '../a2a/parts';
import { isInterrupted } from '../a2a/task-update';
import type { Message, Part, Struct, Task } from '../a2a/types';
import {
  CALL_FAILURES,
  type CallFailureDetails,
  type Relay,
  type RemoteAgent,
  type RemoteAnswer,
  type ResolvedAgent,
  type TakenIds,
  type Waiting,
} from '../contract/agent-call';
import { MAX_PAYLOAD_BYTES, payloadBytes } from '../contract/limits';
import { summaryOf } from '../contract/summary';
import { leaseChildContext, leaseRemoteContext } from './agent-contexts';
import { withTakenIds } from './artifact-names';
import { type CallingTask, callingTask } from './calling-task';
import type { LocalAgent } from './child-start';
import { ChildTask } from './child-task';
import { noteReason } from './explained-end';
import { hasFlag, WorkflowFlags } from './flags';
import { type RemoteActivities, RemoteTask } from './remote-task';
import { whileRunning } from './running-calls';

/** The activities that `callAgent()` needs; the built-in worker has them. */
export interface CallActivities extends RemoteActivities {
  /** @throws ApplicationFailure, not retryable, when the bridge has no such agent */
  resolveAgent(agentId: string): Promise<ResolvedAgent>;
}

/** What is sent to an agent. */
export interface MessageInit {
  parts: Content;
  /** Made by the call unless set, and the same in all its attempts. */
  messageId?: string;
  metadata?: Struct;
  extensions?: string[];
  referenceTaskIds?: string[];
}

export interface CallOptions {
  /** Context of the call; the calling task's own unless set, or a new one when the caller is no task. */
  contextId?: string;
  /**
   * Whether a call of a remote agent goes on in the agent's context that earlier calls in the calling task's context
   * were in: true unless set. It never does while another call of the workflow is in it. For an agent of this bridge,
   * whether its own calls do.
   */
  keepContext?: boolean;
  /** Metadata of the request. */
  metadata?: Struct;
  acceptedOutputModes?: string[];
  /** How to wait for a remote agent: `stream` unless set. */
  waiting?: Waiting;
  /** What of the called task the calling task shows while it runs: `all` unless set. */
  relay?: Relay;
  /**
   * Longest time for a call of an agent of this bridge, or for each answer of a remote agent. Default: one day for
   * a remote agent that does not call back, none otherwise.
   */
  timeout?: Duration;
  /** For calls of remote agents; without it they are retried with backoff until the timeout. */
  retry?: RetryPolicy;
  /** What the call is for: Temporal's UI shows it before the agent's name. */
  summary?: string;
  /**
   * Answers a task that has stopped for its client. Unless set, the calling task asks its own client; a caller
   * that is no task fails with A2A_AGENT_INPUT_REQUIRED.
   */
  onInput?: (task: Task) => Promise<Content>;
}

/** The finished Task, or the Message that the agent answered with instead. */
export type AgentAnswer = RemoteAnswer;

/** A failed call: what became of the task that was called. */
export type CallFailure = ApplicationFailure & { details: [CallFailureDetails] };

/** Agents of this bridge that this workflow has asked for; each workflow has modules, and so variables, of its own. */
const resolving = new Map<string, Promise<ResolvedAgent>>();

/**
 * Calls an agent and waits until it has finished, however long that takes and whatever crashes meanwhile.
 *
 * @param target ID of an agent of this bridge, or a remote agent: URL of its card, or its base URL
 * @throws ApplicationFailure of a type in {@link CALL_FAILURES} when the task fails, is rejected or is canceled
 * ({@link isCallFailure}); its details hold the task. Cancelling the caller cancels the called task.
 */
export async function callAgent(
  target: string | RemoteAgent,
  message: Content | MessageInit,
  options: CallOptions = {},
): Promise<AgentAnswer> {
  return callResolvedAgent(await resolveAgent(target), message, options);
}

/** As {@link callAgent}, for one that knows how the agent is called. */
export function callResolvedAgent(
  agent: ResolvedAgent,
  message: Content | MessageInit,
  options: CallOptions = {},
): Promise<AgentAnswer> {
  const init = toMessageInit(message);
  return whileRunning(() =>
    agent.kind === 'local' ? callLocal(agent, init, options) : callRemote(agent.agent, init, options),
  );
}

/** Whether an error came from a called agent's task; then its details tell of that task. */
export function isCallFailure(error: unknown): error is CallFailure {
  const types: readonly (string | null | undefined)[] = Object.values(CALL_FAILURES);
  return error instanceof ApplicationFailure && types.includes(error.type) && isObject(error.details?.[0]);
}

/** All text of an answer: see {@link answerParts}. */
export function answerText(answer: AgentAnswer): string {
  return textOf({ parts: answerParts(answer) });
}

/** The parts of an answer: of the Message, or of the Task's artifacts; of its status message when it has none. */
export function answerParts(answer: AgentAnswer): Part[] {
  if (answer.message !== undefined) return answer.message.parts;
  const { artifacts = [], status } = answer.task;
  const parts = artifacts.flatMap((artifact) => artifact.parts);
  if (parts.length > 0 || status.message === undefined) return parts;
  return hasFlag(WorkflowFlags.answerInStatus) ? status.message.parts : parts;
}

/** How an agent is called. @throws ApplicationFailure of type A2A_NO_SUCH_AGENT */
export async function resolveAgent(target: string | RemoteAgent): Promise<ResolvedAgent> {
  if (typeof target !== 'string') return { kind: 'remote', agent: target };
  if (/^https?:\/\//i.test(target)) return { kind: 'remote', agent: { url: target } };
  try {
    return await Promise.race([resolveLocal(target), CancellationScope.current().cancelRequested]);
  } catch (error) {
    // Who has called knows which activity that was.
    throw error instanceof ActivityFailure && error.cause instanceof ApplicationFailure ? error.cause : error;
  }
}

/** Asks once for each agent, however often it is called, and for all callers in the workflow together. */
function resolveLocal(agentId: string): Promise<ResolvedAgent> {
  const known =
    resolving.get(agentId) ??
    CancellationScope.nonCancellable(() => askForAgent(agentId)).catch((error: unknown) => {
      resolving.delete(agentId);
      throw error;
    });
  resolving.set(agentId, known);
  return known;
}

function askForAgent(agentId: string): Promise<ResolvedAgent> {
  // No local activity: beside a timer that is cancelled soon after, those do not always replay.
  const activities = proxyActivities<Pick<CallActivities, 'resolveAgent'>>({
    startToCloseTimeout: '10 seconds',
    summary: summaryOf(`How ${agentId} is called`),
  });
  return activities.resolveAgent(agentId);
}

async function callLocal(agent: LocalAgent, init: MessageInit, options: CallOptions): Promise<AgentAnswer> {
  const lease = keepsContext(options) ? leaseChildContext(agent.agentId) : undefined;
  try {
    return await callChild(agent, init, options, lease !== undefined);
  } finally {
    lease?.release();
  }
}

function keepsContext({ keepContext }: CallOptions): boolean {
  return keepContext ?? callingTask()?.keepContext ?? true;
}

async function callChild(
  agent: LocalAgent,
  init: MessageInit,
  options: CallOptions,
  keepContext: boolean,
): Promise<AgentAnswer> {
  const caller = callingTask();
  const contextId = options.contextId ?? caller?.contextId ?? uuid4();
  const child = await ChildTask.start({
    agent,
    contextId,
    message: toMessage(withReference(init, caller), contextId),
    relay: options.relay ?? 'all',
    keepContext,
    ...(options.metadata !== undefined && { metadata: options.metadata }),
    ...(options.acceptedOutputModes !== undefined && { acceptedOutputModes: options.acceptedOutputModes }),
    ...(options.timeout !== undefined && { timeout: options.timeout }),
    ...(options.summary !== undefined && { summary: options.summary }),
  });
  try {
    for (;;) {
      await condition(() => child.settled || child.asks || child.unheard !== undefined);
      if (child.unheard !== undefined) throw child.unheard;
      if (child.settled) break;
      const { questions } = child;
      // The child has ended, asks something else, or its client has answered it directly.
      const isOver = () => !child.asks || child.questions !== questions;
      const answer = await answerUnless(isOver, () => answerFor(agent.agentId, child.task, options));
      if (answer !== undefined && !child.settled) await child.send(furtherMessage(child.task, answer));
    }
    await child.saidAll();
  } catch (error) {
    // Nobody waits for the child any more; its end belongs to that of the call.
    CancellationScope.current().cancel();
    const why = await CancellationScope.nonCancellable(() => child.ends());
    if (why !== undefined) noteReason(error, `${agent.agentId}: ${why}`);
    throw error;
  } finally {
    child.stopFollowing();
  }
  return finished(agent.agentId, await child.answer());
}

/** Undefined when nobody needs the answer any more. */
async function answerUnless(
  isOver: () => boolean,
  ask: () => Promise<Content>,
): Promise<Content | undefined> {
  const asking = new CancellationScope();
  const heard: { answer?: Content; error?: unknown } = {};
  asking.run(ask).then(
    (answer) => Object.assign(heard, { answer }),
    (error: unknown) => Object.assign(heard, { error }),
  );
  await condition(() => 'answer' in heard || 'error' in heard || isOver());
  if ('error' in heard) throw heard.error;
  if (heard.answer === undefined) asking.cancel();
  return heard.answer;
}

function furtherMessage({ id: taskId, contextId }: Task, content: Content): Message {
  return { messageId: uuid4(), taskId, contextId, role: 'ROLE_USER', parts: toParts(content) };
}

function callRemote(agent: RemoteAgent, init: MessageInit, options: CallOptions): Promise<AgentAnswer> {
  const relay = callingTask() === undefined ? 'none' : (options.relay ?? 'all');
  const call = (takenIds?: TakenIds) => converse(agent, init, options, relay, takenIds);
  return relay === 'all' ? withTakenIds(call) : call();
}

/** Sends the message, and answers what the agent asks, until it has finished. */
async function converse(
  agent: RemoteAgent,
  init: MessageInit,
  options: CallOptions,
  relay: Relay,
  takenIds: TakenIds | undefined,
): Promise<AgentAnswer> {
  const keeps = options.contextId === undefined && keepsContext(options);
  const kept = keeps ? leaseRemoteContext(agent) : undefined;
  const remote = new RemoteTask({
    agent,
    waiting: options.waiting ?? 'stream',
    relay,
    ...(kept !== undefined && { localContext: kept.local }),
    ...(takenIds !== undefined && { takenIds }),
    ...(options.metadata !== undefined && { metadata: options.metadata }),
    ...(options.acceptedOutputModes !== undefined && { acceptedOutputModes: options.acceptedOutputModes }),
    ...(options.timeout !== undefined && { timeout: options.timeout }),
    ...(options.retry !== undefined && { retry: options.retry }),
    ...(options.summary !== undefined && { summary: options.summary }),
  });
  try {
    // Another bridge's contexts are its own: the first answer tells which one this call is in.
    let answer = await remote.send(toMessage(init, options.contextId ?? kept?.lease.contextId));
    for (;;) {
      const { task } = answer;
      kept?.lease.keep(task?.contextId ?? answer.message?.contextId ?? '');
      if (task === undefined || !isInterrupted(task.status.state)) return finished(agent.url, answer);
      const said = await remote.orCancel(task, () =>
        remote.watched(task, (hasMoved) => answerUnless(hasMoved, () => answerFor(agent.url, task, options))),
      );
      answer = await (said === undefined ? remote.resume(task) : remote.send(furtherMessage(task, said)));
    }
  } finally {
    kept?.lease.release();
  }
}

/** What the client, or the caller's own code, says to a task that waits for it. */
async function answerFor(agent: string, task: Task, { onInput }: CallOptions): Promise<Content> {
  if (onInput !== undefined) return onInput(task);
  const caller = callingTask();
  const { state, message } = task.status;
  if (caller?.ask === undefined) throw callFailure(agent, task);
  const answer = await caller.ask(message?.parts ?? [{ text: `${agent} needs more input` }], {
    state: state === 'TASK_STATE_AUTH_REQUIRED' ? state : 'TASK_STATE_INPUT_REQUIRED',
  });
  return answer.parts;
}

/** The answer of a task that has completed. @throws ApplicationFailure of a type in CALL_FAILURES for any other */
export function finished(agent: string, answer: AgentAnswer): AgentAnswer {
  if (answer.task === undefined || answer.task.status.state === 'TASK_STATE_COMPLETED') return answer;
  throw callFailure(agent, answer.task);
}

function callFailure(agent: string, task: Task): ApplicationFailure {
  const { state, message } = task.status;
  const said = message === undefined ? `its task ended as ${state}` : textOf(message);
  const details: CallFailureDetails = { agent, task };
  const fits = payloadBytes(details) <= MAX_PAYLOAD_BYTES / 4;
  const { artifacts: _, history: __, ...bare } = task;
  return ApplicationFailure.nonRetryable(
    `${agent}: ${said}`,
    state in CALL_FAILURES
      ? CALL_FAILURES[state as keyof typeof CALL_FAILURES]
      : CALL_FAILURES.TASK_STATE_FAILED,
    fits ? details : { agent, task: bare },
  );
}

function toMessageInit(message: Content | MessageInit): MessageInit {
  if (isObject(message) && 'parts' in message) return message as unknown as MessageInit;
  return { parts: message as Content };
}

/** The called task names its caller; a remote agent could not find it. */
function withReference(init: MessageInit, caller: CallingTask | undefined): MessageInit {
  if (caller === undefined) return init;
  return { ...init, referenceTaskIds: [...new Set([caller.id, ...(init.referenceTaskIds ?? [])])] };
}

function toMessage(init: MessageInit, contextId: string | undefined): Message {
  const { parts, ...rest } = init;
  return {
    messageId: uuid4(),
    ...(contextId !== undefined && { contextId }),
    role: 'ROLE_USER',
    parts: toParts(parts),
    ...rest,
  };
}
