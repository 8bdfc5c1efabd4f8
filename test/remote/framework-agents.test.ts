import type { ServerResponse } from 'node:http';
import type { Message } from '../../src/a2a/types';
import { artifactText, type Caller, type CallInit, relayed, startCaller } from './calls';
import {
  chunkEvent,
  type RawAgent,
  rawCard,
  said,
  startRawAgent,
  status,
  statusEvent,
  task,
} from './raw-agent';

/** Agents that answer as the servers of frameworks do, each as its source of the version that is named here. */

let agent: RawAgent;
let caller: Caller;

beforeAll(async () => {
  caller = await startCaller({ limits: { sendMs: 5_000, requestMs: 2_000, streamIdleMs: 5_000 } });
});

beforeEach(async () => {
  agent = await startRawAgent();
});

const call = async (more: Partial<CallInit> = {}) => {
  const handle = await caller.start('hi', { url: agent.url, maximumAttempts: 2, ...more });
  const { answer } = (await handle.result()) as { answer: Awaited<ReturnType<Caller['call']>> };
  return { task: answer.task, message: answer.message, relayed: await relayed(handle) };
};

const question = (message: Message | undefined) => message?.parts.map(({ text }) => text).join('|');
const methods = () => agent.requests.map(({ method }) => method);
const cardV03 = (url: string, more: object = {}) => ({
  name: 'Old',
  url,
  protocolVersion: '0.3.0',
  capabilities: { streaming: true },
  ...more,
});

describe('agent-framework-a2a 1.0.0b261022: the answer is a message of the working task', () => {
  it('and is taken from the history', async () => {
    const say = (text: string) => ({
      messageId: `says ${text}`,
      taskId: 't1',
      role: 'ROLE_AGENT',
      parts: [{ text }],
    });
    agent.answer = ({ method, params }, reply) => {
      if (method !== 'SendStreamingMessage') {
        const own = agent.requests[0]?.params.message;
        const history = [own, say('Looking it up.'), say('It is 42.')];
        return reply.result({ ...task('COMPLETED'), history });
      }
      reply.event({ task: { ...task(), history: [params.message] } });
      reply.event(statusEvent('SUBMITTED'));
      reply.event(statusEvent('WORKING'));
      reply.event(statusEvent('WORKING', 'Looking it up.'));
      reply.event(statusEvent('WORKING', 'It is 42.'));
      reply.event(statusEvent('COMPLETED'));
      reply.end();
    };
    const done = await call();
    expect(done.task?.artifacts).toEqual([
      { artifactId: 'answer', parts: [{ text: 'Looking it up.' }, { text: 'It is 42.' }] },
    ]);
    expect(done.relayed).toEqual(['working "Looking it up."', 'working "It is 42."']);
  });
});

describe('agno 3.1.10: Messages in the stream, the Task behind its end, and nothing but the stream', () => {
  const ids = { task_id: 'run', context_id: 'session' };
  const piece = (text: string) => ({
    ...ids,
    kind: 'message',
    message_id: 'm1',
    role: 'agent',
    parts: [{ kind: 'text', text }],
  });
  const update = (state: string, final = false) => ({
    ...ids,
    kind: 'status-update',
    status: { state },
    final,
  });
  const served = (events: object[]) => {
    agent.card = cardV03(`${agent.url}/a2a/agents/a/v1/message:stream`, { preferredTransport: 'JSONRPC' });
    agent.answer = ({ method }, reply) => {
      if (method !== 'message/stream') return reply.status(400, '{"detail":"Invalid A2A request"}');
      for (const event of events) reply.event(event);
      reply.end();
    };
  };

  it('is taken from the Task', async () => {
    const history = [piece('Hello, world!')];
    served([
      update('working'),
      piece('Hello, '),
      piece('world!'),
      update('completed', true),
      { kind: 'task', id: 'run', context_id: 'session', status: { state: 'completed' }, history },
    ]);
    const done = await call();
    expect(artifactText(done.task, 'answer')).toBe('Hello, world!');
    expect(done.task).toMatchObject({ id: 'run', contextId: 'session' });
    expect(done.relayed).toEqual(['working "Hello, "', 'working "world!"']);
  });

  it('or from what was heard, when there is none', async () => {
    served([update('working'), piece('Hello, '), piece('world!'), update('completed', true)]);
    expect((await call()).task?.artifacts).toEqual([
      { artifactId: 'answer', parts: [{ text: 'Hello, world!' }] },
    ]);
  });
});

