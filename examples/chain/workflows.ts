import {
  type AgentAnswer,
  a2aTask,
  answerText,
  callAgent,
  isCallFailure,
  type Task,
  type TaskStart,
} from 'temporal-a2a/workflow';

/** A remote agent; here it is one of this server, called as if it were not. */
const GREETER = 'http://127.0.0.1:4000/a2a/echo';

/** What the chain `welcome` of agents.yaml does, in code: each call is a durable step. */
export async function welcome(start: TaskStart): Promise<Task> {
  const task = a2aTask(start);

  // The interviewer asks, so this task asks, and its client's answer goes to the interviewer.
  const interview = await callAgent('interview', 'Let us begin', { relay: 'status' });
  const guest = /Your name is (.*)[.]/.exec(answerText(interview))?.[1] ?? 'stranger';

  const [countdown, greeting] = await Promise.all([
    callAgent('ticker', { data: { count: 3, intervalMs: 100 } }, { relay: 'status' }),
    greet(`Hello, ${guest}!`),
  ]);

  // The last answer is shown as it comes: its artifacts are those of this task.
  const ticks = answerText(countdown).match(/tick/g)?.length ?? 0;
  await callAgent('echo', `${answerText(greeting)} I have counted to ${ticks} for you.`);
  return task.complete();
}

/** By the remote agent, or, when it fails, by the one that is here. */
async function greet(text: string): Promise<AgentAnswer> {
  try {
    return await callAgent(GREETER, text, {
      relay: 'none',
      timeout: '20 seconds',
      retry: { maximumAttempts: 2 },
    });
  } catch (error) {
    // An agent that failed by itself told why; one that could not be called at all is an ActivityFailure.
    const why = isCallFailure(error) ? error.message : 'it cannot be called';
    return callAgent('echo', text, { relay: 'none', metadata: { insteadOf: GREETER, why } });
  }
}
