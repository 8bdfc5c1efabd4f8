import { proxyActivities } from '@temporalio/workflow';
import { a2aTask, type Task, type TaskStart, textOf } from 'temporal-a2a/workflow';
import type * as activities from './activities.js';

const { writeGreeting } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

/** The agent: its function name is the workflow type in agents.yaml. A task is one run of it. */
export async function greeter(start: TaskStart): Promise<Task> {
  const task = a2aTask(start);

  // Waits here, for days if need be, and survives every restart meanwhile.
  const answer = await task.ask('What is your name?');
  const name = textOf(answer).trim();
  if (name === '') task.reject('I only greet people who have a name.');

  task.working(`Looking for words for ${name}`);
  const greeting = await writeGreeting(name);
  return task.complete({ artifacts: [{ name: 'greeting', parts: greeting }] });
}
