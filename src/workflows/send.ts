import {
  ActivityCancellationType,
  ApplicationFailure,
  CancellationScope,
  condition,
  proxyActivities,
} from '@temporalio/workflow';
import { isInterrupted } from '../a2a/task-update';
import type { SendMessageResponse } from '../a2a/types';
import type { SendActivities, SendStart } from '../contract/nexus';
import type { AgentAnswer } from './call-agent';
import { finished } from './call-failure';
import { detachedScope } from './detached-scope';
import { unwrapped } from './unwrapped';

const { sendA2AMessage } = proxyActivities<SendActivities>({
  // As long as tasks take; the heartbeat tells of lost workers.
  startToCloseTimeout: '90 days',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 1 },
  // What it may still have begun is cancelled after it.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

const { cancelA2ATask } = proxyActivities<SendActivities>({
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '5 minutes',
});

/**
 * One SendMessage over Nexus: completes with the Task that has completed or asks, or with the Message, and fails as
 * `callAgent()` does. Each operation has a workflow of its own, whose end is that of the operation; the task is
 * another workflow, which goes on after it has asked.
 */
export async function a2aSend(send: SendStart): Promise<SendMessageResponse> {
  const sending = new Sending(send);
  try {
    const { timeoutMs } = send;
    const hasSettled = () => sending.settled;
    if (timeoutMs === undefined) await condition(hasSettled);
    else if (!(await condition(hasSettled, timeoutMs))) throw timedOut();
    return answerOf(send, sending.answer());
  } catch (error) {
    // Cancelled, or the caller waits no longer.
    if (!sending.settled) await CancellationScope.nonCancellable(() => sending.stop());
    throw withoutStack(unwrapped(error));
  }
}

/** The activity that sends the message and waits, apart from what its workflow waits for. */
class Sending {
  private readonly scope: CancellationScope;
  private outcome: { answer: SendMessageResponse } | { error: unknown } | undefined;

  constructor(private readonly send: SendStart) {
    this.scope = detachedScope();
    this.scope
      .run(() => sendA2AMessage(send))
      .then(
        (answer) => {
          this.outcome = { answer };
        },
        (error: unknown) => {
          this.outcome = { error };
        },
      );
  }

  get settled(): boolean {
    return this.outcome !== undefined;
  }

  answer(): SendMessageResponse {
    if (this.outcome === undefined) throw new Error('The message has no answer yet');
    if ('error' in this.outcome) throw this.outcome.error;
    return this.outcome.answer;
  }

  /** Cancels the task, and ends when both have ended. */
  async stop(): Promise<void> {
    this.scope.cancel();
    await Promise.all([this.cancelTask(), condition(() => this.settled)]);
    // It may have begun the task in that moment.
    if (this.outcome === undefined || 'error' in this.outcome) await this.cancelTask();
  }

  private async cancelTask(): Promise<void> {
    const { agentId, owner, taskId } = this.send;
    try {
      await cancelA2ATask({ agentId, owner, taskId });
    } catch {
      // Its end is then its own affair.
    }
  }
}

/** @throws ApplicationFailure of a type in CALL_FAILURES for a task that has ended otherwise than COMPLETED */
function answerOf({ agentId }: SendStart, answer: SendMessageResponse): SendMessageResponse {
  const asks = answer.task !== undefined && isInterrupted(answer.task.status.state);
  return asks ? answer : finished(agentId, answer as AgentAnswer);
}

function timedOut(): ApplicationFailure {
  return ApplicationFailure.nonRetryable('The time for the operation is over', 'A2A_OPERATION_TIMED_OUT');
}

/** The caller is somebody else, who has no business with the insides of this worker. */
function withoutStack(error: unknown): unknown {
  for (let each = error; each instanceof Error; each = each.cause) each.stack = '';
  return error;
}