describe('Gemini CLI a2a-server 0.25.2: asks without a question, behind what it has said', () => {
  const message = (text: string, index: number) => ({
    kind: 'message',
    messageId: `m${index}`,
    taskId: 't1',
    role: 'agent',
    parts: [{ kind: 'text', text }],
  });
  const update = (state: string, said?: object) => ({
    kind: 'status-update',
    taskId: 't1',
    contextId: 'c1',
    status: { state, ...(said !== undefined && { message: said }) },
    final: state === 'input-required',
  });
  const pieces = ['Which', ' file', ' should I\nread?'].map(message);
  const served = (history: object[]) => {
    agent.card = cardV03(`${agent.url}/rpc`);
    agent.answer = ({ method, params }, reply) => {
      const shown = { kind: 'task', id: 't1', contextId: 'c1' };
      if (method === 'tasks/get') {
        // Its SDK gives no history to those who do not ask for it.
        const { historyLength } = params as { historyLength?: number };
        const given = historyLength === undefined ? [] : history;
        return reply.result({ ...shown, status: { state: 'input-required' }, history: given });
      }
      reply.event({ ...shown, status: { state: 'submitted' }, history: [params.message] });
      reply.event(update('working'));
      for (const piece of pieces) reply.event(update('working', piece));
      reply.event(update('input-required'));
      reply.end();
    };
  };

  it('the question is in the history', async () => {
    served([{ kind: 'message', messageId: 'u', role: 'user', parts: [] }, ...pieces]);
    const asked = await call();
    expect(asked.task?.status.state).toBe('TASK_STATE_INPUT_REQUIRED');
    expect(question(asked.task?.status.message)).toBe('Which file should I\nread?');
  });

  it('or was heard', async () => {
    served([]);
    expect(question((await call()).task?.status.message)).toBe('Which file should I\nread?');
  });
});

describe('LangGraph server, langgraph-api 0.16.7', () => {
  const ids = { taskId: 't1', contextId: 'c1' };
  const bare = (kind: string, more: object) => ({ ...ids, kind, ...more });
  const parts = [{ kind: 'text', text: 'abc' }];

  it('wraps the first event and leaves the others bare', async () => {
    agent.answer = ({ params }, reply) => {
      const message = { kind: 'message', ...params.message, ...ids };
      reply.event({ task: { kind: 'task', ...task(), history: [message] } });
      reply.event(bare('status-update', { status: { state: 'TASK_STATE_WORKING' }, final: false }));
      reply.event(
        bare('artifact-update', { artifact: { artifactId: 'said', parts }, append: false, lastChunk: true }),
      );
      reply.event(bare('status-update', { status: { state: 'TASK_STATE_COMPLETED' }, final: true }));
      reply.end();
    };
    const done = await call();
    expect(artifactText(done.task)).toBe('abc');
    expect(done.relayed).toEqual(['said"abc" last']);
    expect(methods()).toEqual(['SendStreamingMessage']);
  });

  it('asks in an artifact', async () => {
    const artifact = {
      artifactId: 'i',
      name: 'Interrupt',
      parts: [{ kind: 'data', data: { value: 'ok?' } }],
    };
    agent.answer = (_, reply) =>
      reply.result({ task: { kind: 'task', ...task('INPUT_REQUIRED'), artifacts: [artifact] } });
    const asked = await call({ waiting: 'poll' });
    expect(asked.task?.status.message?.parts).toEqual([{ data: { value: 'ok?' } }]);
  });

  it('gives a history of the whole context, of which the last turn counts', async () => {
    const turn = (messageId: string, role: string, text: string, taskId = 't1') => ({
      kind: 'message',
      ...{ messageId, role, taskId, contextId: 'c1', parts: [{ kind: 'text', text }] },
    });
    agent.answer = ({ params }, reply) => {
      const own = params.message?.messageId ?? '';
      const history = [
        turn('u0', 'ROLE_USER', 'first', 't0'),
        turn('a0', 'ROLE_AGENT', 'old', 't0'),
        turn(own, 'ROLE_USER', 'hi'),
        ...(agent.requests.length === 1 ? [turn('a1', 'ROLE_AGENT', 'new')] : []),
      ];
      reply.result({ task: { kind: 'task', ...task('COMPLETED'), history } });
    };
    expect(artifactText((await call({ waiting: 'poll' })).task, 'answer')).toBe('new');
    // Nothing was said after our message: what was said before is no answer to it.
    expect((await call({ waiting: 'poll' })).task?.artifacts).toBeUndefined();
  });
});

