import {
  ActivityCancellationType,
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  proxyActivities,
  setHandler,
  sleep,
  upsertMemo,
} from '@temporalio/workflow';
import { dataOf, textOf } from '../../src/a2a/parts';
import type { TaskUpdate } from '../../src/a2a/task-update';
import type { Message, Part, Struct, Task } from '../../src/a2a/types';
import type { TaskStart } from '../../src/contract/contract';
import { type A2ATask, a2aTask } from '../../src/workflows/a2a-task';
import { hasFlag, type WorkflowFlag } from '../../src/workflows/flags';
import type { ArtifactStream } from '../../src/workflows/task-artifacts';

/** The workflow types of a test run's workers: those of src/ and the ones that tests need. */
export * from '../../src/workflows';
export { brittle, caller, looper, plainCaller, plainLooper } from './calling-workflows';
export { foreign, foreignCaller } from './foreign-workflows';
export { nexusCaller } from './nexus-workflows';
export { oversize } from './oversize-workflows';

const { report, reportLarge, failLike, wait } = proxyActivities<{
  report(updates: TaskUpdate[], options?: object): Promise<void>;
  reportLarge(count: number, size: number): Promise<void>;
  failLike(message: string): Promise<void>;
  wait(ms: number): Promise<void>;
}>({ startToCloseTimeout: '60 seconds', retry: { initialInterval: 20, maximumAttempts: 50 } });

const { failLike: failOnce } = proxyActivities<{ failLike(message: string): Promise<void> }>({
  startToCloseTimeout: '60 seconds',
  retry: { maximumAttempts: 1 },
});

const { tick } = proxyActivities<{ tick(count: number, intervalMs: number): Promise<void> }>({
  startToCloseTimeout: '60 seconds',
  heartbeatTimeout: '2 seconds',
  retry: { maximumAttempts: 1 },
});

/** One thing that a `script` does. */
export type Step =
  | { working: string | Part[] | null; metadata?: Struct }
  | { artifact: { artifactId: string; name?: string; text: string; metadata?: Struct } }
  | { chunks: { artifactId: string; texts: string[] } }
  | { ask: string; state?: 'TASK_STATE_INPUT_REQUIRED' | 'TASK_STATE_AUTH_REQUIRED' }
  /** Reads a message without telling the client that one is awaited; says WORKING with its text. */
  | { next: true }
  /** Reads messages until one is this text; says that it waits (metadata) and, working, what it heard. */
  | { until: string }
  /** From an activity, through the reporter. */
  | { report: TaskUpdate[]; options?: Struct }
  /** So many artifacts `a0`, `a1` ... with so many characters of text, from one activity. */
  | { reportLarge: { count: number; size: number } }
  | { sleep: number }
  /** The ticker's activity, which Temporal gives up after two seconds without a heartbeat. */
  | { tick: { count: number; intervalMs: number } }
  /** Ends the workflow task (a timer would take a second), so that what was sent is in the history. */
  | { pause: true }
  | { wait: number }
  /** Runs until it is cancelled. */
  | { forever: true }
  /** An update of so many characters of text. */
  | { large: number }
  | { continueAsNew: true }
  | { complete: { text?: string; message?: string } }
  | { reject: string }
  | { fail: string }
  | { failActivity: string }
  | { result: Struct };

/** Does what the data part of its first message says: `{"steps": [...]}`. */
export async function script(start: TaskStart, from = 0): Promise<unknown> {
  const task = a2aTask(start);
  const steps = (dataOf(start.message) as unknown as { steps: Step[] }).steps;
  for (const [index, step] of steps.entries()) {
    if (index < from) continue;
    if ('continueAsNew' in step) return task.continueAsNew(index + 1);
    const end = await take(task, step);
    if (end !== undefined) return end.result;
  }
  return task.complete();
}

async function take(task: A2ATask, step: Step): Promise<{ result: unknown } | undefined> {
  if ('working' in step) {
    task.working(step.working ?? undefined, step.metadata === undefined ? {} : { metadata: step.metadata });
  } else if ('artifact' in step) {
    const { text, ...init } = step.artifact;
    task.artifact({ ...init, parts: text });
  } else if ('chunks' in step) {
    sendChunks(task.artifactStream({ artifactId: step.chunks.artifactId }), step.chunks.texts);
  } else if ('ask' in step) {
    await task.ask(step.ask, step.state === undefined ? {} : { state: step.state });
  } else if ('next' in step) {
    const message = await task.nextMessage();
    task.working(message.parts);
  } else if ('until' in step) {
    task.working(undefined, { metadata: { waits: true } });
    const heard: string[] = [];
    while (heard.at(-1) !== step.until) heard.push(textOf(await task.nextMessage()));
    task.working(heard.join());
  } else if ('report' in step) {
    await report(step.report, step.options);
  } else if ('reportLarge' in step) {
    await reportLarge(step.reportLarge.count, step.reportLarge.size);
  } else if ('sleep' in step) {
    await sleep(step.sleep);
  } else if ('tick' in step) {
    await tick(step.tick.count, step.tick.intervalMs);
  } else if ('pause' in step) {
    await wait(0);
  } else if ('wait' in step) {
    await wait(step.wait);
  } else if ('forever' in step) {
    await condition(() => false);
  } else if ('large' in step) {
    task.working('x'.repeat(step.large));
  } else if ('complete' in step) {
    const { text, message } = step.complete;
    const artifacts = text === undefined ? [] : [{ artifactId: 'last', parts: text }];
    return { result: task.complete({ artifacts, ...(message !== undefined && { message }) }) };
  } else if ('reject' in step) {
    task.reject(step.reject);
  } else if ('fail' in step) {
    task.fail(step.fail);
  } else if ('failActivity' in step) {
    await failOnce(step.failActivity);
  } else if ('result' in step) {
    return { result: step.result };
  }
  return undefined;
}

