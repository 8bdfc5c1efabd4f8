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
import { AgentClient, textOf } from '../lib/agent-client.mjs';
import { printResults } from '../lib/cases.mjs';
import { startBridge } from '../lib/server.mjs';

const [agent, config] = process.argv.slice(2).map((argument) => JSON.parse(argument));

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
    CASES[operation](new AgentClient(`${url}/a2a/${idOf(binding)}`)),
  );
} finally {
  await bridge?.stop();
  child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
}
