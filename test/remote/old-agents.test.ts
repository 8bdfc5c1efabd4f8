import type { Message } from '../../src/a2a/types';
import { artifactText, type Caller, type CallInit, failureOf, relayed, startCaller } from './calls';
import { type RawAgent, type RpcRequest, startRawAgent } from './raw-agent';

/** A `tasks/send` task, whose ID the client has chosen. */
const oldTask = (id: string | undefined, state: string, text?: string) => ({
  id,
  sessionId: 's1',
  status: {
    state,
    ...(text !== undefined && { message: { role: 'agent', parts: [{ type: 'text', text }] } }),
  },
  artifacts: [{ name: 'said', index: 0, parts: [{ type: 'text', text: 'abc' }] }],
});

let agent: RawAgent;
let caller: Caller;

beforeAll(async () => {
  caller = await startCaller({ limits: { requestMs: 2_000, sendMs: 5_000 } });
});

beforeEach(async () => {
  agent = await startRawAgent();
  agent.card = {};
});

/** Serves the card of its days at the path of its days. */
function isOld(more: object): void {
  const card = { name: 'Old', url: `${agent.url}/`, capabilities: { streaming: true }, ...more };
  agent.serve = (request, response) => {
    if (request.method !== 'GET') return false;
    const found = request.url === '/.well-known/agent.json';
    response.writeHead(found ? 200 : 404).end(JSON.stringify(found ? card : {}));
    return true;
  };
}

const call = async (more: Partial<CallInit> = {}) => {
  const handle = await caller.start('hi', { url: agent.url, maximumAttempts: 1, ...more });
  const { answer } = (await handle.result()) as { answer: Awaited<ReturnType<Caller['call']>> };
  return { answer, relayed: await relayed(handle) };
};

const methods = () => agent.requests.map(({ method }) => method);
const idOf = ({ params }: RpcRequest) => params.id;

describe('An agent from before message/send', () => {
  beforeEach(() => isOld({ authentication: { schemes: [] } }));

  it('streams', async () => {
    agent.answer = (request, reply) => {
      const id = idOf(request);
      const chunk = (text: string, append: boolean) =>
        reply.event({ id, artifact: { name: 'said', index: 0, append, parts: [{ type: 'text', text }] } });
      reply.event({
        id,
        status: { state: 'working', message: { role: 'agent', parts: [{ type: 'text', text: 'on it' }] } },
      });
      chunk('ab', false);
      chunk('c', true);
      reply.event({ id, status: { state: 'completed' }, final: true });
      reply.end();
    };
    agent.answer = bothWays(agent.answer, (request) => oldTask(idOf(request), 'completed'));
    const done = await call();
    expect(done.answer.task?.status.state).toBe('TASK_STATE_COMPLETED');
    expect(artifactText(done.answer.task, done.answer.task?.artifacts?.[0]?.artifactId)).toBe('abc');
    expect(done.relayed.map((update) => update.replace(/^\w{32}/, 'said'))).toEqual([
      'working "on it"',
      'said"ab"',
      'said+"c"',
    ]);
    expect(methods()).toEqual(['tasks/sendSubscribe', 'tasks/get']);
  });

  it('is polled', async () => {
    agent.answer = (request, reply) =>
      reply.result(oldTask(idOf(request), request.method === 'tasks/send' ? 'working' : 'completed'));
    const { answer } = await call({ waiting: 'poll' });
    expect(answer.task).toMatchObject({ contextId: 's1', status: { state: 'TASK_STATE_COMPLETED' } });
    expect(methods()).toEqual(['tasks/send', 'tasks/get']);
  });

  it('gets every kind of part, and gives them', async () => {
    agent.answer = (request, reply) => {
      const { parts } = request.params.message as unknown as { parts: unknown[] };
      reply.result({ ...oldTask(idOf(request), 'completed'), artifacts: [{ parts }] });
    };
    const message: Message = {
      messageId: 'm1',
      role: 'ROLE_USER',
      parts: [
        { text: 'hi' },
        { data: { a: 1 } },
        { raw: 'aGk=', filename: 'hi.txt', mediaType: 'text/plain' },
        { url: 'https://example.com/x' },
      ],
    };
    const { answer } = await call({ message, waiting: 'poll' });
    expect(answer.task?.artifacts?.[0]?.parts).toEqual(message.parts);
    expect(agent.requests[0]?.params).toMatchObject({ id: 'm1', message: { role: 'user' } });
  });

  it('asks, and goes on with the answer', async () => {
    agent.answer = (request, reply) => reply.result(oldTask(idOf(request), 'input-required', 'name?'));
    const { answer } = await call({ waiting: 'poll' });
    expect(answer.task?.status.message?.parts).toEqual([{ text: 'name?' }]);
    agent.answer = (request, reply) =>
      reply.result(
        oldTask(idOf(request), request.method === 'tasks/send' ? 'completed' : 'input-required', 'name?'),
      );
    const message: Message = {
      messageId: 'm2',
      taskId: answer.task?.id ?? '',
      contextId: 's1',
      role: 'ROLE_USER',
      parts: [{ text: 'Ada' }],
    };
    expect((await call({ message, waiting: 'poll' })).answer.task?.status.state).toBe('TASK_STATE_COMPLETED');
    expect(agent.requests.at(-1)?.params).toMatchObject({ id: answer.task?.id, sessionId: 's1' });
  });

  it.each([
    [-32001, 'A2A_REMOTE_ERROR'],
    [-32602, 'A2A_REMOTE_ERROR'],
    [-32603, 'A2A_REMOTE_UNAVAILABLE'],
  ])('fails with %i', async (code, type) => {
    agent.answer = (_, reply) => reply.error(code, 'no');
    expect(await failureOf(await caller.start('hi', { url: agent.url, maximumAttempts: 1 }))).toMatchObject({
      type,
    });
  });
});

