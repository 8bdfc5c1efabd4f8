import { z } from 'zod';
import { duration, httpUrl, remoteFields, secret, taskQueue } from './fields';

/** What `model:` of an agent in agents.yaml holds: an agent from a prompt (docs/models.md). */

const remoteTool = z.strictObject({
  url: httpUrl.describe('URL of a remote agent: its card, or its base URL'),
  name: z.string().min(1).optional().describe('Name of the tool. Default: the name in the card.'),
  description: z.string().min(1).optional().describe('What the tool does. Default: the skills in the card.'),
  ...remoteFields,
});

const limits = z.strictObject({
  turns: z.int().min(1).max(1_000).default(20).describe('Maximum number of model calls in a task'),
  totalTokens: z
    .int()
    .min(1)
    .default(1_000_000)
    .describe('Maximum number of tokens, prompts and answers, in a task'),
  time: duration
    .default('1h')
    .describe('Longest working time of a task, without the time it waits for the user'),
});

/** The schema of `model:`. */
export const modelDefinition = z
  .strictObject({
    baseUrl: httpUrl.describe('Base URL of an OpenAI-compatible API, such as "https://api.openai.com/v1"'),
    model: z.string().min(1).describe('Name of the model'),
    apiKey: secret
      .optional()
      .describe('Reference to the API key: "env:NAME" or "file:PATH". Default: no key is sent.'),
    systemPrompt: z.string().min(1).optional().describe('System prompt'),
    temperature: z.number().min(0).max(2).optional().describe('Sampling temperature'),
    maxTokens: z
      .int()
      .min(1)
      .optional()
      .describe('Longest answer of the model in tokens, sent as max_tokens'),
    parameters: z
      .record(z.string(), z.json())
      .optional()
      .describe(
        'Further fields of each request to the model, such as {"reasoning_effort": "low"}; null leaves out a field that is added by default, such as stream_options',
      ),
    tools: z
      .array(
        z.union([z.string().min(1), remoteTool], {
          error: 'the ID of an agent in this file, the URL of a remote agent, or an entry with a url',
        }),
      )
      .max(64)
      .default([])
      .describe('Agents that the model may call: IDs of agents in this file, or remote agents'),
    askUser: z
      .boolean()
      .default(false)
      .describe('Whether the model may ask the user (TASK_STATE_INPUT_REQUIRED)'),
    memory: z
      .boolean()
      .default(true)
      .describe('Whether the model gets the earlier tasks of the same context'),
    contextTokens: z
      .int()
      .min(1_000)
      .max(200_000)
      .default(32_000)
      .describe(
        'Maximum number of tokens that the model gets, prompt and tools included. A token is estimated as 4 bytes.',
      ),
    relay: z
      .enum(['status', 'none'])
      .default('status')
      .describe('Whether status messages of called agents show in the task'),
    limits: limits.prefault({}).describe('What a task may take'),
    callTimeout: duration.default('10m').describe('Timeout of a model call'),
    maximumAttempts: z.int().min(1).default(8).describe('Maximum number of attempts for each model call'),
    taskQueue,
  })
  .describe('A model with a prompt, called through an OpenAI-compatible API');

/** What the workflow `model` is to do, with every default filled in. */
export type ModelDefinition = Omit<z.infer<typeof modelDefinition>, 'taskQueue'>;

/** Agents of the same file that a model may call, with the places that name them. */
export function toolAgents(tools: unknown): { id: string; path: PropertyKey[] }[] {
  if (!Array.isArray(tools)) return [];
  return tools.flatMap((tool: unknown, index) =>
    typeof tool === 'string' && !/^https?:\/\//i.test(tool) ? [{ id: tool, path: ['tools', index] }] : [],
  );
}
