import { createServer } from 'node:http';
import { Agent, request } from 'undici';
import { textMessage } from '../lib/a2a-client.mjs';
import { batch, counted, nowNs, quantile } from '../lib/measure.mjs';

/** So many sends at once. */
const WIDTH = 32;

/** How long the receiver is down after the last send. */
const DOWN_MS = 5_000;

/** Longest time for everything to arrive. */
const PATIENCE_MS = 10 * 60_000;

/** A receiver for many tasks, each at a path of its own. */
class Receiver {
  /** What each task was told, by path: a word for each notification, and when the last one came. */
  told = new Map();
  refused = 0;
  count = 0;
  port = 0;
  #server;

  async start() {
    this.#server = createServer((incoming, response) => {
      const chunks = [];
      incoming.on('data', (chunk) => chunks.push(chunk));
      incoming.on('end', () => {
        this.#take(incoming.url, JSON.parse(Buffer.concat(chunks)), incoming.headers['idempotency-key']);
        response.writeHead(204).end();
      });
    });
    await new Promise((resolve) => this.#server.listen(this.port, '127.0.0.1', resolve));
    this.port = this.#server.address().port;
  }

  async stop() {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #take(path, body, key) {
    this.count += 1;
    const task = this.told.get(path) ?? { words: [], keys: new Set() };
    this.told.set(path, task);
    // At least once: what comes twice counts once.
    if (task.keys.has(key)) return;
    task.keys.add(key);
    task.words.push(body.task?.status.state ?? body.statusUpdate?.status.state ?? 'artifact');
    task.at = nowNs();
  }

  /** Tasks that were told everything. */
  get done() {
    let done = 0;
    for (const { words } of this.told.values()) if (words.at(-1) === 'TASK_STATE_COMPLETED') done += 1;
    return done;
  }
}

/** Starts tasks that report to the receiver; gives their IDs. */
async function sendAll(url, receiver, total, prefix) {
  const dispatcher = new Agent({ connections: WIDTH });
  const ids = [];
  let next = 0;
  await batch(total, WIDTH, async () => {
    const path = `/${prefix}/${next++}`;
    const params = {
      message: textMessage(),
      configuration: {
        returnImmediately: true,
        taskPushNotificationConfig: { url: `http://127.0.0.1:${receiver.port}${path}` },
      },
    };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params });
    for (;;) {
      const answer = await request(`${url}/a2a/echo`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
        dispatcher,
        body,
      });
      const { result, error } = await answer.body.json();
      if (result !== undefined) return ids.push(result.task.id);
      // As a client does: the same message again makes the same task.
      if (error.data?.[0]?.reason !== 'UNAVAILABLE') throw new Error(JSON.stringify(error));
      await sleep(1_000);
    }
  });
  await dispatcher.close();
  return ids;
}

async function allDone(receiver, total) {
  const deadline = Date.now() + PATIENCE_MS;
  while (receiver.done < total) {
    if (Date.now() > deadline) throw new Error(`${receiver.done} of ${total} tasks were told everything`);
    await sleep(20);
  }
}

/** Throws unless every task was told the same, in the order in which it happened. */
function assertOrder(receiver) {
  const stories = new Set([...receiver.told.values()].map(({ words }) => words.join(' > ')));
  if (stories.size !== 1) throw new Error(`tasks were told different things: ${[...stories].join(' | ')}`);
  const [story] = stories;
  if (!/^TASK_STATE_SUBMITTED > .*TASK_STATE_COMPLETED$/.test(story))
    throw new Error(`out of order: ${story}`);
}

async function historyEvents({ client }, ids) {
  const lengths = await Promise.all(
    ids.slice(0, 20).map(async (id) => {
      const handle = client.workflow.getHandle(`a2a-push:${id}`);
      await handle.result();
      return (await handle.describe()).historyLength;
    }),
  );
  return Math.max(...lengths);
}

async function measure(bench, down) {
  const total = bench.pushTasks;
  const { api } = await bench.apart();
  const receiver = new Receiver();
  await receiver.start();
  if (down) await receiver.stop();
  const began = nowNs();
  const ids = await sendAll(api.url, receiver, total, down ? 'down' : 'up');
  const sentMs = (nowNs() - began) / 1e6;
  if (down) {
    await sleep(DOWN_MS);
    await receiver.start();
  }
  const up = down ? nowNs() : began;
  await allDone(receiver, total);
  assertOrder(receiver);
  const last = Math.max(...[...receiver.told.values()].map(({ at }) => at));
  const seconds = (last - up) / 1e9;
  const each = [...receiver.told.values()].map(({ at }) => (at - up) / 1e9);
  const events = [...receiver.told.values()].reduce((sum, { words }) => sum + words.length, 0);
  const history = await historyEvents(bench.temporal, ids);
  await receiver.stop();
  const which = down ? 'push-down' : 'push';
  const what = down ? `${total} tasks whose receiver was down` : `${total} tasks with a webhook each`;
  const note =
    `sent in ${(sentMs / 1_000).toFixed(1)} s; ${events} notifications, ${receiver.count - events} of them twice; ` +
    `half of the tasks told all after ${quantile(each, 0.5).toFixed(1)} s, the last after ${seconds.toFixed(1)} s`;
  return [
    counted({
      name: which,
      what: `${what}: notifications`,
      unit: '/s',
      value: events / seconds,
      note,
      ...(!down && { goal: { least: 150 } }),
    }),
    counted({
      name: which,
      what: `${what}: events in the history of a delivery workflow`,
      value: history,
      goal: { most: 20 },
    }),
  ];
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export const push = {
  name: 'push',
  run: (bench) => measure(bench, false),
};

export const pushDown = {
  name: 'push-down',
  run: (bench) => measure(bench, true),
};
