import { createDescribeTools } from '../../src/activities/model/describe-tools';
import type { ConfigError } from '../../src/config/config-error';
import { parseAgents } from '../../src/config/load-agents';
import { modelDefinition } from '../../src/config/model';
import { estimateTokens, type ModelMessage } from '../../src/contract/model-call';
import { cutText, cutToBudget } from '../../src/workflows/model-conversation';

const user = (content: string): ModelMessage => ({ role: 'user', content });
const assistant = (content: string): ModelMessage => ({ role: 'assistant', content });

describe('the definition', () => {
  const minimal = { baseUrl: 'https://api.example.com/v1', model: 'm' };

  it('needs an endpoint and a model, and has defaults for the rest', () => {
    expect(modelDefinition.parse(minimal)).toEqual({
      ...minimal,
      tools: [],
      askUser: false,
      memory: true,
      contextTokens: 32_000,
      relay: 'status',
      limits: { turns: 20, totalTokens: 1_000_000, time: '1h' },
      callTimeout: '10m',
      maximumAttempts: 8,
      taskQueue: 'temporal-a2a',
    });
    expect(modelDefinition.safeParse({ model: 'm' }).success).toBe(false);
    expect(modelDefinition.safeParse({ ...minimal, baseUrl: 'ftp://x' }).success).toBe(false);
  });

  it('refuses a key that is written out', () => {
    const parsed = modelDefinition.safeParse({ ...minimal, apiKey: 'sk-123' });
    expect(parsed.error?.issues).toMatchObject([
      { path: ['apiKey'], message: expect.stringContaining('env:NAME') },
    ]);
    expect(modelDefinition.safeParse({ ...minimal, apiKey: 'file:/run/secrets/key' }).success).toBe(true);
  });
});

describe('model: in agents.yaml', () => {
  const file = (...lines: string[]) => `agents:
  - id: helper
    name: Helper
    description: Helps
    skills: [{ id: help, name: Help, description: Helps }]
    model:
      baseUrl: https://api.example.com/v1
      model: m
${lines.map((line) => `      ${line}\n`).join('')}`;

  it('runs the built-in workflow', () => {
    const [agent] = parseAgents(file('apiKey: env:KEY', 'taskQueue: mine'), 'agents.yaml');
    expect(agent).toMatchObject({
      workflow: { type: 'model', taskQueue: 'mine' },
      definition: { model: 'm', apiKey: 'env:KEY' },
    });
    expect(agent?.definition).not.toHaveProperty('taskQueue');
  });

  it('names the line of what is wrong', () => {
    const faults = (...lines: string[]) => {
      try {
        return parseAgents(file(...lines), 'agents.yaml') && [];
      } catch (error) {
        return (error as ConfigError).faults;
      }
    };
    expect(faults('tools: [helper]')).toEqual([
      'agents.yaml:9: agents[0].model.tools[0]: expected another agent, got the model itself',
    ]);
    expect(faults('tools: [nobody, https://a.example]')).toEqual([
      'agents.yaml:9: agents[0].model.tools[0]: expected the ID of an agent in this file, got "nobody"',
    ]);
    expect(faults('tools: [{ name: x }]')).toEqual([
      expect.stringMatching(/^agents.yaml:9: agents\[0\].model.tools\[0\]: expected the ID of an agent in /),
    ]);
    expect(faults('apiKey: sk-123')).toEqual([
      expect.stringMatching(/^agents.yaml:9: agents\[0\].model.apiKey: expected a reference to a secret/),
    ]);
  });
});

describe('cutToBudget', () => {
  it('takes whole exchanges of the memory, the latest first', () => {
    const memory = [user('1'), assistant('one'), user('2'), assistant('two')];
    const messages = [user('now')];
    const exchange = estimateTokens(memory.slice(2));
    const cut = cutToBudget({ memory, messages }, estimateTokens(messages[0]) + exchange);
    expect(cut).toEqual({ memory: memory.slice(2), messages });
  });

  it('gives the memory nothing while turns of the task are left out', () => {
    const messages = [user('now'), assistant('x'.repeat(400)), user('more')];
    const memory = [user('1')];
    expect(cutToBudget({ memory, messages }, 60)).toEqual({
      memory: [],
      messages: [messages[0], messages[2]],
    });
  });

  it('refuses a turn that does not fit', () => {
    expect(() => cutToBudget({ memory: [], messages: [user('now'), user('x'.repeat(400))] }, 60)).toThrow(
      /no longer fits into contextTokens/,
    );
  });
});

describe('cutText', () => {
  it('fits in every script', () => {
    for (const letters of ['x', 'ß', '語', '😀', 'x😀', '"', '\n']) {
      // The first letter decides whether the cut falls between the halves of a pair.
      const cut = cutText(`${letters.slice(0, -2)}${letters.slice(-2).repeat(5_000)}`, 100);
      expect(estimateTokens(cut)).toBeLessThanOrEqual(100);
      expect(cut).toMatch(/… \[cut: \d+ characters in all\]$/);
      expect(cut).not.toMatch(/\p{Surrogate}/u);
    }
  });
});

describe('describeTools', () => {
  it('takes what it does not know from the card, and keeps names apart', async () => {
    const describe = createDescribeTools([], async ({ url }) => ({
      name: 'Über Agent!',
      description: `At ${url}`,
      skills: [{ name: 'Add', description: 'Adds.', examples: ['1 + 1'] }],
    }));
    const tools = await describe(['https://a.example', { url: 'https://b.example' }], 'me');
    expect(tools).toEqual([
      {
        name: '_ber_Agent_',
        description: 'Über Agent!: At https://a.example\nSkills:\n- Add: Adds. Example: 1 + 1',
        target: { url: 'https://a.example' },
      },
      expect.objectContaining({ name: '_ber_Agent__2' }),
    ]);
  });
});
