import { setTimeout as sleep } from 'node:timers/promises';
import { A2AClient, type ClientOptions } from './a2a-client';
import { A2AClientError } from './client-error';
import type { Task } from './types';

/** Options of {@link callAgent}. */
export interface CallAgentOptions extends ClientOptions {
  /** Sent as bearer token. */
  apiKey?: string | undefined;
  /** The conversation that the message belongs to. */
  contextId?: string;
  /** Longest time to wait for the answer, in milliseconds; 300,000 unless set. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** The first pause between two looks at a task that goes on, and the longest, in milliseconds. */
const POLL = { first: 200, longest: 2_000 };

/**
 * Sends a text to an agent and gives the text of its answer.
 *
 * ```ts
 * const answer = await callAgent('https://analytics.example.com', 'Signups of last week?', { apiKey });
 * ```
 *
 * @throws A2AClientError when there is no answer: it has the task if that failed, was canceled, asks for something, or
 * is still under way when the time is up
 */
export async function callAgent(url: string, text: string, options: CallAgentOptions = {}): Promise<string> {
  const { apiKey, contextId, timeoutMs = 300_000, signal: given, ...more } = options;
  const client = new A2AClient(url, apiKey, more);
  const time = AbortSignal.timeout(timeoutMs);
  const signal = given === undefined ? time : AbortSignal.any([given, time]);
  let task: Task | undefined;
  try {
    task = await client.send(
      { role: 'user', parts: [{ type: 'text', text }], ...(contextId !== undefined && { contextId }) },
      { signal },
    );
    for (let pause = POLL.first; isUnderWay(task); pause = Math.min(pause * 2, POLL.longest)) {
      await sleep(pause, undefined, { signal });
      task = await client.get(task.id, { signal });
    }
  } catch (error) {
    if (!time.aborted || given?.aborted) throw given?.aborted ? given.reason : error;
    throw new A2AClientError(`No answer from ${url} within ${timeoutMs} ms`, {
      ...(task !== undefined && { task }),
      cause: error,
    });
  }
  const answer = textOf(task);
  if (task.status.state === 'completed') return answer;
  const said = answer === '' ? '' : `: ${answer}`;
  throw new A2AClientError(`Task ${task.id} of ${url} is ${task.status.state}${said}`, { task });
}

function isUnderWay({ status }: Task): boolean {
  // "processing" is a state of agent-native's.
  return ['submitted', 'working', 'processing'].includes(status.state);
}

function textOf({ status }: Task): string {
  const parts = status.message?.parts ?? [];
  return parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}
