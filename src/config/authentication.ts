import { z } from 'zod';
import { duration, httpUrl, secret } from './fields';

/** Signatures that can be checked without a secret; with a shared one, whoever checks tokens could make them too. */
export const ASYMMETRIC_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

const apiKey = z.strictObject({
  owner: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/, 'letters, digits, ".", "_", "@" and "-" only, at most 128')
    .describe('Whose keys these are: tasks that they make belong to it'),
  values: z
    .array(secret)
    .min(1)
    .describe('Where the keys are; each of them is good, so that one can be rotated out'),
});

const jwt = z.strictObject({
  issuer: httpUrl
    .refine((url) => !/[?#]/.test(url), 'a URL without query and fragment')
    .describe('Who makes the tokens: their claim "iss", to the letter'),
  audience: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)], {
      error: 'a text, or a list of texts that is not empty',
    })
    .describe('What the tokens are for: one of these has to be in their claim "aud"'),
  jwksUrl: httpUrl
    .optional()
    .describe(
      'Where the public keys are; without it the issuer is asked (OpenID Connect Discovery, RFC 8414)',
    ),
  algorithms: z
    .array(z.enum(ASYMMETRIC_ALGORITHMS))
    .min(1)
    .optional()
    .describe('Signatures to accept; all asymmetric ones unless set'),
  scopes: z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'a scope without spaces')).default([]),
  clockTolerance: duration.optional().describe('How far clocks may be apart; 30s unless set'),
});

/** `authentication:` in agents.yaml, of all agents or of one. */
export const authentication = z
  .strictObject({
    apiKeys: z.array(apiKey).default([]),
    jwt: z.array(jwt).default([]),
    anonymous: z.literal(true).optional().describe('Nobody is asked; for one agent among others that do ask'),
  })
  .superRefine(({ apiKeys, jwt: issuers, anonymous }, context) => {
    const asks = apiKeys.length + issuers.length > 0;
    if (asks !== (anonymous === true)) {
      for (const [index, other] of duplicates(apiKeys.map(({ owner }) => owner))) {
        add(context, ['apiKeys', index, 'owner'], `another owner than that of apiKeys[${other}]`);
      }
      for (const [index, other] of duplicates(issuers.map(({ issuer }) => issuer))) {
        add(context, ['jwt', index, 'issuer'], `another issuer than that of jwt[${other}]`);
      }
      return;
    }
    const message = asks ? 'either anonymous or credentials' : 'apiKeys, jwt or anonymous';
    context.addIssue({ code: 'custom', message, params: { found: asks ? 'both' : 'none of them' } });
  });

/** Who may call an agent; the secrets are named, not held. */
export type AuthenticationConfig = z.infer<typeof authentication>;
export type ApiKeyConfig = AuthenticationConfig['apiKeys'][number];
export type JwtConfig = AuthenticationConfig['jwt'][number];

/** What may be left out of an {@link AuthenticationConfig} when it is written by hand. */
export type AuthenticationInput = z.input<typeof authentication>;

/** Whether an agent asks who calls. */
export function asksWhoCalls(agent: { authentication?: AuthenticationConfig | undefined }): boolean {
  return agent.authentication !== undefined && agent.authentication.anonymous !== true;
}

function* duplicates(values: readonly string[]): Generator<[index: number, first: number]> {
  for (const [index, value] of values.entries()) {
    const first = values.indexOf(value);
    if (first !== index) yield [index, first];
  }
}

function add(context: z.RefinementCtx, path: PropertyKey[], message: string): void {
  context.addIssue({ code: 'custom', message, path });
}