function sendChunks(stream: ArtifactStream, texts: string[]): void {
  for (const [index, text] of texts.entries()) {
    if (index === texts.length - 1) stream.end(text);
    else stream.append(text);
  }
}

/** Answers with a Message. */
export async function replier(start: TaskStart): Promise<Message> {
  const task = a2aTask(start);
  task.working('thinking');
  await wait(0);
  const { steps = [] } = (dataOf(start.message) ?? {}) as { steps?: Step[] };
  for (const step of steps) await take(task, step);
  return {
    messageId: `reply-to-${start.message.messageId}`,
    role: 'ROLE_AGENT',
    parts: [{ text: `You said: ${task.text}` }],
  };
}

/** Does not heed its cancellation, and completes. */
export async function stubborn(start: TaskStart): Promise<Task> {
  const task = a2aTask(start);
  task.working();
  await condition(() => false).catch(() => {});
  return task.complete({ message: 'done all the same' });
}

/** A workflow whose code is wrong: once it is told `break`, or at once, its workflow task fails again and again. */
export async function broken(start: TaskStart): Promise<void> {
  const task = a2aTask(start);
  if (task.text !== 'at once') {
    task.working('still fine');
    await task.nextMessage();
  }
  throw new Error('the ledger has no such page', { cause: new Error('it ends at page 6') });
}

/** The same, and its error repeats the message. */
export async function brokenSaying(start: TaskStart): Promise<void> {
  throw new Error(a2aTask(start).text);
}

const release = defineSignal('release');

/** A plain workflow, which waits for a signal of its own. */
export async function plainWaiter(input: unknown): Promise<{ got: unknown }> {
  let released = false;
  setHandler(release, () => {
    released = true;
  });
  if (input === 'fail after retries') await failLike('never good');
  await condition(() => released);
  return { got: input };
}

/** A plain workflow that tells of its task: by an activity, or by hand with its memo. */
export async function plainReporter(how: string): Promise<string> {
  const status: TaskUpdate = {
    statusUpdate: { status: { state: 'TASK_STATE_WORKING' }, metadata: { told: how } },
  };
  if (how === 'activity') await report([status]);
  if (how === 'memo') {
    upsertMemo({ a2a_update: status });
    upsertMemo({ a2a_update: null });
  }
  await wait(0);
  return how;
}

/** Knows nothing of A2A, and fails. */
export async function brittlePlain(input: string): Promise<never> {
  throw ApplicationFailure.retryable(`${input} is too much`, 'Brittle');
}

/** Counts to a thousand in one artifact, from workflow code, as fast as it can. */
export async function flood(start: TaskStart): Promise<Task> {
  const task = a2aTask(start);
  const stream = task.artifactStream({ artifactId: 'flood' });
  await wait(0);
  const {
    batches,
    size,
    text,
    onMessage = false,
  } = dataOf(start.message) as { batches: number; size: number; text: string; onMessage?: boolean };
  if (onMessage) await task.nextMessage();
  for (let batch = 0; batch < batches; batch++) {
    for (let index = 0; index < size; index++) stream.append(text);
    await wait(0);
  }
  return task.complete();
}

/** Calls a remote agent by the bare activity, as its data part says; gives what the activity gave. */
export async function remoteCaller(start: TaskStart): Promise<{ answer: unknown }> {
  a2aTask(start);
  const {
    call,
    maximumAttempts = 5,
    heartbeatTimeout = '15 seconds',
  } = dataOf(start.message) as { call: unknown; maximumAttempts?: number; heartbeatTimeout?: '3 seconds' };
  const { callRemoteAgent } = proxyActivities<{ callRemoteAgent(call: unknown): Promise<unknown> }>({
    scheduleToCloseTimeout: '3 minutes',
    heartbeatTimeout,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: 20, maximumAttempts },
  });
  return { answer: await callRemoteAgent(call) };
}

/** Asks for a flag, waits, and asks again; gives both answers. */
export async function flagged(): Promise<boolean[]> {
  const flag: WorkflowFlag = { id: 'temporal-a2a/of-tests' };
  const decisions: boolean[] = [];
  let released = false;
  setHandler(defineQuery('decisions'), () => decisions);
  setHandler(release, () => {
    released = true;
  });
  decisions.push(hasFlag(flag));
  await condition(() => released);
  decisions.push(hasFlag(flag));
  return decisions;
}

/** Knows nothing of A2A, and gives back what it gets. */
export async function plainEcho(input: unknown): Promise<unknown> {
  return input;
}
