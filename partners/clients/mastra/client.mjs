// Mastra: the A2A resources of its client, for 0.3 and 1.0, with the bridge as the server of its agents.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { MastraClient } from '@mastra/client-js';

const { base, check, run } = await import(process.env.PARTNER_CASES);

const mastra = new MastraClient({ baseUrl: base(), apiPrefix: '', retries: 0 });
const ROLE_USER = 1;
const RETURN_IMMEDIATELY = { acceptedOutputModes: [], returnImmediately: true };
const STATES = { completed: ['completed', 3], canceled: ['canceled', 5] };

const older = (agent) => mastra.getA2A(agent);
const newer = (agent) => mastra.getA2AV1(agent);

const message03 = (parts, fields) => ({
  message: {
    kind: 'message',
    role: 'user',
    messageId: randomUUID(),
    parts: partsOf(parts, { kind: 'text' }),
    ...fields,
  },
});
/** Its types of 1.0 are those that protobuf's generator makes: enums are numbers, and a content names its case. */
const message10 = (parts, fields) => ({
  message: {
    role: ROLE_USER,
    messageId: randomUUID(),
    parts: typeof parts === 'string' ? [part10('text', parts)] : parts,
    ...fields,
  },
});
const part10 = ($case, value, fields) => ({ content: { $case, value }, ...fields });
const partsOf = (parts, more) => (typeof parts === 'string' ? [{ ...more, text: parts }] : parts);

/** The Task of an answer, whatever it is wrapped in. */
function result(answer) {
  check(answer.error === undefined, answer);
  const got = answer.result ?? answer;
  return got.payload?.value ?? got;
}

const textOf = ({ text, content }) => text ?? (content?.$case === 'text' ? content.value : '');
const said = ({ status, artifacts = [] }) =>
  [...(status.message?.parts ?? []), ...artifacts.flatMap(({ parts }) => parts)].map(textOf).join('\n');

async function all(events) {
  const seen = [];
  for await (const event of events) seen.push(event);
  return seen;
}

/** How each version is called. */
const VERSIONS = [
  {
    client: older,
    send: (agent, parts, fields) => older(agent).sendMessage(message03(parts, fields)),
    begin: (agent, text) =>
      older(agent).sendMessage({ ...message03(text), configuration: { blocking: false } }),
    stream: (agent, text) => older(agent).sendMessageStream(message03(text)),
  },
  {
    client: newer,
    send: (agent, parts, fields) => newer(agent).sendMessage(message10(parts, fields)),
    begin: (agent, text) =>
      newer(agent).sendMessage({ ...message10(text), configuration: RETURN_IMMEDIATELY }),
    stream: (agent, text) => newer(agent).sendMessageStream(message10(text)),
  },
];

const both = (attempt) => async () => {
  for (const version of VERSIONS) await attempt(version);
};

await run({
  card: both(async ({ client }) => {
    const card = await client('echo').getAgentCard();
    check(card.name === 'Echo', card);
  }),
  named: both(async ({ client }) => {
    const card = await client('interview').getAgentCard();
    check(card.name === 'Interviewer', card);
  }),
  send: both(async ({ send }) => {
    const task = result(await send('echo', 'Hello, agent!'));
    check(said(task) === 'Hello, agent!', task);
  }),
  stream: both(async ({ stream }) => {
    const seen = await all(stream('ticker', '3 every 100ms'));
    check(seen.length > 3 && JSON.stringify(seen).includes('tick 3'), seen);
  }),
  poll: both(async ({ client, begin }) => {
    let task = result(await begin('ticker', '3 every 100ms'));
    while (!STATES.completed.includes(task.status.state)) {
      await sleep(100);
      task = result(await client('ticker').getTask({ id: task.id }));
    }
    check(said(task).includes('tick 3'), task);
  }),
  'multi-turn': both(async ({ send }) => {
    const asked = result(await send('interview', 'Let us begin'));
    check(said(asked) === 'What is your name?', asked);
    const answered = result(await send('interview', 'Ada', { taskId: asked.id, contextId: asked.contextId }));
    check(said(answered).includes('Your name is Ada.'), answered);
  }),
  context: both(async ({ send }) => {
    const first = result(await send('echo', 'one'));
    const second = result(await send('echo', 'two', { contextId: first.contextId }));
    check(first.id !== second.id && first.contextId === second.contextId, [first, second]);
  }),
  failure: both(async ({ send }) => {
    const task = result(await send('invoice', '{"customer": 1}'));
    check(said(task).includes('the order has no customer'), task);
  }),
  cancel: both(async ({ client, begin }) => {
    const { id } = result(await begin('ticker', '100 every 1s'));
    const task = result(await client('ticker').cancelTask({ id }));
    check(STATES.canceled.includes(task.status.state), task);
  }),
  artifacts: async () => {
    const sent03 = [
      { kind: 'text', text: 'a text' },
      { kind: 'data', data: { a: [1, null] } },
      { kind: 'file', file: { bytes: 'iVBORw==', mimeType: 'image/png', name: 'a.png' } },
    ];
    const task03 = result(await older('echo').sendMessage(message03(sent03)));
    check(JSON.stringify(task03.artifacts[0].parts) === JSON.stringify(sent03), task03);
    const image = Buffer.from('iVBORw==', 'base64');
    const sent10 = [
      part10('text', 'a text'),
      part10('data', { a: [1, null] }),
      part10('raw', image, { mediaType: 'image/png', filename: 'a.png' }),
    ];
    const task10 = result(await newer('echo').sendMessage(message10(sent10)));
    const got = task10.artifacts[0].parts.map(({ content }) => content);
    check(got.map(({ $case }) => $case).join() === 'text,data,raw', task10);
    check(image.equals(Buffer.from(got[2].value)), task10);
  },
  big: both(async ({ send }) => {
    const big = 'ü'.repeat(500_000);
    const task = result(await send('echo', big));
    check(said(task) === big, said(task).length);
  }),
});
