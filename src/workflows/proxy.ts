import type { Duration, RetryPolicy } from '@temporalio/common';
import { textOf } from '../a2a/parts';
import type { Message, Task } from '../a2a/types';
import type { ProxyDefinition } from '../contract/chain-definition';
import type { TaskStart } from '../contract/contract';
import { a2aTask } from './a2a-task';
import { callAgent } from './call-agent';
import { isCallFailure } from './call-failure';
import { notShownBy } from './chain-values';
import { showsAnswers } from './remote-task';

/** A durable front for a remote agent: what that one says and asks, this one says and asks (docs/chains.md). */
export async function proxy(start: TaskStart): Promise<Task | Message> {
  const task = a2aTask(start);
  const { waiting, timeout, retry, keepContext, ...agent } = start.definition as unknown as ProxyDefinition;
  const { parts, metadata, extensions } = task.message;
  showsAnswers();
  try {
    const answer = await callAgent(
      agent,
      { parts, ...(metadata !== undefined && { metadata }), ...(extensions !== undefined && { extensions }) },
      {
        ...(start.metadata !== undefined && { metadata: start.metadata }),
        ...(start.acceptedOutputModes !== undefined && { acceptedOutputModes: start.acceptedOutputModes }),
        // Where it is, and that it is there, is not for the client.
        asker: { agent: task.agentId },
        ...(waiting !== undefined && { waiting }),
        ...(keepContext === false && { keepContext }),
        ...(timeout !== undefined && { timeout: timeout as Duration }),
        ...(retry !== undefined && { retry: retry as RetryPolicy }),
      },
    );
    if (answer.message !== undefined) {
      // Its IDs are of tasks that the client could not find here.
      const { taskId: _, referenceTaskIds: __, ...said } = answer.message;
      return { ...said, contextId: task.contextId };
    }
    const { message } = answer.task.status;
    const artifacts = notShownBy(task, answer.task.artifacts);
    return task.complete({ artifacts, ...(message !== undefined && { message: message.parts }) });
  } catch (error) {
    if (!isCallFailure(error)) throw error;
    const { state, message } = error.details[0].task.status;
    if (state === 'TASK_STATE_CANCELED') {
      const ended = task.complete(message === undefined ? {} : { message: message.parts });
      return { ...ended, status: { ...ended.status, state } };
    }
    const said = message === undefined ? error.message : textOf(message);
    return state === 'TASK_STATE_REJECTED' ? task.reject(said) : task.fail(said);
  }
}
