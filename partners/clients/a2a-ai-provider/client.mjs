// Vercel's AI SDK with a2a-ai-provider: generateText and streamText.
import { randomUUID } from 'node:crypto';
import { a2a } from 'a2a-ai-provider';
import { generateText, streamText } from 'ai';

const { base, check, run } = await import(process.env.PARTNER_CASES);

const model = (agent) => a2a(`${base(agent)}/.well-known/agent-card.json`);
const generate = (agent, prompt, contextId) =>
  generateText({
    model: model(agent),
    ...(typeof prompt === 'string' ? { prompt } : { messages: [{ role: 'user', content: prompt }] }),
    ...(contextId !== undefined && { providerOptions: { a2a: { contextId } } }),
    maxRetries: 0,
  });

async function streamed(agent, prompt) {
  const { fullStream } = streamText({ model: model(agent), prompt, maxRetries: 0 });
  const seen = [];
  for await (const part of fullStream) {
    if (part.type === 'error') throw part.error;
    seen.push(part);
  }
  return seen;
}

const textOf = (parts) =>
  parts
    .filter(({ type }) => type === 'text-delta')
    .map(({ text }) => text)
    .join('');

await run({
  card: async () => {
    // It finds the card by any address that answers with one.
    for (const address of [`${base()}/.well-known/agent-card.json`, base('echo'), base()]) {
      const { text } = await generateText({ model: a2a(address), prompt: 'Hello, agent!', maxRetries: 0 });
      check(text === 'Hello, agent!', [address, text]);
    }
  },
  named: async () => {
    const { text } = await generateText({
      model: a2a(base('interview')),
      prompt: 'Let us begin',
      maxRetries: 0,
    });
    check(text === 'What is your name?', text);
  },
  send: async () => {
    const { text } = await generate(undefined, 'Hello, agent!');
    check(text === 'Hello, agent!', text);
  },
  stream: async () => {
    const seen = await streamed('ticker', '3 every 100ms');
    check(textOf(seen) === 'tick 1\ntick 2\ntick 3\n', seen);
  },
  question: async () => {
    const { text } = await generate('interview', 'Let us begin');
    check(text === 'What is your name?', text);
    const seen = await streamed('interview', 'Let us begin');
    check(textOf(seen).includes('What is your name?'), seen);
  },
  context: async () => {
    const contextId = randomUUID();
    const first = await generate(undefined, 'one', contextId);
    const second = await generate(undefined, 'two', contextId);
    const tasks = [first, second].map(({ response }) => response.body);
    check(tasks.every((task) => task.contextId === contextId) && tasks[0].id !== tasks[1].id, tasks);
  },
  failure: async () => {
    const { text } = await generate('invoice', '{"customer": 1}');
    check(text.includes('the order has no customer'), text);
    const seen = await streamed('invoice', '{"customer": 1}');
    check(textOf(seen).includes('the order has no customer'), seen);
  },
  artifacts: async () => {
    const data = Uint8Array.from([0x89, 0x50, 0x4e, 0x47]);
    const prompt = [
      { type: 'text', text: 'a text' },
      { type: 'file', data, mediaType: 'image/png', filename: 'a.png' },
    ];
    const { text, files } = await generate(undefined, prompt);
    check(text === 'a text' && files[0]?.mediaType === 'image/png', [text, files]);
    check(Buffer.from(files[0].uint8Array).equals(Buffer.from(data)), files);
  },
  big: async () => {
    const big = 'ü'.repeat(500_000);
    const { text } = await generate(undefined, big);
    check(text === big, text.length);
  },
});
