import { randomUUID } from 'node:crypto';
import { chosenTaskId } from '../../src/bridge/task-id';
import { eventually } from '../support/eventually';
import { type Harness, startHarness } from '../support/harness';
import type { Step } from '../support/workflows';
import { type OldCaller, oldCaller, oldMessage } from './client';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({
    agents: [
      { id: 'echo' },
      { id: 'script' },
      { id: 'ticker' },
      { id: 'interview' },
      { id: 'replier', answers: 'message' },
      { id: 'newer', workflow: { type: 'echo' }, versions: ['1.0'] },
    ],
    app: { authenticate: ({ header }) => header('x-owner') || 'anna' },
  });
});

const caller = (agentId: string, owner = 'anna'): OldCaller =>
  oldCaller(`${harness.url}/a2a/${agentId}`, { 'x-owner': owner });

const steps = (...list: Step[]) => oldMessage([{ type: 'data', data: { steps: list } }]);

const v1 = async (agentId: string, path: string) => {
  const headers = { 'A2A-Version': '1.0', 'x-owner': 'anna' };
  return (await fetch(`${harness.url}/a2a/${agentId}${path}`, { headers })).json() as Promise<unknown>;
};

describe('tasks/send', () => {
  it('makes a task of the name that the client gives it', async () => {
    const id = randomUUID();
    const { result } = await caller('echo').rpc('tasks/send', { id, sessionId: 's1', message: oldMessage() });
    expect(result).toEqual({
      id,
      sessionId: 's1',
      status: { state: 'completed', timestamp: expect.any(String) },
      artifacts: [{ name: 'echo', index: 0, parts: [{ type: 'text', text: 'hi' }] }],
    });
  });

  it('works at the root too, for the default agent', async () => {
    const { result } = await oldCaller(harness.url).rpc('tasks/send', { id: 'r', message: oldMessage() });
    expect(result.status.state).toBe('completed');
  });

  it('gives back as many messages as are asked for', async () => {
    const send = { id: randomUUID(), message: oldMessage(), historyLength: 5 };
    const { result } = await caller('echo').rpc('tasks/send', send);
    expect(result.history).toEqual([oldMessage()]);
  });

  it('takes every kind of part, and gives it back', async () => {
    const parts = [
      { type: 'text', text: '', metadata: { a: 1 } },
      { type: 'data', data: { b: [null] } },
      { type: 'file', file: { bytes: 'aGk=', mimeType: 'text/plain', name: 'hi.txt' } },
      { type: 'file', file: { uri: 'https://example.com/x' } },
    ];
    const send = { id: randomUUID(), message: oldMessage(parts) };
    const { result } = await caller('echo').rpc('tasks/send', send);
    expect(result.artifacts[0].parts).toEqual(parts);
  });

  it('once more is the same task, also while the first is under way', async () => {
    const send = { id: randomUUID(), message: oldMessage('1 every 300ms') };
    const [first, second] = await Promise.all([
      caller('ticker').rpc('tasks/send', send),
      caller('ticker').rpc('tasks/send', send),
    ]);
    const third = await caller('ticker').rpc('tasks/send', send);
    expect(first.result.status.state).toBe('completed');
    expect(second).toEqual(first);
    expect(third).toEqual(first);
  });

  it('with other content to a task that has ended is an error', async () => {
    const id = randomUUID();
    await caller('echo').rpc('tasks/send', { id, message: oldMessage('one') });
    const { error } = await caller('echo').rpc('tasks/send', { id, message: oldMessage('two') });
    expect(error.code).toBe(-32004);
    expect(JSON.stringify(error)).not.toContain(chosenTaskId('echo', 'anna', id));
  });

  it('goes on with a task that asks, also by the same answer twice', async () => {
    const id = randomUUID();
    const send = (text: string) => caller('interview').rpc('tasks/send', { id, message: oldMessage(text) });
    const first = await send('twice');
    expect(first.result.status).toMatchObject({
      state: 'input-required',
      message: { role: 'agent', parts: [{ type: 'text', text: 'What is your name?' }] },
    });
    expect((await send('Ruby')).result.status.message.parts[0].text).toContain('favourite color');
    const done = await send('Ruby');
    expect(done.result.artifacts[0].parts[0].text).toBe('Your name is Ruby. Your favourite color is Ruby.');
    // The last answer may get lost as well.
    expect(await send('Ruby')).toEqual(done);
  });

  it('is a task where the agent answers with a message', async () => {
    const { result } = await caller('replier').rpc('tasks/send', { id: 'm1', message: oldMessage('yes') });
    expect(result).toMatchObject({ id: 'm1', status: { state: 'completed' } });
    expect(JSON.stringify(result)).toContain('You said: yes');
  });

  it('names what is wrong as the client spells it', async () => {
    const wrong = { id: '', sessionId: 7, message: { role: 'agent', parts: [{ type: 'txt' }] } };
    const { error } = await caller('echo').rpc('tasks/send', wrong);
    expect(error.code).toBe(-32602);
    const fields = error.data[0].fieldViolations.map(({ field }: { field: string }) => field);
    expect(fields).toEqual(['id', 'sessionId', 'message.role', 'message.parts[0]']);
  });

  it('is told from a method that 0.2 has not', async () => {
    const headers = { 'A2A-Version': '0.2' };
    const { error } = await caller('echo').rpc('tasks/all', {}, headers);
    expect(error).toMatchObject({ code: -32601, message: 'Method not found: "tasks/all"' });
    const { error: newer } = await caller('echo').rpc('GetTask', {}, headers);
    expect(newer.message).toBe('Method not found: "GetTask", which is one of A2A 1.0 and not of 0.2');
  });

  it('is no method of an agent that speaks only newer versions', async () => {
    const { error } = await caller('newer').rpc('tasks/send', { id: 'x', message: oldMessage() });
    expect(error).toMatchObject({ code: -32009, message: expect.stringContaining('0.2') });
  });

  it('makes a task that newer clients see', async () => {
    await caller('echo').rpc('tasks/send', { id: 'seen', message: oldMessage() });
    const id = chosenTaskId('echo', 'anna', 'seen');
    expect(await v1('echo', `/tasks/${id}`)).toMatchObject({ id, status: { state: 'TASK_STATE_COMPLETED' } });
    expect(await harness.bridge.dialectOf(id, harness.call('echo'))).toBe('0.2');
  });
});

