import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { TaskUpdate } from '../../src/a2a/task-update';
import type { Part, Task } from '../../src/a2a/types';
import { createCallRemoteAgent, type RemoteOptions } from '../../src/activities/remote/call-remote-agent';
import type { RemoteAnswer, RemoteCall } from '../../src/contract/agent-call';
import { DETAIL_FAILURE } from '../../src/contract/failure';
import { connectTestTemporal, startTestWorker, type TestTemporal } from '../support/temporal';

export interface Caller {
  temporal: TestTemporal;
  taskQueue: string;
  /** Runs a call in a workflow and gives its answer. */
  call(content: string, call: CallInit): Promise<RemoteAnswer>;
  start(content: string, call: CallInit): Promise<WorkflowHandle>;
}

export type CallInit = Partial<RemoteCall> & {
  url: string;
  maximumAttempts?: number;
  taskQueue?: string;
  heartbeatTimeout?: string;
};

/** A worker whose activity may call loopback, and waits briefly. */
export async function startCaller(options: RemoteOptions = {}): Promise<Caller> {
  const temporal = await connectTestTemporal();
  const callRemoteAgent = createCallRemoteAgent({
    outboundAllow: ['127.0.0.0/8'],
    waiting: { poll: { firstMs: 20, mostMs: 200 }, webhook: { firstMs: 20, mostMs: 200 } },
    heartbeatMs: 200,
    ...options,
  });
  const { taskQueue } = await startTestWorker({
    connection: temporal.connection,
    activities: { callRemoteAgent },
    maxHeartbeatThrottleInterval: '100 ms',
  });
  const start = (content: string, { url, maximumAttempts, heartbeatTimeout, ...more }: CallInit) => {
    const id = `remote-${randomUUID()}`;
    const message = { messageId: randomUUID(), role: 'ROLE_USER' as const, parts: [{ text: content }] };
    const call = { agent: { url }, message, waiting: 'stream', relay: 'all', ...more };
    const data = {
      call,
      ...(maximumAttempts !== undefined && { maximumAttempts }),
      ...(heartbeatTimeout !== undefined && { heartbeatTimeout }),
    };
    return temporal.client.workflow.start('remoteCaller', {
      workflowId: id,
      taskQueue: more.taskQueue ?? taskQueue,
      args: [
        {
          task: { id, contextId: 'c' },
          agentId: 'caller',
          message: { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ data }] },
        },
      ],
    });
  };
  return {
    temporal,
    taskQueue,
    start,
    async call(content, call) {
      const handle = await start(content, call);
      return ((await handle.result()) as { answer: RemoteAnswer }).answer;
    },
  };
}

/** What a call reported of the remote task, in order and in short. */
export async function relayed(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? [])
    .flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => {
      const payload = signal?.signalName === 'a2a_update' ? signal.input?.payloads?.[0] : undefined;
      return payload == null ? [] : defaultPayloadConverter.fromPayload<TaskUpdate[]>(payload);
    })
    .map((update) => {
      if ('statusUpdate' in update) {
        const { state, message } = update.statusUpdate.status;
        return `${state.slice('TASK_STATE_'.length).toLowerCase()} "${text(message?.parts)}"`;
      }
      if (!('artifactUpdate' in update)) return '?';
      const { artifact, append, lastChunk } = update.artifactUpdate;
      return `${artifact.artifactId}${append ? '+' : ''}"${text(artifact.parts)}"${lastChunk ? ' last' : ''}`;
    });
}

/** The failure of the activity of a call that must fail: what operators read of it, and what is shown to clients. */
export async function failureOf(
  handle: WorkflowHandle,
): Promise<{ type: string; message: string; shown: string; details: unknown }> {
  try {
    await handle.result();
  } catch (error) {
    type Failure = { cause?: Failure; type?: string; message?: string; details?: unknown };
    let failure = error as Failure;
    while (failure.cause !== undefined && failure.cause.type !== DETAIL_FAILURE) failure = failure.cause;
    const { type = '', message: shown = '', details, cause } = failure;
    return { type, message: cause?.message ?? shown, shown, details };
  }
  throw new Error('the call did not fail');
}

export function stateOf(answer: RemoteAnswer): string {
  return answer.task?.status.state ?? 'no task';
}

function text(parts: readonly Part[] = []): string {
  return parts.map((part) => part.text ?? '').join('');
}

/** All text of an artifact. */
export function artifactText(task: Task | undefined, artifactId = 'said'): string {
  const artifact = task?.artifacts?.find((known) => known.artifactId === artifactId);
  return text(artifact?.parts);
}
