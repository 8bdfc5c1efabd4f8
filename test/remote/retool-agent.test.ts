import { createDescribeRemoteAgent } from '../../src/activities/model/describe-remote-agent';
import { eventually } from '../support/eventually';
import { type RetoolAgent, startRetoolAgent } from '../support/retool-agent';
import { type Caller, failureOf, relayed, startCaller } from './calls';

const KEY = 'retool_wk_0123456789';

let agent: RetoolAgent;
let caller: Caller;

beforeAll(async () => {
  caller = await startCaller({ env: { RETOOL_KEY: KEY } });
});

beforeEach(async () => {
  agent = await startRetoolAgent();
});

afterEach(() => agent.close());

const said = (text: string) => expect.stringMatching(text);

it('streams from an agent of Retool', async () => {
  const handle = await caller.start('tell me a joke', { url: agent.url, maximumAttempts: 1 });
  const { answer } = (await handle.result()) as { answer: Awaited<ReturnType<Caller['call']>> };
  expect(answer.task?.status).toMatchObject({
    state: 'TASK_STATE_COMPLETED',
    message: { parts: [{ text: said('have the guts!$') }] },
  });
  expect(await relayed(handle)).toContainEqual(said('Agent run started, thinking'));
  expect(agent.served).toContain('POST /v1/message:stream');
});

it('polls one', async () => {
  const handle = await caller.start('tell me a joke', {
    url: agent.url,
    maximumAttempts: 1,
    waiting: 'poll',
  });
  await eventually(() => agent.served.includes('GET /v1/tasks/:taskId'));
  agent.done = true;
  const { answer } = (await handle.result()) as { answer: Awaited<ReturnType<Caller['call']>> };
  expect(answer.task?.status.state).toBe('TASK_STATE_COMPLETED');
});

it('sends the key where Retool wants it, with the first request for the card on', async () => {
  agent.wantedKey = KEY;
  const credentials = [{ value: 'env:RETOOL_KEY' }];
  const call = { url: agent.url, maximumAttempts: 1, agent: { url: agent.url, credentials } };
  expect((await caller.call('tell me a joke', call)).task?.status.state).toBe('TASK_STATE_COMPLETED');
  const stranger = await failureOf(await caller.start('hi', { url: agent.url, maximumAttempts: 1 }));
  expect(stranger.type).toBe('A2A_REMOTE_UNAUTHORIZED');
});

it('describes one as a tool although its card is not open', async () => {
  agent.wantedKey = KEY;
  const describe = createDescribeRemoteAgent({ outboundAllow: ['127.0.0.1'], env: { RETOOL_KEY: KEY } });
  const credentials = [{ value: 'env:RETOOL_KEY' }];
  expect(await describe({ url: agent.url, credentials })).toMatchObject({ name: expect.any(String) });
  await expect(describe({ url: agent.url })).rejects.toMatchObject({ type: 'A2A_REMOTE_UNAUTHORIZED' });
});