describe('tasks of others', () => {
  it('may have the same name, and do not exist for anyone else', async () => {
    const id = randomUUID();
    const anna = await caller('echo').rpc('tasks/send', { id, message: oldMessage('by anna') });
    const bob = caller('echo', 'bob');
    for (const method of ['tasks/get', 'tasks/cancel', 'tasks/resubscribe']) {
      expect((await bob.rpc(method, { id })).error).toMatchObject({
        code: -32001,
        message: expect.stringContaining(id),
      });
    }
    await bob.rpc('tasks/send', { id, message: oldMessage('by bob') });
    expect((await bob.rpc('tasks/get', { id })).result.artifacts[0].parts[0].text).toBe('by bob');
    expect((await caller('echo').rpc('tasks/get', { id })).result).toEqual(anna.result);
  });
});

describe('tasks/get and tasks/cancel', () => {
  it('find the task by its name, whatever version the caller says it speaks', async () => {
    const id = randomUUID();
    await caller('echo').rpc('tasks/send', { id, message: oldMessage() });
    for (const headers of [
      {},
      { 'A2A-Version': '0.2' },
      { 'A2A-Version': '0.2.5' },
      { 'A2A-Version': '0.3' },
    ]) {
      const { result } = await caller('echo').rpc('tasks/get', { id, historyLength: 1 }, headers);
      expect(result).toMatchObject({ id, status: { state: 'completed' }, history: [oldMessage()] });
      expect(result).not.toHaveProperty('kind');
    }
  });

  it('give a task of 0.3 as 0.3 has it', async () => {
    const message = {
      kind: 'message',
      messageId: randomUUID(),
      role: 'user',
      parts: [{ kind: 'text', text: 'hi' }],
    };
    const { result } = await caller('echo').rpc('message/send', { message });
    expect((await caller('echo').rpc('tasks/get', { id: result.id })).result).toMatchObject({ kind: 'task' });
    const old = await caller('echo').rpc('tasks/get', { id: result.id }, { 'A2A-Version': '0.2' });
    expect(old.result).toMatchObject({ id: result.id, sessionId: result.contextId });
    expect(old.result).not.toHaveProperty('kind');
  });

  it('cancel what runs, once', async () => {
    const id = randomUUID();
    const sent = caller('script').rpc('tasks/send', {
      id,
      message: steps({ working: 'on it' }, { forever: true }),
    });
    await eventually(async () => {
      const { result } = await caller('script').rpc('tasks/get', { id });
      return result?.status.state === 'working';
    });
    const { result } = await caller('script').rpc('tasks/cancel', { id });
    expect(result).toMatchObject({ id, status: { state: 'canceled' } });
    expect((await sent).result.status.state).toBe('canceled');
    const { error } = await caller('script').rpc('tasks/cancel', { id });
    expect(error).toMatchObject({ code: -32002, message: expect.stringContaining(id) });
    expect(JSON.stringify(error)).not.toContain(chosenTaskId('script', 'anna', id));
  });

  it('have words for the states that came later', async () => {
    const send = (...list: Step[]) =>
      caller('script').rpc('tasks/send', { id: randomUUID(), message: steps(...list) });
    expect((await send({ reject: 'never' })).result.status.state).toBe('failed');
    expect((await send({ fail: 'broken' })).result.status.state).toBe('failed');
    expect((await send({ ask: 'key?', state: 'TASK_STATE_AUTH_REQUIRED' })).result.status.state).toBe(
      'input-required',
    );
  });
});

