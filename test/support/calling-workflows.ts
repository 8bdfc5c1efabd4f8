import { ApplicationFailure, CancellationScope, condition } from '@temporalio/workflow';
import { dataOf } from '../../src/a2a/parts';
import type { Struct, Task } from '../../src/a2a/types';
import type { TaskStart } from '../../src/contract/contract';
import { a2aTask } from '../../src/workflows/a2a-task';
import { answerText, callAgent } from '../../src/workflows/call-agent';
import { isCallFailure } from '../../src/workflows/call-failure';
import type { CallOptions, MessageInit } from '../../src/workflows/call-options';

/** What a caller does: these calls, one after the other or all at once. */
export interface CallPlan {
  calls: { to: string; say: MessageInit['parts']; options?: Omit<CallOptions, 'onInput'> }[];
  /** In recorded histories by this name. */
  atOnce?: boolean;
  /** Waits, beside calls that are made at once, for something that never comes. */
  waits?: boolean;
  /** Cancels all of that after so many ms. */
  within?: number;
  /** What its own code answers when it is asked. */
  answer?: string;
  /** Tells of failures instead of failing. */
  catches?: boolean;
}

export interface CallReport {
  text?: string;
  taskId?: string;
  failure?: { type: string; message: string; state?: string };
}

/** An agent that calls others: `{"calls": [...]}` in its first data part. */
export async function caller(start: TaskStart): Promise<Task> {
  const task = a2aTask(start);
  const reports = await carryOut(dataOf(start.message) as unknown as CallPlan);
  return task.complete({ message: [{ data: reports as unknown as Struct[] }] });
}

/** A workflow that is no agent, and calls some. */
export async function plainCaller(plan: CallPlan): Promise<CallReport[]> {
  return carryOut(plan);
}

async function carryOut({ within, ...plan }: CallPlan): Promise<CallReport[]> {
  if (within !== undefined) return CancellationScope.withTimeout(within, () => carryOut(plan));
  if (plan.atOnce === true) {
    const calls = Promise.all(plan.calls.map((call) => carryOutOne(call, plan)));
    if (plan.waits === true) await Promise.all([calls, condition(() => false)]);
    return calls;
  }
  const reports: CallReport[] = [];
  for (const call of plan.calls) reports.push(await carryOutOne(call, plan));
  return reports;
}

async function carryOutOne(
  { to, say, options }: CallPlan['calls'][number],
  plan: CallPlan,
): Promise<CallReport> {
  const { answer, catches } = plan;
  try {
    const given = await callAgent(to, say, {
      ...options,
      ...(answer !== undefined && { onInput: async () => answer }),
    });
    return { text: answerText(given), ...(given.task !== undefined && { taskId: given.task.id }) };
  } catch (error) {
    if (catches !== true || !(error instanceof ApplicationFailure)) throw error;
    const failure = { type: error.type ?? '', message: error.message };
    return isCallFailure(error)
      ? {
          failure: { ...failure, state: error.details[0].task.status.state },
          taskId: error.details[0].task.id,
        }
      : { failure };
  }
}

/** An agent that calls itself. */
export async function looper(start: TaskStart): Promise<Task> {
  const task = a2aTask(start);
  await callAgent('looper', 'again');
  return task.complete();
}

/** As {@link looper}, as a plain workflow. */
export async function plainLooper(): Promise<void> {
  await callAgent('plain-looper', 'again');
}

/** An agent that never succeeds. */
export async function brittle(start: TaskStart): Promise<Task> {
  return a2aTask(start).fail('broken again');
}
