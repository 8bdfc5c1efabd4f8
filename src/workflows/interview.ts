import { textOf } from '../a2a/parts';
import type { Task } from '../a2a/types';
import type { TaskStart } from '../contract/contract';
import { a2aTask } from './a2a-task';

/** Asks one question, or two when the first message says `twice`, and repeats what it heard. */
export async function interview(start: TaskStart): Promise<Task> {
  const task = a2aTask(start);
  const name = textOf(await task.ask('What is your name?'));
  let text = `Your name is ${name}.`;
  if (/\btwice\b/i.test(task.text)) {
    const color = textOf(await task.ask(`Hello, ${name}. What is your favourite color?`));
    text += ` Your favourite color is ${color}.`;
  }
  return task.complete({ artifacts: [{ artifactId: 'answers', name: 'answers', parts: text }] });
}
