// The other way around: an agent that is made with an official SDK is called by the bridge, each of its bindings by
// a proxy. Arguments: how the agent is started, and the config of all clients; so are the lines of output.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { printResults } from '../lib/cases.mjs';
import { startBridge } from '../lib/server.mjs';

const CASE_MS = 45_000;

const [agent, config] = process.argv.slice(2).map((argument) => JSON.parse(argument));

/** Of the proxy for a binding. It has so much time for one case. */
class Client {
  constructor(base) {
    this.base = base;
    this.signal = AbortSignal.timeout(CASE_MS);
  }

  async send(text, { taskId, configuration } = {}) {
    const { task } = await this.json('/message:send', { message: message(text, taskId), configuration });
    return task;
  }

  /** All events of a streaming send. */
  async stream(text) {
    const answer = await this.fetch('/message:stream', { message: message(text) });
    return (await answer.text())
      .split('\n')
      .filter((line) => line.startsWith('data:'))
      .map((line) => JSON.parse(line.slice(5)));
  }

  cancel(taskId) {
    return this.json(`/tasks/${taskId}:cancel`, {});
  }

  /** The task, once that is so. */
  async until(taskId, isSo) {
    for (;;) {
      const task = await this.json(`/tasks/${taskId}`);
      if (isSo(task.status)) return task;
      assert.ok(!/FAILED|REJECTED/.test(task.status.state), JSON.stringify(task.status));
      await sleep(50);
    }
  }

  async json(path, body) {
    return (await this.fetch(path, body)).json();
  }

  async fetch(path, body) {
    const answer = await fetch(this.base + path, {
      headers: { 'A2A-Version': '1.0', 'Content-Type': 'application/json' },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      signal: this.signal,
    });
    assert.ok(answer.ok, `${path}: ${answer.status} ${answer.ok ? '' : await answer.text()}`);
    return answer;
  }
}

function message(text, taskId) {
  return { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text }], taskId };
}

const textOf = (status) => status.message?.parts[0].text;

const CASES = {
  async stream(client) {
    const events = await client.stream('hello');
    const said = events.flatMap(({ statusUpdate }) => (statusUpdate && textOf(statusUpdate.status)) ?? []);
    assert.ok(said.includes('on it'), JSON.stringify(events));
    const { artifacts } = await client.until(events[0].task.id, isCompleted);
    assert.deepEqual(artifacts.at(-1).parts, [{ text: 'hello' }]);
    return said.join(', ');
  },
  async 'multi-turn'(client) {
    const asked = await client.send('ask');
    assert.equal(asked.status.state, 'TASK_STATE_INPUT_REQUIRED');
    assert.equal(textOf(asked.status), 'What is it?');
    const { status, artifacts } = await client.send('the answer', { taskId: asked.id });
    assert.ok(isCompleted(status), JSON.stringify(status));
    assert.deepEqual(artifacts.at(-1).parts, [{ text: 'the answer' }]);
    return textOf(asked.status);
  },
  async cancel(client) {
    const { id } = await client.send('wait', { configuration: { returnImmediately: true } });
    await client.until(id, (status) => textOf(status) === 'on it');
    await client.cancel(id);
    const { status } = await client.until(id, ({ state }) => state === 'TASK_STATE_CANCELED');
    return status.state;
  },
};

function isCompleted({ state }) {
  return state === 'TASK_STATE_COMPLETED';
}

const idOf = (binding) => binding.toLowerCase().replace('+', '-');

/** agents.yaml: a proxy for each binding of the agent. */
function proxies(urls) {
  const agents = Object.entries(urls).map(([binding, url], index) => ({
    id: idOf(binding),
    default: index === 0,
    name: binding,
    description: 'In front of a remote agent',
    skills: [{ id: 'say', name: 'Say', description: 'Says what it is told' }],
    proxy: { url },
  }));
  return JSON.stringify({ agents });
}

const directory = await mkdtemp(join(tmpdir(), 'a2a-called-'));
const child = spawn(agent.command, agent.args, {
  env: { ...process.env, ...agent.env },
  stdio: ['ignore', 'pipe', 'inherit'],
});
let bridge;
try {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the agent ended with ${code}`);
  });
  const [urls] = await Promise.race([once(createInterface(child.stdout), 'line'), ended]);
  ended.catch(() => {});
  const agentsFile = join(directory, 'agents.yaml');
  await writeFile(agentsFile, proxies(JSON.parse(urls)));
  bridge = await startBridge({
    temporalAddress: config.temporal,
    env: { AGENTS_FILE: agentsFile, TASK_QUEUE: `called-${randomUUID()}` },
    signal: AbortSignal.timeout(120_000),
  });
  const { url } = bridge;
  await printResults(config, (operation, { binding }) =>
    CASES[operation](new Client(`${url}/a2a/${idOf(binding)}`)),
  );
} finally {
  await bridge?.stop();
  child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
}
