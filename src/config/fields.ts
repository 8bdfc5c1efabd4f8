import { z } from 'zod';

/** Fields that several parts of agents.yaml share. */

export const duration = z
  .string()
  .regex(/^\d+(\.\d+)?\s*(ms|s|m|h|d)$/, 'a number with a unit, such as "30s", "5m" or "1d"')
  .describe('A duration, such as "30s", "5m" or "1d"');

export const taskQueue = z
  .string()
  .min(1)
  .default('temporal-a2a')
  .describe('Task queue that the workers of its workflow poll');

export const retry = z.strictObject({
  maximumAttempts: z.int().min(1).optional(),
  initialInterval: duration.optional(),
  maximumInterval: duration.optional(),
  backoffCoefficient: z.number().min(1).optional(),
});

/** What stands where a secret is named; whatever else stands there may be the secret itself. */
export const SECRET_REFERENCE = 'a reference to a secret: "env:NAME" or "file:PATH"';

/** A secret is named here, and read by whoever uses it. */
export const secret = z.string().regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/, SECRET_REFERENCE);

export const httpUrl = z.url({ protocol: /^https?$/, error: 'an http or https URL' });

const credential = z.strictObject({
  scheme: z
    .string()
    .optional()
    .describe('Name of the security scheme in the card; the first that fits without'),
  value: secret.optional().describe('API key, bearer token, or user:password'),
  clientId: secret.optional(),
  clientSecret: secret.optional(),
  scopes: z.array(z.string()).optional(),
  tokenUrl: httpUrl.optional(),
  certificate: secret.optional(),
  key: secret.optional(),
  ca: secret.optional(),
});

/** How an agent elsewhere is called, beside its URL. */
export const remoteFields = {
  credentials: z.array(credential).optional().describe("For the security schemes of the agent's card"),
  requireSignature: z.boolean().optional().describe('Refuse a card without a valid signature'),
  bindings: z
    .array(z.enum(['JSONRPC', 'HTTP+JSON', 'GRPC']))
    .min(1)
    .optional()
    .describe("Bindings in order of preference; the card's own order without"),
  waiting: z
    .enum(['stream', 'poll', 'webhook'])
    .optional()
    .describe('How its answer is waited for: "stream" unless set'),
};