describe('tasks/sendSubscribe and tasks/resubscribe', () => {
  const inShort = ({
    status,
    final,
    artifact,
  }: Record<string, never> & {
    status: { state: string; message?: { parts: { text: string }[] } };
    final: boolean;
    artifact: { index: number; append?: boolean; lastChunk?: boolean; parts: { text: string }[] };
  }) =>
    status
      ? `${status.state}${status.message ? ` "${status.message.parts[0]?.text}"` : ''}${final ? ' final' : ''}`
      : `${artifact.index}${artifact.append ? '+' : ''}"${artifact.parts[0]?.text}"${artifact.lastChunk ? ' last' : ''}`;

  it('tell what happens, in the events of the time', async () => {
    const id = randomUUID();
    const message = steps(
      { working: 'one' },
      { artifact: { artifactId: 'a', text: 'x' } },
      { chunks: { artifactId: 'b', texts: ['y', 'z'] } },
      { complete: { message: 'done' } },
    );
    const events = await caller('script').events('tasks/sendSubscribe', { id, message });
    expect(events.every((event) => event.id === id)).toBe(true);
    expect(events.map(inShort)).toEqual([
      'submitted',
      'working "one"',
      '0"x" last',
      '1"y"',
      '1+"z" last',
      'completed "done" final',
    ]);
    // Who comes when it is over learns how it ended.
    expect((await caller('script').events('tasks/resubscribe', { id })).map(inShort)).toEqual([
      '0"x"',
      '1"yz"',
      'completed "done" final',
    ]);
  });

  it('end with a question, and begin with the answer', async () => {
    const id = randomUUID();
    const send = (text: string) =>
      caller('interview').events('tasks/sendSubscribe', { id, message: oldMessage(text) });
    expect((await send('hi')).map(inShort).at(-1)).toBe('input-required "What is your name?" final');
    const rest = (await send('Ada')).map(inShort);
    expect(rest.filter((event) => event.endsWith('final'))).toEqual(['completed final']);
    expect(rest).toContain('0"Your name is Ada." last');
  });

  it('join a task that runs', async () => {
    const id = randomUUID();
    const client = caller('ticker');
    const first = client.events('tasks/sendSubscribe', { id, message: oldMessage('10 every 50ms') });
    await eventually(async () => (await client.rpc('tasks/get', { id })).result?.artifacts !== undefined);
    const joined = await client.events('tasks/resubscribe', { id });
    expect(inShort(joined.at(-1))).toBe('completed final');
    const text = joined.flatMap((event) => event.artifact?.parts ?? []).map((part) => part.text);
    expect(text.join('')).toBe(Array.from({ length: 10 }, (_, index) => `tick ${index + 1}\n`).join(''));
    expect(inShort((await first).at(-1))).toBe('completed final');
  });

  it('tell of a task where the agent answers with a message', async () => {
    const send = { id: randomUUID(), message: oldMessage('yes') };
    const events = await caller('replier').events('tasks/sendSubscribe', send);
    expect(events.at(-1)).toMatchObject({ id: send.id, final: true, status: { state: 'completed' } });
    expect(JSON.stringify(events)).toContain('You said: yes');
  });

  it('are refused where nothing is', async () => {
    expect((await caller('echo').rpc('tasks/resubscribe', { id: 'nothing' })).error.code).toBe(-32001);
  });
});
