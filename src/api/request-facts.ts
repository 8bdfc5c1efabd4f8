import { createHash } from 'node:crypto';
import { isObject } from '../a2a/is-object';
import type { Message, Task } from '../a2a/types';
import type { AuditFacts } from '../audit/audit';
import { ANONYMOUS } from '../bridge/owner';
import type { AgentConfig } from '../config/agents';
import { messageAttributes } from '../tracing/content';
import type { Span } from '../tracing/tracing';

/** What is known of a request while it is served, of whatever binding; grows as more is known. */
export interface RequestFacts {
  operation?: string;
  /** ID of the agent. */
  agent?: string;
  /** Whose call it is, as {@link shownOwner} has it. */
  owner?: string;
  taskId?: string;
  contextId?: string;
  messageId?: string;
  /** Of the task, as it was told last. */
  state?: string;
  /** For the audit line alone: other logs do not tell who calls. */
  audited?: AuditFacts;
}

/** What a request has come to. */
export interface EndedRequest {
  facts: RequestFacts;
  /** `OK`, `CLIENT_GONE`, or the reason of an error. */
  outcome: string;
  binding: 'HTTP+JSON' | 'JSONRPC' | 'GRPC';
  /** Of A2A; empty when it is not known. */
  version: string;
  milliseconds: number;
}

/** An owner for the log: whoever may read that need not learn who calls, but can tell callers apart. */
export function shownOwner(owner: string): string {
  return owner === ANONYMOUS ? owner : createHash('sha256').update(owner).digest('hex').slice(0, 12);
}

/** Notes the agent that a request means, and whose request it is. */
export function noteCall(
  facts: RequestFacts,
  span: Span,
  { agent, owner }: { agent: AgentConfig; owner: string },
): void {
  facts.agent = agent.id;
  facts.owner = shownOwner(owner);
  if (facts.audited !== undefined) facts.audited.owner = owner;
  span.set({ 'gen_ai.agent.id': agent.id, 'gen_ai.agent.name': agent.name });
}

/** Notes which task and context a request, an answer or an event is about. */
export function noteIds(facts: RequestFacts, value: unknown): void {
  if (!isObject(value)) return;
  for (const inner of [value.task, value.message, value.statusUpdate, value.artifactUpdate])
    noteIds(facts, inner);
  // `id` is a task's in every request and answer that has one but no `taskId`.
  const taskId = value.taskId ?? value.id;
  if (isLoggable(taskId)) facts.taskId = taskId;
  if (isLoggable(value.contextId)) facts.contextId = value.contextId;
  if (isLoggable(value.messageId)) facts.messageId ??= value.messageId;
  if (isObject(value.status) && isLoggable(value.status.state)) facts.state = stateInV1(value.status.state);
}

/** The one line of a request in the log, but for what its binding alone has. */
export function requestLine({ facts, outcome, binding, version, milliseconds }: EndedRequest): object {
  const { agent, messageId: _, audited: __, operation, ...ids } = facts;
  return {
    ...(agent !== undefined && { agent }),
    outcome,
    ...(operation !== undefined && { operation }),
    ...ids,
    binding,
    ...(version !== '' && { version }),
    milliseconds: Math.round(milliseconds),
  };
}

/** Ends the span of a request: named by its operation; by `otherwise` when it has none. */
export function endSpan(
  span: Span,
  { facts, outcome, binding, version }: EndedRequest,
  otherwise: string,
): void {
  const { operation } = facts;
  span.rename(operation ?? otherwise);
  const invokes = operation === 'SendMessage' || operation === 'SendStreamingMessage';
  span.set({
    ...(operation !== undefined && {
      'a2a.method.name': operation,
      'a2a.protocol.version': version,
      'a2a.protocol.binding': binding,
    }),
    ...(invokes && { 'gen_ai.operation.name': 'invoke_agent' }),
    'gen_ai.conversation.id': facts.contextId,
    'a2a.message.id': invokes ? facts.messageId : undefined,
    'a2a.task.id': facts.taskId,
    'a2a.task.state': facts.state,
  });
  const ended = outcome === 'OK' || outcome === 'CLIENT_GONE';
  span.end(ended ? undefined : { type: outcome });
}

/** Notes what was said, for those who want messages in their spans. */
export function noteContent(span: Span, request: unknown, answer?: unknown): void {
  const said =
    isObject(request) && isObject(request.message) ? (request.message as unknown as Message) : undefined;
  const result = isObject(answer) ? (answer as { message?: Message; task?: Task }) : {};
  span.set(messageAttributes(said, result));
}

/** "input-required" of 0.3 is TASK_STATE_INPUT_REQUIRED. */
function stateInV1(state: string): string {
  return state.startsWith('TASK_STATE_') ? state : `TASK_STATE_${state.toUpperCase().replaceAll('-', '_')}`;
}

function isLoggable(id: unknown): id is string {
  return typeof id === 'string' && id !== '' && id.length <= 255;
}
