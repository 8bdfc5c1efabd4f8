import { A2AClient, A2AClientError, callAgent, type Task } from '../../src/client';
import { type Harness, startHarness } from '../support/harness';
import { closePlainServers, type PlainServer, startPlainServer } from './plain-server';

const say = (text: string, more: object = {}) => ({
  role: 'user' as const,
  parts: [{ type: 'text' as const, text }],
  ...more,
});

const collect = async (stream: AsyncIterable<Task>): Promise<Task[]> => {
  const tasks: Task[] = [];
  for await (const task of stream) tasks.push(task);
  return tasks;
};

const answer = (task: Task | undefined) => task?.status.message?.parts[0];

describe('agents of this bridge', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness({
      agents: [
        { id: 'echo' },
        { id: 'earlier', workflow: { type: 'interview' }, versions: ['0.3'] },
        { id: 'interview' },
        { id: 'ticker' },
        { id: 'script' },
        { id: 'replier', answers: 'message' },
      ],
      app: {
        authenticate: ({ header }) => {
          const token = header('authorization').replace('Bearer ', '');
          return token === '' ? 'anonymous' : token;
        },
      },
    });
  });

  const at = (agentId: string) => `${harness.url}/a2a/${agentId}`;

  it.each(['', '/', '/a2a', '/_agent-native/a2a', '/a2a/echo', '/a2a/echo/'])(
    'answer a text with a text: at %j',
    async (path) => {
      expect(await callAgent(`${harness.url}${path}`, 'hello')).toBe('hello');
    },
  );

  it('have a card', async () => {
    expect(await new A2AClient(at('interview')).getAgentCard()).toMatchObject({ name: 'interview' });
  });

  it.each(['interview', 'earlier'])('ask, and go on, also where only 0.3 is spoken: %s', async (agentId) => {
    const client = new A2AClient(at(agentId));
    const task = await client.send(say('hi'));
    expect(task.status.state).toBe('input-required');
    expect(answer(task)).toMatchObject({ type: 'text', text: 'What is your name?' });
    const done = await client.send(say('Ada', { taskId: task.id, contextId: task.contextId }));
    expect(done.status.state).toBe('completed');
    expect(answer(done)).toMatchObject({ type: 'text', text: 'Your name is Ada.' });
    expect(await client.get(task.id)).toEqual(done);
  });

  it('do not answer with a question', async () => {
    const failure = await callAgent(at('interview'), 'hi').catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: 'A2AClientError',
      message: expect.stringContaining('input-required: What is your name?'),
      task: { status: { state: 'input-required' } },
    });
  });

  it('tell what they do, each change as the task', async () => {
    const tasks = await collect(new A2AClient(at('ticker')).stream(say('3 every 10ms')));
    expect(tasks.map(({ status }) => status.state)).toEqual(expect.arrayContaining(['submitted', 'working']));
    expect(tasks.at(-1)?.status.state).toBe('completed');
    expect(answer(tasks.at(-1))).toMatchObject({ type: 'text', text: 'tick 1\ntick 2\ntick 3\n' });
  });

  it('answer with a message', async () => {
    expect(await callAgent(at('replier'), 'yes')).toBe('You said: yes');
    const tasks = await collect(new A2AClient(at('replier')).stream(say('yes')));
    expect(tasks.map(({ status }) => status.state)).toEqual(['completed']);
  });

  it('are cancelled', async () => {
    const client = new A2AClient(at('script'));
    const data = { steps: [{ working: 'on it' }, { forever: true }] };
    const stream = client.stream({ role: 'user', parts: [{ type: 'data', data }] });
    const first = (await stream.next()).value as Task;
    expect((await client.cancel(first.id)).status.state).toBe('canceled');
    await stream.return(undefined);
    await expect(client.cancel(first.id)).rejects.toThrow(A2AClientError);
  });

  it('know their callers by the key', async () => {
    const task = await new A2AClient(at('echo'), 'key-of-anna').send(say('hi'));
    expect((await new A2AClient(at('echo'), 'key-of-anna').get(task.id)).id).toBe(task.id);
    await expect(new A2AClient(at('echo'), 'key-of-bob').get(task.id)).rejects.toThrow('not found');
  });

  it('are not waited for when the caller has gone', async () => {
    const gone = new Error('gone');
    const options = { signal: AbortSignal.abort(gone) };
    const client = new A2AClient(`${harness.url}/a2a/echo`);
    await client.send(say('hi'));
    await expect(client.send(say('hi'), options)).rejects.toBe(gone);
    await expect(collect(client.stream(say('hi'), options))).rejects.toBe(gone);
  });

  it('are not waited for longer than the caller wants', async () => {
    const failure = await callAgent(at('ticker'), '100 every 100ms', { timeoutMs: 500 }).catch(
      (error) => error,
    );
    expect(failure).toMatchObject({
      name: 'A2AClientError',
      message: expect.stringContaining('within 500 ms'),
    });
    const reason = new Error('no longer needed');
    await expect(
      callAgent(at('ticker'), '100 every 100ms', { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
  });
});

describe('servers of agent-native', () => {
  let server: PlainServer;

  const task = (state: string, text?: string) => ({
    id: 't1',
    contextId: 'c1',
    status: {
      state,
      timestamp: '2026-06-05T00:00:00Z',
      ...(text !== undefined && { message: { role: 'agent', parts: [{ type: 'text', text }] } }),
    },
  });

  beforeEach(async () => {
    server = await startPlainServer();
    server.card = { name: 'Analytics Agent', url: server.url, protocolVersion: '0.3' };
  });

  afterEach(closePlainServers);

  it('get what they read, and the key', async () => {
    server.answers['message/send'] = task('completed', '1,247 signups');
    expect(await callAgent(server.url, 'Signups?', { apiKey: 'secret' })).toBe('1,247 signups');
    expect(server.calls).toEqual([
      {
        path: '/_agent-native/a2a',
        authorization: 'Bearer secret',
        method: 'message/send',
        params: {
          message: {
            kind: 'message',
            messageId: expect.any(String),
            role: 'user',
            parts: [{ kind: 'text', type: 'text', text: 'Signups?' }],
          },
        },
      },
    ]);
  });

  it.each([
    ['/a2a', undefined],
    ['/a2a', { name: 'no url' }],
    ['/here', { name: 'elsewhere', url: '/here' }],
    ['/apps/a2a', { name: 'its own', url: '/apps/a2a' }],
  ])('are found at %s', async (path, card) => {
    server.paths = [path];
    server.card = card;
    server.answers['message/send'] = task('completed', 'found');
    const client = new A2AClient(server.url);
    await client.send(say('one'));
    await client.send(say('two'));
    expect(server.calls.map((call) => call.path)).toEqual([path, path]);
  });

  it('are polled until they have an answer', async () => {
    server.answers['message/send'] = task('submitted');
    server.answers['tasks/get'] = task('completed', 'at last');
    expect(await callAgent(server.url, 'hi')).toBe('at last');
    expect(server.calls.map(({ method }) => method)).toEqual(['message/send', 'tasks/get']);
  });

  it('stream tasks', async () => {
    server.answers['message/stream'] = [
      task('working', 'a'),
      task('working', 'ab'),
      task('completed', 'abc'),
    ];
    const tasks = await collect(new A2AClient(server.url).stream(say('hi')));
    expect(tasks.map((each) => [each.status.state, answer(each)])).toEqual([
      ['working', { type: 'text', kind: 'text', text: 'a' }],
      ['working', { type: 'text', kind: 'text', text: 'ab' }],
      ['completed', { type: 'text', kind: 'text', text: 'abc' }],
    ]);
  });

  it('answer in artifacts, too', async () => {
    const artifacts = [{ name: 'report', parts: [{ type: 'text', text: 'all is well' }] }];
    server.answers['message/send'] = { ...task('completed'), artifacts };
    expect(await callAgent(server.url, 'hi')).toBe('all is well');
  });

  it.each([401, 500])('fail with status %i, and are asked once', async (status) => {
    server.status = status;
    const failure = await callAgent(server.url, 'hi').catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'A2AClientError', status, message: expect.stringContaining('no') });
    expect(server.calls).toHaveLength(1);
  });

  it('fail with an error of their own', async () => {
    const failure = await callAgent(server.url, 'hi').catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'A2AClientError', code: -32601 });
    await expect(collect(new A2AClient(server.url).stream(say('hi')))).rejects.toMatchObject({
      code: -32601,
    });
  });

  it.each(['text/event-stream', 'application/json'])(
    'fail when their answer breaks off (%s)',
    async (type) => {
      server.broken = type;
      const client = new A2AClient(server.url);
      const broken = { name: 'A2AClientError', message: expect.stringContaining(server.url) };
      await expect(collect(client.stream(say('hi')))).rejects.toMatchObject(broken);
      await expect(client.send(say('hi'))).rejects.toMatchObject(broken);
    },
  );

  it('fail where nothing is', async () => {
    server.paths = [];
    server.card = undefined;
    await expect(callAgent(server.url, 'hi')).rejects.toMatchObject({ name: 'A2AClientError', status: 404 });
    await expect(new A2AClient(server.url).getAgentCard()).rejects.toThrow('has no agent card');
    expect(() => new A2AClient('analytics.example.com')).toThrow('url: must be an http or https URL');
  });
});

