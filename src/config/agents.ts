import { z } from 'zod';
import type { JsonValue } from '../a2a/types';
import { authentication } from './authentication';
import { chainDefinition } from './chain';
import { duration, retry, taskQueue } from './fields';
import { modelDefinition } from './model';
import { proxyDefinition } from './proxy';
import { agentQuotas, type CallerQuotas } from './quotas';

/**
 * What `agents.yaml` may hold. The types of the whole program come from here, and so does
 * `agents.schema.json` for editors.
 */

const id = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'letters, digits, ".", "_" and "-" only, at most 63 of them')
  .describe('ID of the agent, used in URLs and search attributes');

const mediaType = z.string().regex(/^[\w.+*-]+\/[\w.+*-]+$/, 'a media type, such as "text/plain"');

const skill = z.strictObject({
  id: z.string().min(1).describe('ID of the skill, unique within the agent'),
  name: z.string().min(1).describe('Name of the skill'),
  description: z.string().min(1).describe('What it does, for clients and models that choose'),
  tags: z.array(z.string()).default([]).describe('Keywords'),
  examples: z.array(z.string()).optional().describe('Messages that it understands'),
  inputModes: z
    .array(mediaType)
    .optional()
    .describe('Media types that it takes. Default: defaultInputModes of the agent.'),
  outputModes: z
    .array(mediaType)
    .optional()
    .describe('Media types that it makes. Default: defaultOutputModes of the agent.'),
});

const workflow = z
  .strictObject({
    type: z.string().min(1).describe('Workflow type; the workflow may be written in any language'),
    taskQueue,
    input: z
      .enum(['data', 'text', 'parts', 'message'])
      .optional()
      .describe(
        'For a plain workflow, which does not use A2A: what it gets as its only argument: the first data part, the text, the parts, or the whole message. Default: a contract workflow, which gets a TaskStart (docs/contract.md).',
      ),
    executionTimeout: duration
      .optional()
      .describe('Workflow execution timeout, such as "1h". Default: none.'),
    runTimeout: duration.optional().describe('Workflow run timeout, such as "1h". Default: none.'),
    taskTimeout: duration.optional().describe('Workflow task timeout, such as "10s". Default: 10s.'),
    retry: retry
      .extend({
        nonRetryableErrorTypes: z
          .array(z.string())
          .optional()
          .describe('Types of failures after which there is no further attempt'),
      })
      .optional()
      .describe('Retry policy of the workflow. Default: no retries.'),
  })
  .describe('A workflow that serves as this agent');

/**
 * Agents that need no code: the key in agents.yaml, which is also the type of the built-in workflow, and what may be
 * below it. One more agent of this kind is one more line here.
 */
const definitions = {
  proxy: proxyDefinition.describe('A remote agent that is served as this agent, durably').optional(),
  chain: chainDefinition.describe('Steps that call other agents').optional(),
  model: modelDefinition.optional(),
};

/** How an agent runs: exactly one of these. */
const WAYS = ['workflow', ...(Object.keys(definitions) as (keyof typeof definitions)[])] as const;

