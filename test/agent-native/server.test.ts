import { randomUUID } from 'node:crypto';
import { type Harness, startHarness } from '../support/harness';
import { type OldCaller, oldCaller, oldMessage } from '../v0-2/client';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({
    agents: [{ id: 'echo' }, { id: 'script' }, { id: 'interview' }, { id: 'replier', answers: 'message' }],
    app: true,
  });
});

/** The client of agent-native calls the same way as those of 0.2 do, at another path. */
const caller = (path = '/_agent-native/a2a', headers = {}): OldCaller =>
  oldCaller(`${harness.url}${path}`, headers);
const at = (agentId: string) => caller(`/a2a/${agentId}/_agent-native/a2a`);
const answer = (text: string) => [{ kind: 'text', type: 'text', text }];

describe.each(['/_agent-native/a2a', '/a2a', '/a2a/', '/a2a/echo/_agent-native/a2a'])('POST %s', (path) => {
  it('takes a message without an ID, and answers in the message of the status', async () => {
    const { result } = await caller(path).rpc('message/send', { message: oldMessage('hello') });
    expect(result).toMatchObject({
      kind: 'task',
      status: { state: 'completed', message: { role: 'agent', parts: answer('hello') } },
      artifacts: [{ parts: answer('hello') }],
    });
    const { id } = result;
    expect((await caller(path).rpc('tasks/get', { id })).result).toEqual(result);
    expect((await caller(path).rpc('tasks/cancel', { id })).error.code).toBe(-32002);
  });

  it('tells each update by a status', async () => {
    const updates = await caller(path).events('message/stream', { message: oldMessage('hello') });
    expect(updates.every(({ status }) => typeof status.state === 'string')).toBe(true);
    expect(updates.at(-1)).toMatchObject({
      status: { state: 'completed', message: { parts: answer('hello') } },
    });
  });
});

describe('POST /_agent-native/a2a', () => {
  it('answers every send anew, save for one with the same key', async () => {
    const send = async (more: object = {}) =>
      (await caller().rpc('message/send', { message: oldMessage(), ...more })).result.id;
    expect(await send()).not.toBe(await send());
    expect(await send({ idempotencyKey: 'k' })).toBe(await send({ idempotencyKey: 'k' }));
    expect(await send({ contextId: 'c1' })).not.toBe(await send({ contextId: 'c1' }));
  });

  it('keeps the context that the client names', async () => {
    const { result } = await caller().rpc('message/send', { message: oldMessage(), contextId: 'c1' });
    expect(result.contextId).toBe('c1');
  });

  it('does not wait for what is sent to be polled', async () => {
    const { result } = await at('interview').rpc('message/send', { message: oldMessage(), async: true });
    expect(result.status.state).toBe('submitted');
  });

  it('asks, and goes on in the same task', async () => {
    const { result } = await at('interview').rpc('message/send', { message: oldMessage() });
    expect(result.status).toMatchObject({
      state: 'input-required',
      message: { parts: answer('What is your name?') },
    });
    const message = { ...oldMessage('Ada'), taskId: result.id };
    const done = await at('interview').rpc('message/send', { message });
    expect(done.result).toMatchObject({
      id: result.id,
      status: { message: { parts: answer('Your name is Ada.') } },
    });
  });

  it('shows the text of artifacts while they grow', async () => {
    const steps = [
      { working: 'thinking' },
      { working: null },
      { chunks: { artifactId: 'a', texts: ['one ', 'two'] } },
      { artifact: { artifactId: 'b', text: ' three' } },
    ];
    const message = oldMessage([{ type: 'data', data: { steps } }]);
    const updates = await at('script').events('message/stream', { message });
    const told = updates.map(({ status }) => [status.state, status.message?.parts[0].text]);
    expect(told).toEqual([
      ['submitted', undefined],
      ['working', 'thinking'],
      ['working', undefined],
      ['working', 'one '],
      ['working', 'one two'],
      ['working', 'one two three'],
      ['completed', 'one two three'],
    ]);
  });

  it.each(['message/send', 'message/stream'])(
    'has a task where the agent answers with a message: %s',
    async (method) => {
      const params = { message: oldMessage('yes') };
      const result =
        method === 'message/send'
          ? (await at('replier').rpc(method, params)).result
          : (await at('replier').events(method, params)).at(-1);
      expect(result).toMatchObject({
        id: expect.any(String),
        status: { state: 'completed', message: { parts: answer('You said: yes') } },
      });
    },
  );

  it('puts data into words where there are none', async () => {
    const { result } = await caller().rpc('message/send', {
      message: oldMessage([{ type: 'data', data: { total: 3 } }]),
    });
    expect(result.status.message.parts).toEqual([
      ...answer('{"total":3}'),
      { kind: 'data', type: 'data', data: { total: 3 } },
    ]);
  });

  it('serves other versions to whoever names one', async () => {
    const message = { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text: 'hi' }] };
    const { result } = await caller('/_agent-native/a2a', { 'A2A-Version': '1.0' }).rpc('SendMessage', {
      message,
    });
    expect(result.task.status).toEqual({ state: 'TASK_STATE_COMPLETED', timestamp: expect.any(String) });
  });
});

it('leaves clients of 0.3 at POST /a2a what is theirs', async () => {
  const parts = [{ kind: 'text', text: 'hi' }];
  const message = { kind: 'message', messageId: randomUUID(), role: 'user', parts };
  const events = await caller('/a2a').events('message/stream', { message });
  expect(events.map(({ kind }) => kind)).toContain('artifact-update');
  expect(JSON.stringify(events)).not.toContain('"type"');
});
