import { proxyActivities } from '@temporalio/workflow';
import { isObject } from '../a2a/is-object';
import { dataOf } from '../a2a/parts';
import type { Message, Task } from '../a2a/types';
import type { Activities } from '../activities';
import type { TaskStart } from '../contract/contract';
import { type A2ATask, a2aTask } from './a2a-task';

const MAX_TICKS = 1_000;
const MAX_INTERVAL_MS = 60_000;

/** Counts: `{"count": 5, "intervalMs": 100}`, or text like `5 every 100ms`. */
export async function ticker(start: TaskStart): Promise<Task> {
  const task = a2aTask(start);
  const { count, intervalMs } = readOrder(task);
  const { tick } = proxyActivities<Activities>({
    startToCloseTimeout: '12 hours',
    heartbeatTimeout: '10 seconds',
    summary: `Counts to ${count}, every ${intervalMs} ms`,
  });
  await tick(count, intervalMs);
  return task.complete();
}

function readOrder(task: A2ATask): { count: number; intervalMs: number } {
  const { count, intervalMs } = orderIn(task.message);
  if (!Number.isInteger(count) || count < 1 || count > MAX_TICKS) {
    task.reject(`count must be a whole number from 1 to ${MAX_TICKS}, as in {"count": 5, "intervalMs": 100}`);
  }
  if (!(intervalMs >= 0 && intervalMs <= MAX_INTERVAL_MS)) {
    task.reject(`intervalMs must be a number from 0 to ${MAX_INTERVAL_MS}`);
  }
  return { count, intervalMs };
}

function orderIn(message: Message): { count: number; intervalMs: number } {
  const data = dataOf(message);
  if (isObject(data)) {
    const { count, intervalMs = 1_000 } = data;
    return { count: asNumber(count), intervalMs: asNumber(intervalMs) };
  }
  const text = message.parts.map((part) => part.text ?? '').join(' ');
  const [, count, amount = '1', unit = 's'] = /(-?\d+)(?:\s+every\s+(\d+)\s*(ms|s)\b)?/.exec(text) ?? [];
  return { count: Number(count), intervalMs: Number(amount) * (unit === 's' ? 1_000 : 1) };
}

function asNumber(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN;
}
