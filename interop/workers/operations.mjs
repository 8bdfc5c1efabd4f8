// Tries one case with every operation: three tasks are made, by an immediate send with a push config, a streaming send
// and a blocking one; the case does with each what it is about; then all ways to read them must tell the same.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkAll, checkGone } from './checks.mjs';
import { differences, readBy } from './expected.mjs';
import { ENCODING } from './shift-codec.mjs';

/** For what a task is to come to, as long as nothing has failed; then nothing is waited for much longer. */
const PATIENCE_MS = 25_000;
const IMPATIENCE_MS = 3_000;

/** What failed, by operation. */
class Problems {
  found = [];

  constructor(patienceMs) {
    this.most = patienceMs;
  }

  get patienceMs() {
    return this.found.length === 0 ? this.most : IMPATIENCE_MS;
  }

  async during(operation, body) {
    try {
      await body((problem) => this.found.push(`${operation}: ${problem}`));
    } catch (error) {
      this.found.push(`${operation}: ${error.message}`);
    }
  }
}

/**
 * @param each a case, as cases.mjs has it, of one language
 * @param tools {client, receiver, temporal}
 * @param pending when it is known to fail
 * @returns what did not come out as expected
 */
export async function tryCase(each, tools, pending) {
  const problems = new Problems(pending ? IMPATIENCE_MS : (each.patienceMs ?? PATIENCE_MS));
  const tasks = [];
  tools = { ...tools, once: onceEach() };
  try {
    const begun = await begin(each, tools, tasks);
    if (each.act !== undefined) {
      await Promise.all(tasks.map((task) => actOn(task, each, tools, problems)));
    }
    await (each.gone === true ? checkGone : checkAll)(begun, each, tools, problems);
    if (each.sealed) await problems.during('codec', (problem) => checkSealed(tasks, tools, problem));
  } catch (error) {
    problems.found.push(error.message);
  } finally {
    for (const task of tasks) await task.end();
  }
  return problems.found;
}

/** Nothing of the tasks is in Temporal in clear. */
async function checkSealed(tasks, { temporal }, problem) {
  for (const { id } of tasks) {
    const others = (await temporal.encodings(id)).filter((encoding) => encoding !== ENCODING);
    if (others.length > 0) problem(`the history has payloads in ${others.join(', ')}`);
  }
}

/** The tasks, as they are made. */
async function begin(each, tools, tasks) {
  const { client, receiver } = tools;
  const hook = randomUUID();
  const push = { url: `${receiver.url}/hook/${hook}` };
  const [pushed, streamed, blocked] = Array.from({ length: 3 }, () => ({
    message: {
      messageId: randomUUID(),
      contextId: randomUUID(),
      role: 'ROLE_USER',
      parts: [{ data: each.data }],
    },
    end: async () => {},
  }));
  tasks.push(pushed, streamed, blocked);

  const configuration = { returnImmediately: true, taskPushNotificationConfig: push };
  pushed.id = (await client.send(pushed.message, configuration)).id;
  pushed.hook = hook;

  streamed.recording = client.stream(streamed.message);
  await streamed.recording.until(({ events }) => events.length > 0);
  const [first] = streamed.recording.events;
  if (first?.response.task === undefined)
    throw streamed.recording.error ?? new Error('no Task in the stream');
  streamed.id = first.response.task.id;

  const giveUp = new AbortController();
  blocked.answer = client.send(blocked.message, undefined, giveUp.signal);
  blocked.answer.catch(() => {});
  // The same message is the same task.
  blocked.id = (await client.send(blocked.message, { returnImmediately: true })).id;

  for (const task of tasks) {
    task.contextId = task.message.contextId;
    task.end = async () => {
      giveUp.abort();
      task.recording?.close();
      await tools.temporal.tidyUp(task.id);
    };
  }
  return { pushed, streamed, blocked };
}

/** For what is done once, and not to each task: gives what was begun under that name. */
function onceEach() {
  const begun = new Map();
  return (name, body) => {
    if (!begun.has(name)) begun.set(name, body());
    return begun.get(name);
  };
}

async function actOn(task, each, tools, problems) {
  await problems.during('before', async (problem) => {
    const until = (at) => tools.client.until(task.id, (is) => differences(is, at), problems.patienceMs);
    if (each.at !== undefined) await until(each.at);
    if (each.at?.state === 'INPUT_REQUIRED') await readOn(task, each, tools, problem);
    await each.act(task, { ...tools, until, sleep, say: (text) => sayTo(task, text, tools.client) });
  });
}

/** A blocking send and the stream of a send end with a question; the reader of the stream goes on behind that. */
async function readOn(task, { at }, { client }, problem) {
  await task.answer;
  const { recording } = task;
  if (recording === undefined) return;
  if (!(await recording.until(({ ended }) => ended))) problem('the stream goes on');
  for (const difference of differences(readBy(recording), at)) problem(`stream: ${difference}`);
  task.recording = client.subscribe(task.id, recording.events.at(-1).id);
  task.recording.events.push(...recording.events);
}

/** A further message of the client. */
function sayTo(task, text, client) {
  const message = {
    messageId: randomUUID(),
    taskId: task.id,
    contextId: task.contextId,
    role: 'ROLE_USER',
    parts: [{ text }],
  };
  return client.send(message, { returnImmediately: true });
}
