// An agent that tells very much, and continues as new meanwhile.
import { proxyActivities } from '@temporalio/workflow';
import { a2aTask, textOf } from '../../dist/workflow.js';

const { count } = proxyActivities({ startToCloseTimeout: '1 hour', heartbeatTimeout: '30 seconds' });

/** Counts to a number, so many in each run: `20000 by 2000`. */
export async function counter(start, from = 0) {
  const task = a2aTask(start);
  const [last, each] = textOf(task.message).split(' by ').map(Number);
  const to = Math.min(from + each, last);
  await count(from, to);
  return to < last ? task.continueAsNew(to) : task.complete();
}
