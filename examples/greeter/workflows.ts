import { proxyActivities } from '@temporalio/workflow';
import { a2aTask, type Task, type TaskStart, textOf } from 'temporal-a2a/workflow';
import type * as activities from './activities';

const { writePoem } = proxyActivities<typeof activities>({ startToCloseTimeout: '5 minutes' });

/** Asks for a name, then greets: its function name is the workflow type in agents.yaml. */
export async function greeter(start: TaskStart): Promise<Task> {
  const task = a2aTask(start);

  // The workflow waits here, for days if need be, and survives every restart meanwhile.
  const answer = await task.ask('What is your name?');
  const name = textOf(answer).trim();
  if (name === '') task.reject('I only greet people who have a name.');

  task.working(`Looking for words for ${name}`);
  const lines = await writePoem(name);
  return task.complete({
    artifacts: [{ name: 'greeting', parts: [{ text: `Hello, ${name}!` }, { data: { name, lines } }] }],
  });
}
