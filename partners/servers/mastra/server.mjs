// Mastra's server adapter for Hono.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { serve } from '@hono/node-server';
import { Agent } from '@mastra/core/agent';
import { Mastra } from '@mastra/core/mastra';
import { InMemoryStore } from '@mastra/core/storage';
import { MastraServer } from '@mastra/hono';
import { Memory } from '@mastra/memory';
import { InMemoryTaskStore } from '@mastra/server/a2a/store';
import { Hono } from 'hono';

const { PARTNER_PORT, MODEL_URL } = process.env;
const provider = createOpenAICompatible({ name: 'fake', baseURL: `${MODEL_URL}/v1`, apiKey: 'none' });
const storage = new InMemoryStore();
const agent = new Agent({
  id: 'partner',
  name: 'partner',
  description: 'Says what it is told.',
  instructions: 'Say what you are told.',
  model: provider('fake'),
  maxRetries: 0,
  memory: new Memory({ storage, options: { lastMessages: 20 } }),
});
const app = new Hono();
const mastra = new Mastra({ agents: { partner: agent }, storage });
await new MastraServer({ app, mastra, taskStore: new InMemoryTaskStore() }).init();
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(PARTNER_PORT) });
