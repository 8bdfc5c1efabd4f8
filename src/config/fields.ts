import { z } from 'zod';
import { secretPlace } from './secret-ref';

/** Fields that several parts of agents.yaml share. */

export const duration = z
  .string()
  .regex(/^\d+(\.\d+)?\s*(ms|s|m|h|d)$/, 'a number with a unit, such as "30s", "5m" or "1d"')
  .describe('Duration, such as "30s", "5m" or "1d"');

export const taskQueue = z
  .string()
  .min(1)
  .default('temporal-a2a')
  .describe('Task queue of the workers that run the workflow');

export const retry = z.strictObject({
  maximumAttempts: z.int().min(1).optional().describe('Attempts in all, including the first'),
  initialInterval: duration.optional().describe('Time before the first retry, such as "1s"'),
  maximumInterval: duration.optional().describe('Longest time between retries, such as "1m"'),
  backoffCoefficient: z.number().min(1).optional().describe('Factor by which the time between retries grows'),
});

/** Describes a reference to a secret. Errors never show a value that is not one: it may be the secret itself. */
export const SECRET_REFERENCE =
  'a reference to a secret: "env:NAME" or "file:PATH", or one with a scheme of SECRETS_MODULE';

/** A reference to a secret, which is read when it is used. */
export const secret = z
  .string()
  .regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|(?!env:)[a-z][a-z0-9]*:.+)$/, { error: SECRET_REFERENCE, abort: true })
  .refine((text) => secretPlace(text) !== undefined, SECRET_REFERENCE);

export const httpUrl = z.url({ protocol: /^https?$/, error: 'an http or https URL' });

const credential = z.strictObject({
  scheme: z
    .string()
    .optional()
    .describe('Name of the security scheme in the card. Default: the first one that these credentials fit.'),
  value: secret.optional().describe('API key, bearer token, or user:password'),
  clientId: secret.optional().describe('Client ID, for OAuth2 client credentials or OpenID Connect'),
  clientSecret: secret.optional().describe('Its secret'),
  scopes: z.array(z.string()).optional().describe('Scopes to ask for. Default: those that the card names.'),
  tokenUrl: httpUrl.optional().describe("Token endpoint. Default: the card's, or found through the issuer."),
  certificate: secret.optional().describe('Client certificate for mutual TLS (PEM)'),
  key: secret.optional().describe('Its private key (PEM)'),
  ca: secret.optional().describe("Certificate authority that signed the agent's certificate (PEM)"),
});

export const keepContext = z
  .boolean()
  .optional()
  .describe(
    "Whether calls go on in the remote agent's context of earlier calls in the same context. Default: true.",
  );

/** How a remote agent is called, beside its URL. */
export const remoteFields = {
  credentials: z
    .array(credential)
    .optional()
    .describe("Credentials for the security schemes of the agent's card"),
  requireSignature: z.boolean().optional().describe('Whether the card must have a valid signature'),
  bindings: z
    .array(z.enum(['JSONRPC', 'HTTP+JSON', 'GRPC']))
    .min(1)
    .optional()
    .describe('Bindings to use, in order of preference. Default: those of the card, in its order.'),
  waiting: z
    .enum(['stream', 'poll', 'webhook'])
    .optional()
    .describe('How to wait for the answer. Default: "stream".'),
};
