import { sleep } from '@temporalio/workflow';
import type { Message, Part, Task } from '../../src/a2a/types';
import type { TaskStart } from '../../src/contract/contract';
import { type A2ATask, a2aTask } from '../../src/workflows/a2a-task';

type Behaviour = (task: A2ATask) => Task | Message | Promise<Task | Message>;

const file: Part = { raw: 'dGNr', filename: 'output.txt', mediaType: 'text/plain' };
const fileUrl: Part = {
  url: 'https://example.com/output.txt',
  filename: 'output.txt',
  mediaType: 'text/plain',
};

/** The kit gives a stream 2 s; its long-running task takes twice as long. */
const LONG_MS = 4_000;

/**
 * What the kit's scenarios (scenarios/*.feature) make the agent do, by the first letters of the message's ID.
 * The longest prefix that fits wins.
 */
const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  'tck-complete-task': (task) => task.complete({ message: 'Hello from TCK' }),
  'tck-artifact-text': completeWith('Generated text content'),
  'tck-artifact-file': completeWith(file),
  'tck-artifact-file-url': completeWith(fileUrl),
  'tck-artifact-data': completeWith({ data: { key: 'value', count: 42 } }),
  'tck-message-response': (task) => ({
    messageId: `${task.id}-answer`,
    contextId: task.contextId,
    role: 'ROLE_AGENT',
    parts: [{ text: 'Direct message response' }],
  }),
  'tck-input-required': async (task) => behave(task, await task.ask('What next?')),
  'tck-reject-task': (task) => task.reject('rejected'),
  'tck-stream-001': workThenComplete('Stream hello from TCK'),
  'tck-stream-002': (task) => task.complete(),
  'tck-stream-003': workThenComplete('Stream task lifecycle'),
  'tck-stream-ordering-001': workThenComplete('Ordered output'),
  'tck-stream-artifact-text': workThenComplete('Streamed text content'),
  'tck-stream-artifact-file': workThenComplete(file),
  'tck-stream-artifact-chunked': (task) => {
    task.working();
    const chunks = task.artifactStream();
    chunks.append('chunk-1 ');
    chunks.end('chunk-2');
    return task.complete();
  },
  'test-resubscribe-message-id': async (task) => {
    task.working();
    await sleep(LONG_MS);
    return task.complete();
  },
};

/** The agent that the official A2A compatibility kit tests. */
export async function tck(start: TaskStart): Promise<Task | Message> {
  const task = a2aTask(start);
  return behave(task, task.message);
}

async function behave(task: A2ATask, { messageId }: Message): Promise<Task | Message> {
  const [prefix = ''] = Object.keys(BEHAVIOURS)
    .filter((candidate) => messageId.startsWith(candidate))
    .sort((a, b) => b.length - a.length);
  const behaviour = BEHAVIOURS[prefix];
  return behaviour === undefined
    ? task.complete({ message: `Unhandled messageId prefix: ${messageId}` })
    : behaviour(task);
}

function completeWith(content: string | Part): Behaviour {
  return (task) => {
    task.artifact({ parts: content });
    return task.complete();
  };
}

function workThenComplete(content: string | Part): Behaviour {
  return (task) => {
    task.working();
    task.artifact({ parts: content });
    return task.complete();
  };
}
