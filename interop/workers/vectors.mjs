// Has a worker do what a test vector of the contract says, and compares the Task.
import { randomUUID } from 'node:crypto';
import { eventually } from './eventually.mjs';
import { isTerminal, same } from './expected.mjs';

const PATIENCE_MS = 40_000;

/** @returns what did not come out as the vector says */
export async function replayVector({ vector, raw }, { client, temporal }) {
  const [messageId, contextId] = [randomUUID(), randomUUID()];
  let id;
  try {
    const { events } = named(vector, { messageId, contextId, id: '$workflow' });
    const parts = [{ text: 'Hello!' }, { data: { events, raw } }];
    const message = { messageId, contextId, role: 'ROLE_USER', parts };
    ({ id } = await client.send(message, { returnImmediately: true }));
    await act(events, { id, client, temporal });
    const expected = named(vector.task, { messageId, contextId, id });
    const until = isTerminal(expected) ? isTerminal : () => true;
    await eventually(async () => {
      const task = shown(await client.get(id), expected, events);
      if (!until(task) || !same(task, withoutTimes(expected, events))) {
        throw new Error(`${JSON.stringify(task)} is not ${JSON.stringify(expected)}`);
      }
    }, PATIENCE_MS);
    return [];
  } catch (error) {
    return [error.message];
  } finally {
    await temporal.tidyUp(id);
  }
}

/** What others do to the workflow than its worker. */
async function act(events, { id, client, temporal }) {
  const { canceled, terminated } = events.at(-1) ?? {};
  if (canceled === undefined && terminated === undefined) return;
  await eventually(() => temporal.begun(id), PATIENCE_MS);
  if (canceled) await client.cancel(id);
  else await temporal.terminate(id, terminated);
}

/** With IDs of this task for those of the vector. */
function named(value, { messageId, contextId, id }) {
  const text = JSON.stringify(value)
    .replaceAll('"task-1"', JSON.stringify(id))
    .replaceAll('"context-1"', JSON.stringify(contextId))
    .replaceAll('"hello-1"', JSON.stringify(messageId));
  return JSON.parse(text);
}

/** The Task without the part of the first message that tells the worker what to do. */
function shown(task, expected, events) {
  const text = JSON.stringify(task).replaceAll(/"[0-9a-f-]{36}:\d+"/g, '"*"');
  const [first, ...more] = JSON.parse(text).history ?? [];
  const parts = first?.parts.filter((part) => part.text !== undefined);
  const whole = { ...JSON.parse(text), ...(first && { history: [{ ...first, parts }, ...more] }) };
  return withoutTimes(whole, events, expected);
}

/** Without a time that is Temporal's, and not the worker's. */
function withoutTimes(task, events, { status: { timestamp } } = task) {
  if (JSON.stringify(events).includes(`"timestamp":"${timestamp}"`)) return task;
  const { timestamp: _, ...status } = task.status;
  return { ...task, status };
}
