import { z } from 'zod';
import { duration, httpUrl, remoteFields, secret, taskQueue } from './fields';

/** What `model:` of an agent in agents.yaml holds: an agent from a prompt (docs/models.md). */

const remoteTool = z.strictObject({
  url: httpUrl.describe('URL of the card, or base URL, of an agent elsewhere'),
  name: z.string().min(1).optional().describe('Name of the tool; that of the card unless set'),
  description: z.string().min(1).optional().describe('What the tool does; the skills of the card unless set'),
  ...remoteFields,
});

const limits = z.strictObject({
  turns: z.int().min(1).max(1_000).default(20).describe('Calls of the model in one task'),
  totalTokens: z
    .int()
    .min(1)
    .default(1_000_000)
    .describe('Tokens of all calls in one task, prompts and answers'),
  time: duration
    .default('1h')
    .describe('Time that one task may work; while it waits for the user, none passes'),
});

/** The schema of `model:`. */
export const modelDefinition = z
  .strictObject({
    baseUrl: httpUrl.describe('Base URL of an OpenAI-compatible API, such as "https://api.openai.com/v1"'),
    model: z.string().min(1).describe('Name of the model'),
    apiKey: secret
      .optional()
      .describe('The key by reference: "env:NAME" or "file:PATH"; none is sent without'),
    systemPrompt: z.string().min(1).optional().describe('What the model is told first'),
    temperature: z.number().min(0).max(2).optional(),
    maxTokens: z.int().min(1).optional().describe('Longest answer of the model, in tokens (max_tokens)'),
    parameters: z
      .record(z.string(), z.json())
      .optional()
      .describe('Further fields of each request, as they are, such as {"reasoning_effort": "low"}'),
    tools: z
      .array(
        z.union([z.string().min(1), remoteTool], {
          error: 'the ID of an agent in this file, the URL of an agent elsewhere, or an entry with a url',
        }),
      )
      .max(64)
      .default([])
      .describe('Agents that the model may call: IDs of agents in this file, or agents elsewhere'),
    askUser: z.boolean().default(false).describe('The model may ask the user (TASK_STATE_INPUT_REQUIRED)'),
    memory: z.boolean().default(true).describe('The model is told of earlier tasks of the same context'),
    contextTokens: z
      .int()
      .min(1_000)
      .max(200_000)
      .default(32_000)
      .describe('Tokens that the model is told at most, estimated as a quarter of the bytes'),
    relay: z
      .enum(['status', 'none'])
      .default('status')
      .describe('Whether the task shows what an agent that the model has called says while it works'),
    limits: limits.prefault({}),
    callTimeout: duration.default('10m').describe('Longest time for one call of the model'),
    maximumAttempts: z.int().min(1).default(8).describe('Attempts for each call of the model'),
    taskQueue,
  })
  .describe('A prompt for a model behind an OpenAI-compatible API');

/** What the workflow `model` is to do, with every default filled in. */
export type ModelDefinition = Omit<z.infer<typeof modelDefinition>, 'taskQueue'>;

/** Agents of the same file that a model may call, with the places that name them. */
export function toolAgents(tools: unknown): { id: string; path: PropertyKey[] }[] {
  if (!Array.isArray(tools)) return [];
  return tools.flatMap((tool: unknown, index) =>
    typeof tool === 'string' && !/^https?:\/\//i.test(tool) ? [{ id: tool, path: ['tools', index] }] : [],
  );
}
