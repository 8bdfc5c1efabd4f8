import type { RemoteAnswer, RemoteCall } from '../../contract/agent-call';
import { messageAttributes } from '../../tracing/content';
import { agentAttributes, agentSpanName, serverAttributes } from '../../tracing/conventions';
import type { Span, Tracing } from '../../tracing/tracing';
import type { CallProgress } from './call-progress';
import type { Connected } from './connect';

/** The span of one attempt to call a remote agent. */
export interface TracedCall extends Pick<Span, 'run'> {
  reached(connected: Connected): void;
  answered(answer: RemoteAnswer): void;
  /** @param task what is known of the remote task */
  failed(type: string, message: string | undefined, task: CallProgress | undefined): void;
}

/** What of the activity tells. */
interface TracedAttempt {
  /** Name of the agent here; its host unless it has one. */
  target: string | undefined;
  attempt: number;
  workflowExecution?: { workflowId: string; runId: string } | undefined;
}

export function tracedCall(
  tracing: Tracing,
  call: RemoteCall,
  { target, attempt, workflowExecution }: TracedAttempt,
): TracedCall {
  const { agent, message } = call;
  const id = target ?? hostOf(agent.url);
  // What only looks after a task invokes nobody.
  const looks = call.look === true || call.cancel === true;
  const span = tracing.start({
    name: looks ? methodOf(call, false) : agentSpanName(id),
    kind: 'client',
    attributes: {
      ...(!looks && {
        ...agentAttributes({ id, contextId: message.contextId }),
        'a2a.message.id': message.messageId,
      }),
      'gen_ai.provider.name': 'a2a',
      'a2a.task.id': message.taskId,
      temporalWorkflowID: workflowExecution?.workflowId,
      temporalRunID: workflowExecution?.runId,
      temporalActivityAttempt: attempt,
    },
  });
  return {
    run: (work) => span.run(work),
    reached: ({ name, at, streaming, client }) => {
      span.set({
        'gen_ai.agent.name': name,
        'a2a.method.name': methodOf(call, streaming),
        'a2a.protocol.binding': at.binding,
        'a2a.protocol.version': client.version,
        ...serverAttributes(at.url.includes('://') ? at.url : `grpc://${at.url}`),
      });
    },
    answered: (answer) => {
      const { task, message: said } = answer;
      span.set({
        'a2a.task.id': task?.id ?? said?.taskId,
        'a2a.task.state': task?.status.state,
        'gen_ai.conversation.id': task?.contextId ?? said?.contextId,
        ...(tracing.content && !looks && messageAttributes(message, answer)),
      });
      span.end();
    },
    failed: (type, text, task) => {
      span.set({ 'a2a.task.id': task?.taskId, 'gen_ai.conversation.id': task?.contextId });
      span.end({ type, message: text });
    },
  };
}

function methodOf({ look, cancel }: RemoteCall, streaming: boolean): string {
  if (cancel === true) return 'CancelTask';
  if (look === true) return 'GetTask';
  return streaming ? 'SendStreamingMessage' : 'SendMessage';
}

/** Nothing else of a URL, which may hold what is secret. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'unknown';
}