describe('An agent whose card does not tell how old it is', () => {
  beforeEach(() => isOld({}));

  it.each([-32601, -32600])('is asked the newer way, and after %i the older', async (code) => {
    agent.answer = (request, reply) => {
      if (request.method.startsWith('message/')) reply.error(code, 'what?');
      else reply.result(oldTask(idOf(request), request.method === 'tasks/send' ? 'working' : 'completed'));
    };
    const { answer } = await call({ waiting: 'poll' });
    expect(answer.task?.status.state).toBe('TASK_STATE_COMPLETED');
    expect(methods()).toEqual(['message/send', 'tasks/send', 'tasks/get']);
  });

  it('is asked the newer way only, when that is what it knows', async () => {
    agent.answer = (request, reply) => {
      const id = request.method === 'tasks/get' ? idOf(request) : 'theirs';
      const state = request.method === 'tasks/get' ? 'completed' : 'working';
      const message = {
        kind: 'message',
        messageId: 'm',
        role: 'agent',
        parts: [{ kind: 'text', text: 'a' }],
      };
      reply.result({ kind: 'task', id, contextId: 'c', status: { state, message } });
    };
    expect((await call({ waiting: 'poll' })).answer.task?.id).toBe('theirs');
    expect(methods()).toEqual(['message/send', 'tasks/get']);
  });

  it('is not asked the older way after any other error', async () => {
    agent.answer = (_, reply) => reply.error(-32602, 'bad parts');
    expect((await failureOf(await caller.start('hi', { url: agent.url }))).message).toContain('bad parts');
    expect(methods()).toEqual(['message/stream']);
  });
});

/** `stream` for streams, and the task for everything else. */
function bothWays(stream: RawAgent['answer'], task: (request: RpcRequest) => object): RawAgent['answer'] {
  return (request, reply) => {
    if (request.method === 'tasks/sendSubscribe') stream(request, reply);
    else reply.result(task(request));
  };
}
