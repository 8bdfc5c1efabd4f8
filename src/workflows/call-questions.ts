import { CancellationScope, condition, uuid4 } from '@temporalio/workflow';
import { type Content, toParts } from '../a2a/parts';
import type { Message, Task } from '../a2a/types';

import { callFailure } from './call-failure';
import type { CallOptions } from './call-options';
import { type AskOptions, callingTask } from './calling-task';
import type { ChildQuestion, ChildTask } from './child-task';

/**
 * Answers what the child asks until it has ended.
 * @throws what went wrong with an answer; ApplicationFailure when the child cannot be heard any more
 */
export async function answerQuestions(
  child: ChildTask,
  agentId: string,
  options: CallOptions,
): Promise<void> {
  const key = keyOfCall(agentId, options);
  const asked = new Set<string>();
  const failures: unknown[] = [];
  const answer = async (question: ChildQuestion) => {
    const { id } = question;
    const asker = {
      agent: agentId,
      taskId: child.task.id,
      ...options.asker,
      ...(question.asker && { asker: question.asker }),
    };
    // The child has ended, asks something else, or its client has answered it directly.
    const isOver = () => !child.questions.some((open) => open.id === id);
    const asking = { ...options, asker };
    const said = await answerUnless(
      isOver,
      () => answerFor(agentId, withQuestion(child.task, question), asking, key, numberOf(child.task, id)),
      asking,
    );
    if (said === undefined || child.settled) return;
    // The same for the same question, so that a child knows an answer that a reset of the caller sends again.
    const messageId = `${child.task.id}:answer:${numberOf(child.task, id)}`;
    await child.send(question, { ...furtherMessage(child.task, said), messageId });
  };
  const unasked = () => child.questions.filter(({ id }) => !asked.has(id));
  for (;;) {
    await condition(
      () => child.settled || child.unheard !== undefined || failures.length > 0 || unasked().length > 0,
    );
    if (child.unheard !== undefined) throw child.unheard;
    if (failures.length > 0) throw failures[0];
    if (child.settled) return;
    for (const question of unasked()) {
      asked.add(question.id);
      answer(question)
        .catch((error: unknown) => failures.push(error))
        .finally(() => asked.delete(question.id));
    }
  }
}

/**
 * Undefined when nobody needs the answer any more.
 * @param options those that {@link answerFor} goes by
 */
export async function answerUnless(
  isOver: () => boolean,
  ask: () => Promise<Content>,
  { onInput }: CallOptions,
): Promise<Content | undefined> {
  const asking = new CancellationScope();
  const heard: { answer?: Content; error?: unknown } = {};
  const running = asking.run(ask).then(
    (answer) => Object.assign(heard, { answer }),
    (error: unknown) => Object.assign(heard, { error }),
  );
  await condition(() => 'answer' in heard || 'error' in heard || isOver());
  if ('error' in heard) throw heard.error;
  if (heard.answer !== undefined) return heard.answer;
  asking.cancel();
  // The client may have answered in the same moment. Code of the caller's may take its time to end.
  if (onInput === undefined) await running;
  return heard.answer;
}

/** What is said to a task that has asked. */
export function furtherMessage({ id: taskId, contextId }: Task, content: Content): Message {
  return { messageId: uuid4(), taskId, contextId, role: 'ROLE_USER', parts: toParts(content) };
}

/** What the client, or the caller's own code, says to a task that waits for it. */
export async function answerFor(
  agent: string,
  task: Task,
  { onInput, asker }: CallOptions,
  key: string,
  number?: string,
): Promise<Content> {
  const { state, message } = task.status;
  const asking: AskOptions = {
    state: state === 'TASK_STATE_AUTH_REQUIRED' ? state : 'TASK_STATE_INPUT_REQUIRED',
    asker: { agent, ...asker },
    key,
    ...(number !== undefined && { number }),
  };
  if (onInput !== undefined) return onInput(task, asking);
  const caller = callingTask();
  if (caller?.ask === undefined) throw callFailure(agent, task);
  return (await caller.ask(message?.parts ?? [{ text: `${agent} needs more input` }], asking)).parts;
}

/** The task as if it asked nothing but this. */
function withQuestion(task: Task, { id, state, parts }: ChildQuestion): Task {
  const { message, ...status } = task.status;
  if (parts === undefined) return { ...task, status: { ...status, state } };
  const question: Message = { messageId: id, role: 'ROLE_AGENT', ...message, parts };
  return { ...task, status: { ...status, state, message: question } };
}

/**
 * What the caller's question is numbered by: the child's. After a reset of the caller the child may be further on than
 * the answers that Temporal repeats; they must not be taken for those to its later questions.
 */
function numberOf({ id: taskId }: Task, id: string): string {
  const own = id.startsWith(`${taskId}:`) ? id.slice(taskId.length + 1) : id;
  return /^ask:\d+$/.test(own) ? own.slice('ask:'.length) : own;
}

/** How often the workflow has made which call. */
const calls = new Map<string, number>();

/**
 * What the questions of a call are named by: the call, as a reset would make it again. The names are in header fields,
 * which no codec encodes, so there is nothing in them that a user has written.
 */
export function keyOfCall(agentId: string, { asker }: CallOptions): string {
  const { step = agentId, index } = asker ?? {};
  const call = index === undefined ? step : `${step}[${index}]`;
  const count = (calls.get(call) ?? 0) + 1;
  calls.set(call, count);
  return count === 1 ? call : `${call}#${count}`;
}