describe('VoltAgent 2.0.3', () => {
  it('puts a record separator before its JSON, and tells no kinds', async () => {
    const record = (state: string, text?: string) => ({
      ...{ id: 't1', contextId: 'c1', history: [] },
      status: {
        state,
        ...(text !== undefined && {
          message: { kind: 'message', role: 'agent', messageId: 'm', parts: [{ kind: 'text', text }] },
        }),
      },
    });
    agent.serve = (request, response) => {
      if (request.method !== 'GET') return false;
      const { protocolVersion: _, ...card } = cardV03('/rpc');
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(card));
      return true;
    };
    agent.answer = ({ id }, reply) => {
      reply.response.writeHead(200, { 'content-type': 'text/event-stream' });
      const records = [
        record('working'),
        record('working', ''),
        record('working', 'Hel'),
        record('working', 'Hello'),
        record('completed', 'Hello'),
      ];
      for (const result of records) {
        reply.response.write(`data: \u001e${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`);
      }
      reply.end();
    };
    const done = await call({ url: `${agent.url}/.well-known/x/agent-card.json` });
    expect(question(done.task?.status.message)).toBe('Hello');
    expect(done.relayed).toEqual(['working "Hel"', 'working "lo"']);
    expect(methods()).toEqual(['message/stream']);
  });

  it('says with status 400 that something went wrong inside', async () => {
    agent.card = cardV03(`${agent.url}/rpc`);
    agent.answer = ({ id }, reply) => {
      const error = { code: -32603, message: 'oops' };
      if (agent.requests.length === 1) reply.status(400, JSON.stringify({ jsonrpc: '2.0', id, error }));
      else
        reply.result({
          ...task('COMPLETED'),
          status: { state: 'completed' },
          artifacts: said('a').artifacts,
        });
    };
    expect(artifactText((await call({ waiting: 'poll' })).task)).toBe('a');
  });
});

describe('a2akit 0.0.32: HTTP+JSON of 0.3, whose URL includes /v1', () => {
  const served: string[] = [];
  const json = (response: ServerResponse, code: number, body: object) =>
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));

  it('is called there, in JSON with kinds', async () => {
    agent.card = cardV03(`${agent.url}/v1`, { preferredTransport: 'HTTP+JSON' });
    const done = {
      ...{ kind: 'task', id: 't1', contextId: 'c1', status: { state: 'completed' } },
      artifacts: [{ artifactId: 'said', parts: [{ kind: 'data', data: { data: 1 } }] }],
    };
    agent.serve = (request, response, body) => {
      if (request.url?.includes('.well-known')) return false;
      served.push(`${request.method} ${request.url}`);
      if (request.url !== '/v1/message:send') json(response, 404, { detail: 'Not Found' });
      else if (body.includes('"kind":"message"')) json(response, 200, done);
      else json(response, 400, { code: -32600, message: 'Invalid request parameters' });
      return true;
    };
    const { task: answer } = await call({ waiting: 'poll' });
    expect(answer?.artifacts?.[0]?.parts).toEqual([{ data: { data: 1 } }]);
    expect(served).toEqual(['POST /v1/message:send', 'POST /v1/message:send']);
  });
});