const entry = z.strictObject({
  id,
  default: z.boolean().default(false).describe('Serve this agent at the root URL, too'),
  name: z.string().min(1).describe('Name of the agent, for people'),
  description: z.string().min(1).describe('What the agent does, for clients and models that choose'),
  version: z.string().min(1).default('1.0.0').describe('Version of the agent, as its card shows it'),
  documentationUrl: z.url().optional().describe('Documentation of the agent'),
  iconUrl: z.url().optional().describe('Picture of the agent'),
  provider: z
    .strictObject({
      organization: z.string().min(1).describe('Name of the organization'),
      url: z.url().describe('Its website'),
    })
    .optional()
    .describe('Who provides the agent'),
  defaultInputModes: z
    .array(mediaType)
    .min(1)
    .optional()
    .describe('Media types that the agent takes; every type unless set'),
  defaultOutputModes: z
    .array(mediaType)
    .min(1)
    .default(['text/plain', 'application/json'])
    .describe('Media types that the agent makes'),
  skills: z.array(skill).min(1).describe('What the agent can do'),
  extensions: z
    .array(
      z.strictObject({
        uri: z.url().describe('URI of the extension'),
        description: z.string().optional().describe('What the agent uses it for'),
        required: z
          .boolean()
          .optional()
          .describe('Whether clients must name it; others are refused. Default: false.'),
        params: z.record(z.string(), z.json()).optional().describe('Parameters of the extension'),
      }),
    )
    .default([])
    .describe('Extensions of A2A that the card lists'),
  extendedCard: z
    .strictObject({
      description: z.string().min(1).optional().describe('Instead of the public one'),
      skills: z.array(skill).default([]).describe('In addition to the public ones'),
    })
    .optional()
    .describe('Changes to the public card that make the extended agent card (GetExtendedAgentCard)'),
  versions: z
    .array(z.enum(['1.0', '0.3', '0.2']))
    .default(['1.0', '0.3', '0.2'])
    .describe(
      'A2A versions that the agent is served in. With an empty list the agent is not served: only workflows, chains and models of this bridge can call it.',
    ),
  authentication: authentication
    .optional()
    .describe('Who may call this agent. Default: the authentication of the whole file.'),
  quotas: agentQuotas.optional(),
  priority: z
    .int()
    .min(1)
    .max(5)
    .optional()
    .describe(
      'Priority of the tasks in their task queue: 1 comes first, 5 last. Default: 3. What a task calls has the same.',
    ),
  streaming: z.boolean().default(true).describe('Whether the card offers streaming'),
  pushNotifications: z
    .boolean()
    .default(true)
    .describe('Whether the card offers push notifications; they also need a worker that delivers them'),
  answers: z
    .enum(['task', 'message'])
    .default('task')
    .describe(
      'What the agent answers with. "message": a stream waits for the Message instead of showing the task.',
    ),
  repeatAnswer: z
    .boolean()
    .default(false)
    .describe(
      'Repeat the text of the artifacts as the message of the final status, for clients that show no artifacts',
    ),
  urlSchemes: z
    .array(
      z.string().regex(/^[a-z][a-z0-9+.-]*$/, 'a URL scheme in small letters, without colon, such as "s3"'),
    )
    .optional()
    .describe('URL schemes that the file parts of messages may have, besides http and https, such as [s3]'),
  publicGrpcUrl: z
    .union([z.literal('off'), z.string().regex(/^[^\s/]+:\d{1,5}$/)], {
      error: '"off", or host:port, such as agents.example.com:443',
    })
    .optional()
    .describe(
      'Where clients reach this agent over gRPC, for its card, instead of PUBLIC_GRPC_URL; "off" lists none',
    ),
  workflow: workflow.optional(),
  ...definitions,
});

/** An entry of `agents:`, checked and with its defaults. */
export const agent = entry
  .superRefine((fields, context) => {
    const ways = WAYS.filter((way) => fields[way] !== undefined);
    if (ways.length === 1) return;
    const message = `exactly one of ${WAYS.join(', ')}`;
    context.addIssue({
      code: 'custom',
      message,
      path: ways.slice(1, 2),
      params: { found: ways.join(' and ') || 'none of them' },
    });
  })
  .transform(toAgentConfig);

/** One agent, with every default filled in. */
export type AgentConfig = Omit<z.infer<typeof entry>, (typeof WAYS)[number]> & {
  workflow: z.infer<typeof workflow>;
  /** What a built-in workflow is to do; JSON, with references instead of secrets. */
  definition?: JsonValue;
  /** Those of the whole file. */
  callerQuotas?: CallerQuotas;
};

/** An agent as it is written by hand, with what may be left out: docs/agents-yaml.md lists the fields. */
export type AgentInput = z.input<typeof entry>;

/** Every way to run an agent ends up as a workflow. */
function toAgentConfig(fields: z.infer<typeof entry>): AgentConfig {
  const { workflow: own, proxy, chain, model, ...common } = fields;
  if (own !== undefined) return { ...common, workflow: own };
  for (const [type, definition] of Object.entries({ proxy, chain, model })) {
    if (definition === undefined) continue;
    const { taskQueue, ...rest } = definition;
    return { ...common, workflow: { type, taskQueue }, definition: JSON.parse(JSON.stringify(rest)) };
  }
  throw new Error(`agent ${common.id} has none of ${WAYS.join(', ')}`);
}
