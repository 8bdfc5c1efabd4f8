// VoltAgent with its A2A server.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { A2AServer } from '@voltagent/a2a-server';
import { Agent, VoltAgent } from '@voltagent/core';
import { honoServer } from '@voltagent/server-hono';

const { PARTNER_PORT, MODEL_URL } = process.env;
const provider = createOpenAICompatible({ name: 'fake', baseURL: `${MODEL_URL}/v1`, apiKey: 'none' });
const partner = new Agent({
  id: 'partner',
  name: 'partner',
  instructions: 'Say what you are told.',
  model: provider('fake'),
  maxRetries: 0,
});
new VoltAgent({
  agents: { partner },
  a2aServers: {
    a2a: new A2AServer({ name: 'partner', version: '1.0.0', description: 'Says what it is told.' }),
  },
  server: honoServer({ port: Number(PARTNER_PORT), hostname: '127.0.0.1' }),
});
