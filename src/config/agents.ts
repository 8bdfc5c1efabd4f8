import { z } from 'zod';

/**
 * What `agents.yaml` may hold. The types of the whole program come from here, and so does
 * `agents.schema.json` for editors.
 */

const id = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'letters, digits, ".", "_" and "-" only, at most 63 of them')
  .describe('Name of the agent in URLs and search attributes');

const duration = z
  .string()
  .regex(/^\d+(\.\d+)?\s*(ms|s|m|h|d)$/, 'a number with a unit, such as "30s", "5m" or "1d"')
  .describe('A duration, such as "30s", "5m" or "1d"');

const mediaType = z.string().regex(/^[\w.+*-]+\/[\w.+*-]+$/, 'a media type, such as "text/plain"');

const skill = z.strictObject({
  id: z.string().min(1),
  name: z.string().min(1),
  description: z.string().min(1),
  tags: z.array(z.string()).default([]),
  examples: z.array(z.string()).optional(),
  inputModes: z.array(mediaType).optional(),
  outputModes: z.array(mediaType).optional(),
});

const retry = z.strictObject({
  maximumAttempts: z.int().min(1).optional(),
  initialInterval: duration.optional(),
  maximumInterval: duration.optional(),
  backoffCoefficient: z.number().min(1).optional(),
  nonRetryableErrorTypes: z.array(z.string()).optional(),
});

const workflow = z
  .strictObject({
    type: z.string().min(1).describe('Workflow type, in any language'),
    taskQueue: z.string().min(1).default('temporal-a2a').describe('Task queue that its workers poll'),
    input: z
      .enum(['data', 'text', 'parts', 'message'])
      .optional()
      .describe(
        'For a workflow that knows nothing of A2A, its one argument: the first data part, all text, the parts, or the whole message. Without it the workflow gets the TaskStart of the contract.',
      ),
    executionTimeout: duration.optional(),
    runTimeout: duration.optional(),
    taskTimeout: duration.optional(),
    retry: retry.optional(),
  })
  .describe('The workflow that runs as this agent');

const agent = z.strictObject({
  id,
  default: z.boolean().default(false).describe('Serve this agent at the root paths too'),
  name: z.string().min(1),
  description: z.string().min(1),
  version: z.string().min(1).default('1.0.0'),
  documentationUrl: z.url().optional(),
  iconUrl: z.url().optional(),
  provider: z.strictObject({ organization: z.string().min(1), url: z.url() }).optional(),
  defaultInputModes: z.array(mediaType).min(1).default(['text/plain', 'application/json']),
  defaultOutputModes: z.array(mediaType).min(1).default(['text/plain', 'application/json']),
  skills: z.array(skill).min(1),
  extensions: z
    .array(
      z.strictObject({
        uri: z.url(),
        description: z.string().optional(),
        required: z.boolean().optional(),
        params: z.record(z.string(), z.json()).optional(),
      }),
    )
    .default([]),
  extendedCard: z
    .strictObject({ description: z.string().min(1).optional(), skills: z.array(skill).default([]) })
    .optional()
    .describe('What GetExtendedAgentCard shows beyond the public card'),
  streaming: z.boolean().default(true).describe('Offer the streaming operations'),
  answers: z
    .enum(['task', 'message'])
    .default('task')
    .describe(
      '"message": the agent answers with a Message, so a stream waits for it instead of showing the task',
    ),
  workflow,
});

export const agentsFile = z.strictObject({
  agents: z.array(agent).min(1),
});

/** One agent, with every default filled in. */
export type AgentConfig = z.infer<typeof agent>;

/** What may be left out of an {@link AgentConfig} when it is written by hand. */
export type AgentInput = z.input<typeof agent>;
