import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  proxyActivities,
  uuid4,
} from '@temporalio/workflow';
import { isObject } from '../a2a/is-object';
import { type Content, textOf, toParts } from '../a2a/parts';
import { isInterrupted } from '../a2a/task-update';
import type { Message, Part } from '../a2a/types';
import type { Relay, RemoteAgent, RemoteAnswer, ResolvedAgent, TakenIds } from '../contract/agent-call';
import { summaryOf } from '../contract/summary';
import { leaseChildContext, leaseRemoteContext } from './agent-contexts';
import { withTakenIds } from './artifact-names';
import { finished } from './call-failure';
import type { CallOptions, MessageInit } from './call-options';
import { answerFor, answerQuestions, answerUnless, furtherMessage, keyOfCall } from './call-questions';
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

/** The finished Task, or the Message that the agent answered with instead. */
export type AgentAnswer = RemoteAnswer;

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
    await answerQuestions(child, agent.agentId, options);
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
  const key = keyOfCall('remote', options);
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
        remote.watched(task, (hasMoved) =>
          answerUnless(hasMoved, () => answerFor(agent.url, task, options, key), options),
        ),
      );
      answer = await (said === undefined ? remote.resume(task) : remote.send(furtherMessage(task, said)));
    }
  } finally {
    kept?.lease.release();
  }
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
