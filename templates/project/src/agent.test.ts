import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createBridge, loadAgents } from 'temporal-a2a';
import { A2AClient, type Message } from 'temporal-a2a/client';
import { openTemporal } from './temporal.js';
import { createWorker } from './worker.js';

/** A client of the agent, which runs as a whole: Temporal (in memory unless TEMPORAL_ADDRESS is set), worker and API. */
let client: A2AClient;
const cleanups: (() => Promise<unknown>)[] = [];

before(async () => {
  const agents = loadAgents('agents.yaml');
  const temporal = await openTemporal({});
  cleanups.unshift(() => temporal.close());
  const worker = await createWorker(temporal, agents);
  const running = worker.run();
  cleanups.unshift(() => {
    worker.shutdown();
    return running;
  });
  const bridge = await createBridge({ client: temporal.client, agents });
  cleanups.unshift(() => bridge.close());
  const { url } = await bridge.listen({ port: 0 });
  client = new A2AClient(`${url}/a2a/greeter`);
});

after(async () => {
  for (const cleanup of cleanups) await cleanup();
});

const says = (text: string, taskId?: string): Message => ({
  role: 'user',
  parts: [{ type: 'text', text }],
  ...(taskId !== undefined && { taskId }),
});

test('asks for a name and greets it', async () => {
  const asked = await client.send(says('Hello!'));
  assert.equal(asked.status.state, 'input-required');

  const { status, artifacts } = await client.send(says('Ada', asked.id));
  assert.equal(status.state, 'completed');
  const [part] = artifacts?.[0]?.parts ?? [];
  assert.equal(part?.type === 'text' && part.text, 'Hello, Ada!');
});

test('greets nobody without a name', async () => {
  const asked = await client.send(says('Hello!'));
  const { status } = await client.send(says(' ', asked.id));
  assert.equal(status.state, 'rejected');
});