it.each([{ preferredTransport: 'JSONRPC', protocolVersion: '0.3.0' }, { url: 'http://agents.example/a2a' }])(
  'sends no key in the clear to what a card names that came over https: %j',
  async (declared) => {
    const called: string[] = [];
    const answers = async (input: string | URL | Request) => {
      const url = String(input instanceof Request ? input.url : input);
      called.push(url);
      const lists = { skills: [], defaultInputModes: [], defaultOutputModes: [] };
      const card = {
        name: 'x',
        description: 'x',
        version: '1',
        url: 'http://agents.example/rpc',
        capabilities: {},
        ...lists,
        ...declared,
      };
      return url.endsWith('agent-card.json') ? Response.json(card) : new Response('', { status: 404 });
    };
    const options = { apiKey: 'secret', fetch: answers as typeof fetch };
    await expect(callAgent('https://agents.example', 'hi', options)).rejects.toThrow(/is not encrypted/);
    expect(called.filter((url) => url.startsWith('http:'))).toEqual([]);
  },
);

it('fails with an error of its own when a card lacks what it needs', async () => {
  const card = { name: 'x', url: 'http://agents.example/rpc', preferredTransport: 'JSONRPC' };
  const answers = async () => Response.json(card);
  const call = callAgent('http://agents.example', 'hi', { fetch: answers as typeof fetch });
  await expect(call).rejects.toBeInstanceOf(A2AClientError);
});
