// What is tried with each server: through a proxy of the bridge, and as a step of a chain.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { PICTURE } from '../lib/script.mjs';

const SETTLE_MS = 15_000;

/**
 * By name: (context) => what to tell of it. `context` has
 * - `agent(suffix)`: a client of the proxy, or of the agent whose ID has this suffix,
 * - `partner`: as in its partner.mjs; `exchanges()`: what went to the server in this case, and came back,
 * - `broken()`: how many answers of the fake model were left before their end.
 */
export const CASES = {
  async card({ exchanges, agent }) {
    await agent().send('say:hello');
    return spoken(exchanges().find(({ method }) => method === 'POST'));
  },

  async send({ agent, partner }) {
    return expectText(await agent().send('say:hello partner'), 'hello partner', partner);
  },

  async stream({ agent, partner }) {
    const client = agent();
    const events = await client.stream('count:4');
    const updates = events.filter(
      ({ statusUpdate, artifactUpdate }) =>
        artifactUpdate !== undefined ||
        (statusUpdate?.status.message !== undefined && !isOver(statusUpdate.status)),
    );
    const id = events[0].task.id;
    expectText(await client.until(id, isOver), 'one two three four', partner);
    return `${updates.length} updates`;
  },

  async poll({ agent, partner }) {
    const client = agent('-poll');
    const { id } = await client.send('say:hello later', { configuration: { returnImmediately: true } });
    return expectText(await client.until(id, isOver), 'hello later', partner);
  },

  async 'multi-turn'({ agent, partner }) {
    const { asks } = partner;
    const client = agent();
    const asked = await client.send(asks.message);
    assert.equal(asked.status.state, 'TASK_STATE_INPUT_REQUIRED', JSON.stringify(asked));
    const question = JSON.stringify(asked.status.message?.parts ?? []);
    assert.match(question, asks.question);
    const answer = typeof asks.answer === 'function' ? asks.answer(asked.status.message) : asks.answer;
    const answered = await client.send(answer, { taskId: asked.id });
    assert.match(completedText(answered, partner), asks.result);
    return textOf(asked.status.message?.parts) || question;
  },

  async memory({ agent, partner }) {
    const client = agent();
    const { contextId } = await client.send('say:remember teal');
    return expectText(await client.send('recall:', { contextId }), 'You began with: remember teal', partner);
  },

  async failure({ agent, partner }) {
    const { status } = await agent().send('fail:out of tea');
    assert.equal(status.state, 'TASK_STATE_FAILED', JSON.stringify(status));
    const said = textOf(status.message?.parts);
    assert.match(said, partner.failure ?? /out of tea/);
    return said.slice(0, 200);
  },

  async data({ agent, partner }) {
    const parts = partsOf(await agent().send(partner.data), partner);
    assert.ok(
      parts.some((part) => JSON.stringify(part.data)?.includes('4242')),
      JSON.stringify(parts),
    );
    return brief(JSON.stringify(parts));
  },

  async file({ agent, partner }) {
    const parts = partsOf(await agent().send('file:'), partner);
    const found = parts.find(({ raw }) => raw === PICTURE.base64);
    assert.ok(found, JSON.stringify(parts));
    return `${found.filename ?? ''} ${found.mediaType ?? ''}`.trim();
  },

  async chain({ agent }) {
    return expectText(await agent('-chain').send('say:hello chain'), 'Then: hello chain');
  },

  /** The last: what does not stop may be in the way of the others. */
  async cancel({ agent, exchanges, broken, partner }) {
    const client = agent();
    const before = broken();
    const { id } = await client.send('slow:', { configuration: { returnImmediately: true } });
    const known = await until(() => exchanges().some(taskIdIn), '').then(
      () => true,
      () => false,
    );
    await client.cancel(id);
    const { status } = await client.until(id, isOver);
    assert.equal(status.state, 'TASK_STATE_CANCELED');
    assert.ok(known, 'CANCELED, but the server had told of no task that could be cancelled');
    const asked = exchanges().find(
      ({ path, request }) => /:cancel/.test(path) || /"(tasks\/cancel|CancelTask)"/.test(request),
    );
    assert.ok(asked, 'the server was not asked to cancel');
    const refused = asked.status >= 400 || /"error"/.test(asked.response);
    // Some stop when their stream is closed, and have nothing to cancel then.
    assert.ok(!refused || /-32002/.test(asked.response), `it answered ${brief(asked.response)}`);
    if (partner.model !== false) await until(() => broken() > before, 'the work has stopped');
    if (refused) return 'it had stopped when its stream was closed';
    return `it answered ${/"state":\s*"([^"]+)"/.exec(asked.response)?.[1] ?? asked.status}`;
  },
};

/** The version and binding of a call. */
function spoken({ path, request }) {
  if (/"jsonrpc"/.test(request))
    return /"method":\s*"message\//.test(request) ? '0.3 JSONRPC' : '1.0 JSONRPC';
  return /\/v1\/message:/.test(path) ? '0.3 HTTP+JSON' : '1.0 HTTP+JSON';
}

/** The bridge's tasks wait for nothing else here. */
const OVER = /COMPLETED|FAILED|CANCELED|REJECTED|INPUT_REQUIRED/;

function isOver({ state }) {
  return OVER.test(state);
}

function taskIdIn({ method, response }) {
  return (
    method === 'POST' &&
    /"(taskId|task_id|id)":\s*"[^"]+"/.test(response) &&
    /"(state|status)"/.test(response)
  );
}

/** All that the task brought: its artifacts, or else what its status says. */
function partsOf(task, { ends = 'TASK_STATE_COMPLETED' } = {}) {
  assert.equal(task.status.state, ends, JSON.stringify(task.status));
  const parts = (task.artifacts ?? []).flatMap((artifact) => artifact.parts);
  return parts.length > 0 ? parts : (task.status.message?.parts ?? []);
}

function completedText(task, partner) {
  return textOf(partsOf(task, partner));
}

function expectText(task, text, partner) {
  assert.equal(completedText(task, partner).trim(), text);
  return text;
}

function textOf(parts = []) {
  return parts.map(({ text }) => text ?? '').join('');
}

function brief(text) {
  return text.replace(/\s+/g, ' ').slice(0, 200);
}

async function until(isSo, what) {
  const deadline = Date.now() + SETTLE_MS;
  while (!isSo()) {
    assert.ok(Date.now() < deadline, `not seen after ${SETTLE_MS / 1000} s: ${what}`);
    await sleep(50);
  }
}