describe('Servers on the SDKs, such as google-adk 2.13.0, strands 1.62.0 and fasta2a 2.1.1', () => {
  it('a Task without artifacts in the middle of a stream wipes nothing', async () => {
    agent.answer = ({ method }, reply) => {
      if (method !== 'SendStreamingMessage') return reply.result(task('COMPLETED'));
      reply.event({ task: task() });
      reply.event(chunkEvent('Hello, ', false));
      reply.event({ task: task('WORKING') });
      reply.event(chunkEvent('world!'));
      reply.event(statusEvent('COMPLETED'));
      reply.end();
    };
    const done = await call();
    expect(artifactText(done.task)).toBe('Hello, world!');
    expect(done.relayed).toEqual(['said"Hello, "', 'said+"world!"']);
    expect(methods()).toEqual(['SendStreamingMessage', 'GetTask']);
  });

  it('zero parts are zero parts', async () => {
    agent.answer = (_, reply) => {
      reply.event({ task: task() });
      reply.event({
        statusUpdate: { taskId: 't1', contextId: 'c1', status: { ...status('WORKING'), message: {} } },
      });
      reply.event(chunkEvent('abc', false));
      const closing = { artifact: { artifactId: 'said', parts: [] }, append: true, lastChunk: true };
      reply.event({ artifactUpdate: { taskId: 't1', contextId: 'c1', ...closing } });
      reply.event(statusEvent('COMPLETED'));
      reply.end();
    };
    const done = await call();
    expect(artifactText(done.task)).toBe('abc');
    expect(done.relayed).toEqual(['said"abc"']);
  });

  it('a piece of an artifact that was never begun begins it', async () => {
    agent.answer = (_, reply) => {
      reply.event({ task: task() });
      reply.event(chunkEvent('abc'));
      reply.event(statusEvent('COMPLETED'));
      reply.end();
    };
    expect(artifactText((await call()).task)).toBe('abc');
  });
});

describe('Anything newer', () => {
  it('an event and a state that are not known', async () => {
    agent.answer = (_, reply) => {
      reply.event({ task: task() });
      reply.event({ telemetryUpdate: { taskId: 't1', tokens: 5 } });
      reply.event(statusEvent('PAUSED', 'a moment'));
      reply.event(chunkEvent('abc', false));
      reply.event(statusEvent('COMPLETED'));
      reply.end();
    };
    const done = await call();
    expect(artifactText(done.task)).toBe('abc');
    expect(done.relayed).toEqual(['working "a moment"', 'said"abc"']);
  });

  it('a state that is not known, in a look', async () => {
    let looks = 0;
    agent.answer = ({ method }, reply) => {
      if (method === 'SendMessage') return reply.result({ task: task('PAUSED') });
      looks += 1;
      reply.result(looks < 3 ? task('PAUSED') : task('COMPLETED', said('a')));
    };
    expect(artifactText((await call({ waiting: 'poll' })).task)).toBe('a');
  });

  it('an event that cannot be read is made up for by a look', async () => {
    agent.answer = ({ method }, reply) => {
      if (method === 'GetTask') return reply.result(task('COMPLETED', said('a', 'b')));
      reply.event({ task: task() });
      reply.event(chunkEvent('a', false));
      reply.event({ artifactUpdate: { taskId: 't1', contextId: 'c1', artifact: { parts: 5 } } });
      reply.event(statusEvent('COMPLETED'));
      reply.end();
    };
    expect(artifactText((await call()).task)).toBe('ab');
  });
});

it('an answer that is a Message which names a task is that Message', async () => {
  agent.answer = (_, reply) => {
    reply.event({
      message: { messageId: 'm', taskId: 'made up', role: 'ROLE_AGENT', parts: [{ text: 'hello' }] },
    });
    reply.end();
  };
  expect((await call()).message?.parts).toEqual([{ text: 'hello' }]);
});

describe('A call that ends by its own fault cancels the task that it knows', () => {
  const ends = async (more: Partial<CallInit>) => {
    const handle = await caller.start('hi', { url: agent.url, ...more });
    await expect(handle.result()).rejects.toThrow();
    return methods();
  };

  it('when its attempts are used up', async () => {
    agent.answer = ({ method }, reply) => {
      if (method === 'SendMessage') reply.result({ task: task('WORKING') });
      else if (method === 'CancelTask') reply.result(task('CANCELED'));
      else reply.status(503);
    };
    const asked = await ends({ waiting: 'poll', maximumAttempts: 2 });
    expect(asked.filter((method) => method === 'CancelTask')).toHaveLength(1);
    expect(asked.at(-1)).toBe('CancelTask');
  });

  it('when the answer is none', async () => {
    agent.card = rawCard(`${agent.url}/rpc`, { capabilities: {} });
    agent.answer = ({ method }, reply) => {
      if (method === 'SendMessage') reply.result({ task: task('WORKING') });
      else if (method === 'CancelTask') reply.result(task('CANCELED'));
      else reply.result({ odd: true });
    };
    expect(await ends({ maximumAttempts: 5 })).toEqual(['SendMessage', 'GetTask', 'CancelTask']);
  });
});
