import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { A2AError } from '../a2a/errors';
import { isInterrupted, isTerminal } from '../a2a/task-update';
import type { TaskBridge } from '../bridge/bridge';
import type { CallContext } from '../bridge/types';
import type { AgentSet } from '../config/agent-set';
import type { RemoteAnswer } from '../contract/agent-call';
import { failureTypeOf, type SendActivities, type SendStart, type SentTask } from '../contract/nexus';
import { fittingAnswer } from '../contract/payload-limit';
import { type Meter, NO_METER } from '../metrics/meter';
import { maxActivityPayload } from './payload-limit';
import type { PerClient } from '../temporal/per-client';
import { NO_TRACING, type Tracing } from '../tracing/tracing';

export interface SendActivityOptions {
  bridges: PerClient<TaskBridge>;
  /** Those that are offered over Nexus. */
  agents: AgentSet;
  /** Where sends that wait are counted; by nobody unless set. */
  metrics?: Meter | undefined;
  /** By whose traces the tasks go on; by nobody's unless set. */
  tracing?: Tracing | undefined;
}

const HEARTBEAT_MS = 1_000;

/** Between two looks at a task that makes no progress and needs an operator, in ms: from the first to the last. */
const STUCK_MS = { first: 1_000, last: 60_000 };

/** How long the end of a task that is cancelled is waited for, in ms. */
const CANCEL_WAIT_MS = 30_000;

/** The activities of `a2aSend`, the workflow of one SendMessage over Nexus. */
export function createSendActivities({
  bridges,
  agents,
  metrics = NO_METER,
  tracing = NO_TRACING,
}: SendActivityOptions): SendActivities {
  let waiting = 0;
  metrics.gauge('a2a_nexus_waiting_sends', () => [{ labels: {}, value: waiting }]);
  const byId = agents.view((all) => new Map(all.map((agent) => [agent.id, agent])));
  const callOf = ({ agentId, owner }: SentTask): CallContext => {
    const agent = byId().get(agentId);
    if (agent !== undefined) return { agent, owner };
    const message = `There is no agent ${JSON.stringify(agentId)} on this worker any more`;
    throw ApplicationFailure.nonRetryable(message, failureTypeOf('NO_SUCH_AGENT'));
  };

  return {
    async sendA2AMessage(send) {
      const context = Context.current();
      const { cancellationSignal: signal } = context;
      const beat = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
      const answered = () => untilAnswered(bridges.of(context.client), send, callOf(send), signal);
      waiting++;
      try {
        return fittingAnswer(
          await (send.trace ? tracing.within(send.trace, answered) : answered()),
          maxActivityPayload(),
        );
      } catch (error) {
        // Cancelled, or the worker ends and another attempt goes on.
        if (signal.aborted) throw signal.reason;
        throw toFailure(error);
      } finally {
        waiting--;
        clearInterval(beat);
      }
    },

    async cancelA2ATask(task) {
      const context = Context.current();
      const bridge = bridges.of(context.client);
      const call = callOf(task);
      const until = Date.now() + CANCEL_WAIT_MS;
      try {
        let { status } = await bridge.cancelTask({ id: task.taskId }, call);
        while (!isTerminal(status.state) && Date.now() < until) {
          await sleep(250);
          ({ status } = await bridge.getTask({ id: task.taskId, historyLength: 0 }, call));
        }
      } catch (error) {
        if (isOver(error)) return;
        throw toFailure(error);
      }
    },
  };
}

/** Sends again, which finds the same task again, while the answer is only that it is stuck. */
async function untilAnswered(
  bridge: TaskBridge,
  { request }: SendStart,
  call: CallContext,
  signal: AbortSignal,
): Promise<RemoteAnswer> {
  for (let pause = STUCK_MS.first; ; pause = Math.min(pause * 2, STUCK_MS.last)) {
    const { task, message } = await bridge.sendMessage(request, { ...call, signal });
    if (message !== undefined) return { message };
    if (task === undefined) throw new Error('SendMessage was answered with nothing');
    if (isTerminal(task.status.state) || isInterrupted(task.status.state)) return { task };
    await sleep(pause, undefined, { signal });
  }
}

/** There is no such task, or it has ended: nothing is left to cancel. */
function isOver(error: unknown): boolean {
  return error instanceof A2AError && ['TASK_NOT_FOUND', 'TASK_NOT_CANCELABLE'].includes(error.reason);
}

/** What Temporal tries again, and what it need not. */
function toFailure(error: unknown): unknown {
  if (!(error instanceof A2AError)) return error;
  const { reason, message } = error;
  return ApplicationFailure.create({
    message,
    type: failureTypeOf(reason),
    nonRetryable: !['UNAVAILABLE', 'RESOURCE_EXHAUSTED'].includes(reason),
  });
}
