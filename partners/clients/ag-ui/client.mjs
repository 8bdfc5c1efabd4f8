// AG-UI: its A2AAgent, which turns an A2A agent into one of AG-UI's.
import { randomUUID } from 'node:crypto';
import { A2AClient } from '@a2a-js/sdk/client';
import { A2AAgent } from '@ag-ui/a2a';

const { base, check, run } = await import(process.env.PARTNER_CASES);

/** That of the SDK which it depends on, of 0.2: it looks for the card at /.well-known/agent.json. */
const client = (agent) => new A2AClient(base(agent));

/** What a user of it sees: the texts of the messages that it adds, and all events. */
async function talk(agent, text, threadId = randomUUID()) {
  const initialMessages = [{ id: randomUUID(), role: 'user', content: text }];
  const remote = new A2AAgent({ a2aClient: client(agent), threadId, initialMessages });
  const events = [];
  const { newMessages } = await remote.runAgent({}, { onEvent: ({ event }) => void events.push(event) });
  return { texts: newMessages.map(({ content }) => content), events };
}

await run({
  card: async () => {
    const card = await client().getAgentCard();
    check(card.name === 'Echo', card);
  },
  named: async () => {
    const card = await client('interview').getAgentCard();
    check(card.name === 'Interviewer', card);
  },
  send: async () => {
    // It shows messages and no artifacts: the agent repeats its answer in one (repeatAnswer).
    const { texts } = await talk('telling', 'Hello, agent!');
    check(texts.join() === 'Hello, agent!', texts);
  },
  stream: async () => {
    const { texts, events } = await talk('ticker', '3 every 100ms');
    check(events.length > 3 && texts.join().includes('tick 3 of 3'), [texts, events]);
  },
  question: async () => {
    const { texts } = await talk('interview', 'Let us begin');
    check(texts.join() === 'What is your name?', texts);
  },
  context: async () => {
    const contextId = randomUUID();
    const runs = [await talk('telling', 'one', contextId), await talk('telling', 'two', contextId)];
    const tasks = runs.map(({ events }) => events.find(({ event }) => event?.kind === 'task')?.event);
    check(tasks[0].id !== tasks[1].id && tasks.every((task) => task.contextId === contextId), tasks);
  },
  failure: async () => {
    const { texts } = await talk('invoice', '{"customer": 1}');
    check(texts.join().includes('the order has no customer'), texts);
  },
  big: async () => {
    const big = 'ü'.repeat(500_000);
    const { texts } = await talk('telling', big);
    check(texts.join() === big, texts.join().length);
  },
});
