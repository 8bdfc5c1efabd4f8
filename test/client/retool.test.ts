import { A2AClient, callAgent } from '../../src/client';
import { type RetoolAgent, startRetoolAgent } from '../support/retool-agent';

let agent: RetoolAgent;

beforeEach(async () => {
  agent = await startRetoolAgent();
});

afterEach(() => agent.close());

const headers = { 'X-Api-Key': 'retool_wk_1' };
const joke = { role: 'user' as const, parts: [{ type: 'text' as const, text: 'tell me a joke' }] };
const PUNCHLINE = /have the guts!$/;

it('gets the answer of a Retool agent as text', async () => {
  agent.done = true;
  expect(await callAgent(agent.url, 'tell me a joke', { headers })).toMatch(PUNCHLINE);
  expect(agent.key).toBe('retool_wk_1');
  expect(agent.served).toEqual([
    'GET /.well-known/agent-card.json',
    'POST /v1/message:send',
    'GET /v1/tasks/:taskId',
  ]);
});

it('streams, gets and is told what cannot be canceled', async () => {
  const client = new A2AClient(agent.url, undefined, { headers });
  const said: string[] = [];
  for await (const { status } of client.stream(joke)) {
    const [part] = status.message?.parts ?? [];
    said.push(`${status.state}: ${part?.type === 'text' ? part.text : ''}`);
  }
  expect(said).toEqual([
    'submitted: Task submitted',
    'working: Agent run started, thinking',
    expect.stringMatching(PUNCHLINE),
  ]);
  const task = await client.get('054c93a8-b0ed-49ea-915d-418e615cb7b4');
  expect(task).toMatchObject({ status: { state: 'completed' }, history: [{ role: 'agent' }] });
  await expect(client.cancel(task.id)).rejects.toThrow('already completed');
});
