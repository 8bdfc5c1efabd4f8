import { artifactText, type Caller, type CallInit, failureOf, relayed, startCaller } from './calls';
import { chunkEvent, type RawAgent, rawCard, said, startRawAgent, statusEvent, task } from './raw-agent';

let agent: RawAgent;
let caller: Caller;

beforeAll(async () => {
  caller = await startCaller({
    limits: { sendMs: 1_000, requestMs: 500, streamIdleMs: 300 },
    breaker: { failures: 1_000 },
  });
});

beforeEach(async () => {
  agent = await startRawAgent();
});

const start = (call: Partial<CallInit> = {}) =>
  caller.start('hi', { url: agent.url, maximumAttempts: 1, ...call });
const fails = async (call: Partial<CallInit> = {}) => failureOf(await start(call));

async function completes(call: Partial<CallInit> = {}) {
  const handle = await start({ maximumAttempts: 5, ...call });
  const { answer } = (await handle.result()) as { answer: Awaited<ReturnType<Caller['call']>> };
  expect(answer.task?.status.state).toBe('TASK_STATE_COMPLETED');
  return { task: answer.task, relayed: await relayed(handle) };
}

describe('An agent whose streams break', () => {
  it('is resumed where the stream broke, and repeats nothing', async () => {
    agent.answer = ({ method, headers }, reply) => {
      if (method === 'SendStreamingMessage') {
        reply.event({ task: task() }, '1');
        reply.event(chunkEvent('a', false), '2');
        reply.event(chunkEvent('b'), '3');
        reply.cut();
      } else if (method === 'SubscribeToTask') {
        expect(headers['last-event-id']).toBe('3');
        reply.event(chunkEvent('c'), '4');
        reply.event(statusEvent('COMPLETED'), '5');
        reply.end();
      } else reply.result(task('WORKING', said('a', 'b')));
    };
    const done = await completes();
    expect(artifactText(done.task)).toBe('abc');
    expect(done.relayed).toEqual(['said"a"', 'said+"b"', 'said+"c"']);
  });

  it('is resumed when it is back, although it was away for a stream', async () => {
    const impatient = await startCaller({
      waiting: { brokenStreams: 1, failedPolls: 10 },
      breaker: { failures: 1_000 },
    });
    const asked: string[] = [];
    agent.answer = ({ method, headers }, reply) => {
      asked.push(method);
      if (method === 'SendStreamingMessage') {
        reply.event({ task: task() }, '1');
        reply.event(chunkEvent('a', false), '2');
        reply.cut();
      } else if (asked.length <= 4) {
        // A stream, the look behind it, and the next stream; the next look is answered.
        reply.cut();
      } else if (method === 'SubscribeToTask') {
        expect(headers['last-event-id']).toBe('2');
        reply.event(chunkEvent('b'), '3');
        reply.event(chunkEvent('c'), '4');
        reply.event(statusEvent('COMPLETED'), '5');
        reply.end();
      } else reply.result(task('WORKING', said('a', 'b', 'c')));
    };
    const handle = await impatient.start('hi', { url: agent.url });
    await handle.result();
    expect(asked.slice(1, 5)).toEqual(['SubscribeToTask', 'GetTask', 'SubscribeToTask', 'GetTask']);
    expect(await relayed(handle)).toEqual(['said"a"', 'said+"b"', 'said+"c"']);
  });

  it('is resumed by the next attempt from its heartbeat', async () => {
    const impatient = await startCaller({
      waiting: { brokenStreams: 1, failedPolls: 1 },
      breaker: { failures: 1_000 },
    });
    let down = 0;
    agent.answer = ({ method, headers }, reply) => {
      if (method === 'SendStreamingMessage') {
        reply.event({ task: task() }, '1');
        reply.event(statusEvent('WORKING', 'on it'), '2');
        reply.event(chunkEvent('a', false), '3');
        // A heartbeat later.
        setTimeout(() => reply.event(chunkEvent('b'), '4'), 500);
        setTimeout(() => reply.cut(), 600);
      } else if (down < 3) {
        down += 1;
        reply.status(500);
      } else if (method === 'SubscribeToTask') {
        const seen = Number(headers['last-event-id']);
        expect([3, 4]).toContain(seen);
        if (seen < 4) reply.event(chunkEvent('b'), '4');
        reply.event(chunkEvent('c'), '5');
        reply.event(statusEvent('COMPLETED'), '6');
        reply.end();
      } else reply.result(task('COMPLETED', said('a', 'b', 'c')));
    };
    const handle = await impatient.start('hi', { url: agent.url });
    const { answer } = (await handle.result()) as { answer: Awaited<ReturnType<Caller['call']>> };
    expect(artifactText(answer.task)).toBe('abc');
    expect(await relayed(handle)).toEqual(['working "on it"', 'said"a"', 'said+"b"', 'said+"c"']);
    expect(agent.requests.filter(({ method }) => method === 'SendStreamingMessage')).toHaveLength(1);
    expect(down).toBe(3);
  });

  it('is looked at by the next attempt when it gives no positions', async () => {
    const impatient = await startCaller({
      waiting: { brokenStreams: 1, failedPolls: 1 },
      breaker: { failures: 1_000 },
    });
    let down = 0;
    agent.answer = ({ method }, reply) => {
      if (method === 'SendStreamingMessage') {
        reply.event({ task: task() });
        reply.event(statusEvent('WORKING', 'on it'));
        reply.event(chunkEvent('a', false));
        reply.cut();
      } else if (down < 3) {
        down += 1;
        reply.status(503);
      } else if (method === 'SubscribeToTask') {
        reply.event({
          task: {
            ...task('WORKING', said('a', 'b')),
            status: statusEvent('WORKING', 'on it').statusUpdate.status,
          },
        });
        reply.event(chunkEvent('c'));
        reply.event(statusEvent('COMPLETED'));
        reply.end();
      } else reply.result(task('WORKING', said('a', 'b')));
    };
    const handle = await impatient.start('hi', { url: agent.url });
    const { answer } = (await handle.result()) as { answer: Awaited<ReturnType<Caller['call']>> };
    expect(artifactText(answer.task)).toBe('abc');
    expect(await relayed(handle)).toEqual(['working "on it"', 'said"a"', 'said+"b"', 'said+"c"']);
  });

  it('is polled when they break again and again, and shows only what is new', async () => {
    let looks = 0;
    agent.answer = ({ method }, reply) => {
      if (method === 'SendStreamingMessage') {
        reply.event({ task: task() });
        reply.event(statusEvent('WORKING', 'on it'));
        reply.event(chunkEvent('a', false));
        reply.cut();
      } else if (method === 'SubscribeToTask') reply.cut();
      else {
        looks += 1;
        reply.result(task(looks < 8 ? 'WORKING' : 'COMPLETED', said('a', 'b'.repeat(looks))));
      }
    };
    const done = await completes();
    expect(artifactText(done.task)).toBe('abbbbbbbb');
    expect(done.relayed.filter((update) => update.startsWith('working'))).toEqual(['working "on it"']);
    const pieces = done.relayed.filter((update) => update.startsWith('said'));
    expect(pieces.map((piece) => piece.replaceAll(/said\+?|"/g, '')).join('')).toBe('abbbbbbbb');
  });

  it('is polled when it has none, whatever its card says', async () => {
    agent.answer = ({ method }, reply) => {
      if (method === 'SendStreamingMessage') reply.error(-32004, 'no streams here');
      else if (method === 'SendMessage') reply.result({ task: task() });
      else reply.result(task('COMPLETED', said('a')));
    };
    expect(artifactText((await completes()).task)).toBe('a');
  });

  it('is asked again with the same messageId when the first send broke before it had a task', async () => {
    agent.answer = (_, reply) => {
      if (agent.requests.length === 1) return reply.cut();
      if (agent.requests.length === 2) return reply.status(500, 'oops');
      reply.event({ task: task('COMPLETED', said('a')) });
      reply.end();
    };
    await completes();
    const ids = agent.requests.map(({ params }) => params.message?.messageId);
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
  });
});

describe('An agent that lies', () => {
  it.each([
    [
      'about the task of a stream',
      { statusUpdate: { ...statusEvent('COMPLETED').statusUpdate, taskId: 't2' } },
    ],
    [
      'about the task of an artifact',
      { artifactUpdate: { ...chunkEvent('x').artifactUpdate, taskId: 't2' } },
    ],
    ['with another task', { task: { ...task('COMPLETED'), id: 't2' } }],
  ])('%s', async (_, lie) => {
    agent.answer = ({ method }, reply) => {
      if (method === 'CancelTask') return reply.result(task('CANCELED'));
      reply.event({ task: task() });
      reply.event(lie);
    };
    const failure = await fails({ maximumAttempts: 3 });
    expect(failure.type).toBe('A2A_REMOTE_BAD_ANSWER');
    expect(failure.message).toBe(`Agent ${agent.url}/ answered about task "t2" when asked about task "t1"`);
    expect(agent.requests.map(({ method }) => method)).toEqual(['SendStreamingMessage', 'CancelTask']);
  });

  it('about the task of a poll', async () => {
    agent.answer = ({ method }, reply) =>
      reply.result(method === 'SendMessage' ? { task: task() } : { ...task('COMPLETED'), id: 't2' });
    expect(await fails({ waiting: 'poll' })).toMatchObject({ type: 'A2A_REMOTE_BAD_ANSWER' });
  });

  it.each([
    ['no JSON', 'oops', 'cannot be read'],
    ['no JSON-RPC', '[]', 'cannot be read'],
    ['null', 'null', 'cannot be read'],
    ['an answer to another request', '{"jsonrpc":"2.0","id":"x","result":{}}', 'mismatch'],
    ['nothing', '', 'cannot be read'],
    ['a task without a status', rpc({ task: { id: 't1' } }), 'status'],
    ['a task without ID', rpc({ task: { ...task(), id: '' } }), 'id'],
    [
      'parts that are none',
      rpc({ task: task('WORKING', { artifacts: [{ artifactId: 'a', parts: 5 }] }) }),
      'artifacts.0.parts',
    ],
    ['neither a task nor a message', rpc({}), 'neither a Task nor a Message'],
  ])('with %s', async (_, body, words) => {
    agent.answer = ({ id }, reply) => {
      reply.status(200, body.replace('"ID"', JSON.stringify(id)), { 'content-type': 'application/json' });
    };
    const failure = await fails({ waiting: 'poll', maximumAttempts: 3 });
    expect(failure.message).toContain(`Agent ${agent.url}/ `);
    expect(failure.message).toContain(words);
    expect(failure.type).toBe('A2A_REMOTE_BAD_ANSWER');
  });

  it('in the middle of a stream is asked for the task', async () => {
    agent.answer = ({ method }, reply) => {
      if (method === 'GetTask') return reply.result(task('COMPLETED', said('a')));
      if (method !== 'SendStreamingMessage') return reply.error(-32601, 'what?');
      reply.event({ task: task() });
      reply.response.write('data: {"broken\n\n');
      reply.end();
    };
    expect(artifactText((await completes()).task)).toBe('a');
  });
});

function rpc(result: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 'ID', result });
}

describe('An agent that is too much', () => {
  it('with one huge answer', async () => {
    agent.answer = (_, reply) => {
      reply.response.writeHead(200, { 'content-type': 'application/json' });
      const write = (): void => {
        while (reply.response.write('x'.repeat(1 << 16)));
        reply.response.once('drain', write);
      };
      write();
    };
    expect(await fails({ waiting: 'poll' })).toMatchObject({ type: 'A2A_REMOTE_TOO_LARGE' });
  });

  it('with one huge event', async () => {
    agent.answer = (_, reply) => {
      reply.event({ task: task() });
      const write = (): void => {
        while (reply.response.write('x'.repeat(1 << 16)));
        reply.response.once('drain', write);
      };
      reply.response.write('data: ');
      write();
    };
    expect((await fails()).message).toMatch(/larger than|exceeded/);
  });

  it('with an artifact that grows without end, and is told to stop', async () => {
    agent.answer = ({ method }, reply) => {
      if (method === 'CancelTask') return reply.result(task('CANCELED'));
      reply.event({ task: task() });
      let open = true;
      reply.response.on('close', () => {
        open = false;
      });
      const write = (): void => {
        if (!open) return;
        for (let count = 0; count < 8; count++) reply.event(chunkEvent('x'.repeat(1 << 14)));
        setImmediate(write);
      };
      write();
    };
    const failure = await fails({ relay: 'none' });
    expect(failure.type).toBe('A2A_REMOTE_TOO_LARGE');
    expect(failure.message).toMatch(/has made a task of \d+ bytes/);
    expect(agent.requests.at(-1)?.method).toBe('CancelTask');
  });

  it('but a long history alone is left out', async () => {
    const history = Array.from({ length: 30 }, (_, index) => ({
      messageId: `m${index}`,
      role: 'ROLE_USER',
      parts: [{ text: 'x'.repeat(100_000) }],
    }));
    agent.answer = (_, reply) => reply.result({ task: task('COMPLETED', { history, ...said('a') }) });
    const done = await completes({ waiting: 'poll' });
    expect(done.task).not.toHaveProperty('history');
    expect(artifactText(done.task)).toBe('a');
  });
});

describe('An agent that does not answer well', () => {
  it.each([
    [400, 'A2A_REMOTE_HTTP_ERROR'],
    [401, 'A2A_REMOTE_UNAUTHORIZED'],
    [403, 'A2A_REMOTE_UNAUTHORIZED'],
    [404, 'A2A_REMOTE_HTTP_ERROR'],
    [413, 'A2A_REMOTE_HTTP_ERROR'],
    [302, 'A2A_REMOTE_REFUSED'],
  ])('with %i is not asked again', async (code, type) => {
    agent.answer = (_, reply) => reply.status(code, '<html>no</html>', { location: '/elsewhere' });
    const failure = await fails({ maximumAttempts: 5 });
    expect(failure.type).toBe(type);
    expect(failure.message).not.toContain('html');
    expect(agent.requests).toHaveLength(1);
  });

  it.each([408, 429, 500, 502, 503])('with %i is asked again', async (code) => {
    agent.answer = (_, reply) => {
      if (agent.requests.length === 1) reply.status(code, '{"error":{"message":"busy"}}');
      else reply.result({ task: task('COMPLETED', said('a')) });
    };
    await completes({ waiting: 'poll' });
    expect(agent.requests).toHaveLength(2);
  });

  it('says when it wants to be asked again', async () => {
    const times: number[] = [];
    agent.answer = (_, reply) => {
      times.push(Date.now());
      if (times.length === 1) reply.status(429, '', { 'retry-after': '1' });
      else reply.result({ task: task('COMPLETED') });
    };
    await completes({ waiting: 'poll' });
    // Without Retry-After it would have been 20 ms.
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(900);
  });

  it('within its time', async () => {
    agent.answer = () => {};
    const failure = await fails({ waiting: 'poll' });
    expect(failure).toMatchObject({ type: 'A2A_REMOTE_TIMEOUT' });
    expect(failure.message).toContain('did not answer within 1000 ms');
  });

  it('is somewhere else', async () => {
    agent.answer = (_, reply) => reply.status(307, '', { location: 'http://10.0.0.1/' });
    const failure = await fails();
    expect(failure).toMatchObject({ type: 'A2A_REMOTE_REFUSED' });
    expect(failure.message).toContain('10.0.0.1 is a private address');
  });

  it('is not there', async () => {
    expect(await fails({ url: 'http://127.0.0.1:1/' })).toMatchObject({ type: 'A2A_REMOTE_UNREACHABLE' });
  });

  it.each(['http://10.0.0.1/', 'http://[::1]/', 'ftp://example.com/', 'http://u:p@127.0.0.1/', 'nowhere'])(
    'is at %s',
    async (url) => {
      expect(await fails({ url, maximumAttempts: 3 })).toMatchObject({ type: 'A2A_REMOTE_REFUSED' });
    },
  );

  it('has a card that leads to a private address', async () => {
    agent.card = rawCard('http://192.168.0.1/');
    expect(await fails()).toMatchObject({ type: 'A2A_REMOTE_REFUSED' });
    agent = await startRawAgent();
    agent.card = rawCard('192.168.0.1:443', {
      supportedInterfaces: [{ url: '192.168.0.1:443', protocolBinding: 'GRPC', protocolVersion: '1.0' }],
    });
    expect(await fails()).toMatchObject({ type: 'A2A_REMOTE_REFUSED' });
  });
});

describe('A target that fails again and again', () => {
  it('is left alone for a while', async () => {
    const careful = await startCaller({ breaker: { failures: 2, openMs: 1_500 } });
    let well = false;
    agent.answer = (_, reply) =>
      well ? reply.result({ task: task('COMPLETED', said('a')) }) : reply.status(500);
    const call = { url: agent.url, waiting: 'poll' as const, maximumAttempts: 1 };
    for (let count = 0; count < 2; count++) {
      expect(await failureOf(await careful.start('hi', call))).toMatchObject({
        type: 'A2A_REMOTE_UNAVAILABLE',
      });
    }
    const refused = await failureOf(await careful.start('hi', call));
    expect(refused.type).toBe('A2A_REMOTE_CIRCUIT_OPEN');
    expect(refused.message).toMatch(/failed 2 times in a row and is not called again until \d{4}-\d\d-\d\dT/);
    expect(agent.requests).toHaveLength(2);
    // The failure says when to come again, and the retry does.
    well = true;
    const { task: done } = await careful.call('hi', { ...call, maximumAttempts: 3 });
    expect(done?.status.state).toBe('TASK_STATE_COMPLETED');
    expect(agent.requests).toHaveLength(3);
  });
});
