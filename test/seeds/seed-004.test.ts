import { randomUUID } from 'node:crypto';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { artifactText, type Caller, startCaller } from '../remote/calls';
import { type Harness, startHarness } from '../support/harness';
import { cleanUpAfterAll } from '../support/temporal';
import { oldCaller, oldMessage } from '../v0-2/client';

/** The page of April 2025, step by step, by `fetch`; then by our own client for agents of those days. */

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({
    agents: [{ id: 'ticker' }, { id: 'echo' }, { id: 'interview' }, { id: 'script' }],
    app: true,
  });
});

const at = (agentId: string) => oldCaller(`${harness.url}/a2a/${agentId}`);

it('discovery: a client fetches the Agent Card from the well-known URL', async () => {
  const card = await (await fetch(`${harness.url}/.well-known/agent.json`)).json();
  expect(card).toMatchObject({
    name: 'ticker',
    url: harness.url,
    capabilities: { streaming: true },
    skills: [{ id: 'ticker' }],
    authentication: { schemes: [] },
  });
  // The endpoint that the card names takes tasks.
  const { url } = card as { url: string };
  const send = { id: randomUUID(), message: oldMessage('1 every 1ms') };
  expect((await oldCaller(url).rpc('tasks/send', send)).result).toMatchObject({
    status: { state: 'completed' },
  });
});

it('initiation and processing without streaming: tasks/send returns the final Task', async () => {
  const id = randomUUID();
  const { result } = await at('echo').rpc('tasks/send', { id, message: oldMessage('hello') });
  expect(result).toMatchObject({
    id,
    status: { state: 'completed' },
    artifacts: [{ parts: [{ type: 'text', text: 'hello' }] }],
  });
});

it('processing with streaming: SSE events as the agent works', async () => {
  const id = randomUUID();
  const events = await at('ticker').events('tasks/sendSubscribe', { id, message: oldMessage('3 every 5ms') });
  expect(events.every((event) => event.id === id && ('status' in event || 'artifact' in event))).toBe(true);
  expect(events.at(0)).toMatchObject({ status: { state: 'submitted' }, final: false });
  expect(events.at(-1)).toMatchObject({ status: { state: 'completed' }, final: true });
  expect(events.some(({ artifact }) => artifact !== undefined)).toBe(true);
});

it('interaction: input-required, and further messages with the same task ID', async () => {
  const id = randomUUID();
  const first = await at('interview').rpc('tasks/send', { id, message: oldMessage('hi') });
  expect(first.result.status.state).toBe('input-required');
  const events = await at('interview').events('tasks/sendSubscribe', { id, message: oldMessage('Ada') });
  expect(events.at(-1)).toMatchObject({ id, status: { state: 'completed' }, final: true });
});

it.each([
  ['completed', { complete: {} }],
  ['failed', { fail: 'broken' }],
])('completion: the task reaches %s', async (state, step) => {
  const message = oldMessage([{ type: 'data', data: { steps: [step] } }]);
  const { result } = await at('script').rpc('tasks/send', { id: randomUUID(), message });
  expect(result.status.state).toBe(state);
});

describe('our own client for agents of those days', () => {
  let caller: Caller;
  let url = '';

  beforeAll(async () => {
    caller = await startCaller();
    url = await onlyOld(harness.url);
  });

  it.each(['stream', 'poll'] as const)('calls our own server: %s', async (waiting) => {
    const { task } = await caller.call('4 every 5ms', { url, waiting });
    expect(task?.status.state).toBe('TASK_STATE_COMPLETED');
    const artifactId = task?.artifacts?.[0]?.artifactId;
    // Named as that client names the artifacts of 0.2, which have no IDs.
    expect(artifactId).toMatch(/^[0-9a-f]{32}$/);
    expect(artifactText(task, artifactId)).toBe('tick 1\ntick 2\ntick 3\ntick 4\n');
  });

  it('asks there, and goes on', async () => {
    const asked = await caller.call('hi', { url: `${url}/a2a/interview` });
    expect(asked.task?.status.state).toBe('TASK_STATE_INPUT_REQUIRED');
    const message = {
      messageId: randomUUID(),
      taskId: asked.task?.id ?? '',
      role: 'ROLE_USER' as const,
      parts: [{ text: 'Ada' }],
    };
    const done = await caller.call('', { url: `${url}/a2a/interview`, message });
    expect(done.task?.status.state).toBe('TASK_STATE_COMPLETED');
    expect(done.task?.artifacts?.[0]?.parts).toEqual([{ text: 'Your name is Ada.' }]);
  });
});

/** A way to a server on which nothing newer than 0.2 is to be seen: cards of later years are not there. */
async function onlyOld(target: string): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url?.endsWith('/agent-card.json')) {
      response.writeHead(404).end();
      return;
    }
    const { method, url = '/', headers } = request;
    const forward = httpRequest(target + url, { ...(method && { method }), headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forward.on('error', () => response.destroy());
    request.pipe(forward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUpAfterAll(async () => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
