import { type Caller, failureOf, startCaller } from './calls';
import { type RawAgent, startRawAgent } from './raw-agent';

let agent: RawAgent;
let caller: Caller;

beforeAll(async () => {
  caller = await startCaller({ breaker: { failures: 1_000 } });
});

beforeEach(async () => {
  agent = await startRawAgent();
});

const json = 'application/json';

describe('What an agent says with a status that refuses a call', () => {
  it.each([
    ['a text of FastAPI', json, { detail: 'Invalid A2A request' }, 'Invalid A2A request'],
    [
      'a list of FastAPI',
      json,
      {
        detail: [
          { type: 'missing', loc: ['body', 'params'], msg: 'Field required' },
          { type: 'missing', loc: ['body', 'id'], msg: 'Field required' },
        ],
      },
      'body.params: Field required; body.id: Field required',
    ],
    [
      'problem details',
      'application/problem+json',
      { type: 'about:blank', title: 'Bad Request', detail: 'No such skill' },
      'No such skill',
    ],
    ['a title alone', 'application/problem+json', { title: 'Bad Request', status: 400 }, 'Bad Request'],
    ['a list of errors', json, { errors: [{ message: 'No such skill' }] }, 'No such skill'],
    ['a list', json, [{ error: { message: 'No such skill' } }], 'No such skill'],
    ['a text of its own', json, { message: 'No such skill' }, 'No such skill'],
    ['an error with a text beside it', json, { error: true, message: 'No such skill' }, 'No such skill'],
    ['plain text', 'text/plain; charset=utf-8', 'No such\nskill', 'No such skill'],
    [
      'OAuth',
      json,
      { error: 'invalid_request', error_description: 'No such skill' },
      'invalid_request: No such skill',
    ],
  ])('is in the failure: %s', async (_, type, body, words) => {
    agent.answer = (_request, reply) =>
      reply.status(400, typeof body === 'string' ? body : JSON.stringify(body), { 'content-type': type });
    const failure = await failureOf(await caller.start('hi', { url: agent.url, maximumAttempts: 1 }));
    expect(failure).toMatchObject({ type: 'A2A_REMOTE_HTTP_ERROR' });
    expect(failure.message).toMatch(/answered with status 400 while [a-z ]+: /);
    expect(failure.message.split('message: ').at(-1)).toBe(words);
  });

  it('is left out when it is a page', async () => {
    agent.answer = (_request, reply) =>
      reply.status(400, '<html><body>Bad Request</body></html>', { 'content-type': 'text/html' });
    const { message } = await failureOf(await caller.start('hi', { url: agent.url, maximumAttempts: 1 }));
    expect(message).toMatch(/answered with status 400 while [a-z ]+$/);
  });
});
