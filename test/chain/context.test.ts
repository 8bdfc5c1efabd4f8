import { randomUUID } from 'node:crypto';
import type { Part, Struct, Task } from '../../src/a2a/types';
import { type RawAgent, said, startRawAgent } from '../remote/raw-agent';
import { type Harness, type HarnessAgent, request, startHarness, taskOf } from '../support/harness';

/** An agent with a memory: it keeps to a context that it has given, and makes one for messages without. */
let raw: RawAgent;
let agents: HarnessAgent[];
let harness: Harness;
/** The context of each message that the agent has got; none for one that it had to make one for. */
let asked: (string | undefined)[] = [];
let made = 0;
/** Contexts that the agent does not know any more. */
const forgotten = new Set<string>();

beforeAll(async () => {
  raw = await startRawAgent();
  raw.card = { ...raw.card, capabilities: {} };
  raw.answer = ({ method, params }, reply) => {
    const { contextId } = (params.message ?? {}) as { contextId?: string };
    if (method !== 'SendMessage') return reply.error(-32601, 'what?');
    asked.push(contextId);
    if (contextId !== undefined && forgotten.has(contextId)) return reply.error(-32602, 'no such context');
    made += 1;
    const ids = { id: `t${made}`, contextId: contextId ?? `r${made}` };
    reply.result({ task: { ...ids, status: { state: 'TASK_STATE_COMPLETED' }, ...said('ok') } });
  };
  agents = [
    { id: 'front', proxy: { url: raw.url } },
    { id: 'forgetful', proxy: { url: raw.url, keepContext: false } },
    { id: 'caller' },
    { id: 'foreign', workflow: { type: 'foreignCaller' } },
    {
      id: 'steps',
      chain: {
        steps: [
          { name: 'one', agent: 'front' },
          { name: 'two', url: raw.url },
        ],
      },
    },
    { id: 'each', chain: { steps: [{ name: 'each', forEach: ['a', 'b'], agent: 'front' }] } },
  ];
  harness = await startHarness({ agents });
}, 60_000);

beforeEach(() => {
  asked = [];
});

const send = async (
  agentId: string,
  contextId: string | undefined,
  { content = 'hi', owner, at = harness }: { content?: string | Part[]; owner?: string; at?: Harness } = {},
): Promise<Task> => {
  const message = request(content, contextId === undefined ? {} : { contextId });
  return taskOf(await at.bridge.sendMessage(message, at.call(agentId, owner)));
};

const calls = (options: Struct, atOnce = false): Part[] => [
  { data: { calls: [0, 1].map(() => ({ to: raw.url, say: 'hi', options })), atOnce } },
];

it("a proxy's next task goes on in the context of the agent behind it", async () => {
  const first = await send('front', undefined);
  expect(first.contextId).not.toMatch(/^r\d/);
  const second = await send('front', first.contextId);
  await send('front', second.contextId);
  expect(asked).toEqual([undefined, `r${made - 2}`, `r${made - 2}`]);
});

it('whatever worker it has, in contexts that the client names', async () => {
  const contextId = randomUUID();
  await send('front', contextId);
  const other = await startHarness({ agents });
  await send('front', contextId, { at: other });
  expect(asked).toEqual([undefined, `r${made - 1}`]);
});

it('but not in another context, of another owner, or when it is told not to', async () => {
  const { contextId } = await send('front', undefined);
  await send('front', randomUUID());
  await send('front', contextId, { owner: 'bert' });
  await send('forgetful', contextId);
  expect(asked).toEqual([undefined, undefined, undefined, undefined]);
});

it('and begins anew when the agent does not know it any more', async () => {
  const { contextId } = await send('front', undefined);
  const old = `r${made}`;
  forgotten.add(old);
  expect((await send('front', contextId)).status.state).toBe('TASK_STATE_COMPLETED');
  await send('front', contextId);
  expect(asked).toEqual([undefined, old, undefined, `r${made - 1}`]);
});

it('calls of a workflow that follow one another are in one context, those side by side are not', async () => {
  const { contextId } = await send('caller', undefined, { content: calls({}) });
  expect(asked).toEqual([undefined, `r${made - 1}`]);
  const [known] = asked.slice(1);
  asked = [];
  await send('caller', contextId, { content: calls({}, true) });
  expect([...asked].sort()).toEqual([known, undefined]);
  asked = [];
  await send('caller', contextId, { content: calls({ keepContext: false }) });
  expect(asked).toEqual([undefined, undefined]);
  asked = [];
  await send('caller', contextId, { content: calls({ contextId: 'mine' }) });
  expect(asked).toEqual(['mine', 'mine']);
});

it('steps of a chain share it with the proxies that they call, items do not', async () => {
  const { contextId } = await send('steps', undefined);
  expect(asked).toEqual([undefined, `r${made - 1}`]);
  asked = [];
  await send('each', contextId);
  expect(asked).toEqual([undefined, undefined]);
});

it('calls from other languages are in it as well', async () => {
  const { contextId } = await send('front', undefined);
  const kept = `r${made}`;
  const plan = { call: { url: raw.url, message: 'hi' } };
  await send('foreign', contextId, { content: [{ data: plan }] });
  const alone = randomUUID();
  await send('foreign', alone, { content: [{ data: plan }] });
  await send('foreign', alone, { content: [{ data: plan }] });
  expect(asked).toEqual([undefined, kept, undefined, `r${made - 1}`]);
});
