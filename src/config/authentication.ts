import { z } from 'zod';
import { duration, httpUrl, secret } from './fields';

/** Signature algorithms with a key pair. With a shared secret, every verifier could make tokens, too. */
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

/** Owner of API keys. */
export const keyOwner = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/, 'letters, digits, ".", "_", "@" and "-" only, at most 128');

const apiKey = z.strictObject({
  owner: keyOwner.describe('Owner of the keys, and of the tasks that are created with them'),
  values: z
    .array(secret)
    .min(1)
    .describe('References to the keys. All of them are accepted, which allows rotation.'),
});

const jwt = z.strictObject({
  issuer: httpUrl
    .refine((url) => !/[?#]/.test(url), 'a URL without query and fragment')
    .describe('Issuer of the tokens: the exact value of their claim "iss"'),
  audience: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)], {
      error: 'a text, or a list of texts that is not empty',
    })
    .describe('Accepted audiences: the claim "aud" must contain one of them'),
  jwksUrl: httpUrl
    .optional()
    .describe(
      'URL of the public keys (JWKS). Default: found through the issuer (OpenID Connect Discovery, RFC 8414).',
    ),
  algorithms: z
    .array(z.enum(ASYMMETRIC_ALGORITHMS))
    .min(1)
    .optional()
    .describe('Accepted signature algorithms. Default: all of these.'),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'a scope without spaces'))
    .default([])
    .describe('Scopes that a token must have'),
  clockTolerance: duration.optional().describe('Tolerated clock difference. Default: 30s.'),
});

/** `authentication:` in agents.yaml, of all agents or of one. */
export const authentication = z
  .strictObject({
    apiKeys: z.array(apiKey).default([]).describe('API keys, as X-Api-Key or bearer tokens'),
    keyFile: z
      .string()
      .min(1)
      .optional()
      .describe('File of API keys that "temporal-a2a keys" writes: it holds hashes, owners and expiry'),
    jwt: z.array(jwt).default([]).describe('Access tokens (JWT) of OAuth2 or OpenID Connect issuers'),
    anonymous: z
      .literal(true)
      .optional()
      .describe('No authentication, for an agent in a file whose other agents have one'),
  })
  .superRefine(({ apiKeys, keyFile, jwt: issuers, anonymous }, context) => {
    const asks = apiKeys.length + issuers.length > 0 || keyFile !== undefined;
    if (asks !== (anonymous === true)) {
      for (const [index, other] of duplicates(apiKeys.map(({ owner }) => owner))) {
        add(context, ['apiKeys', index, 'owner'], `another owner than that of apiKeys[${other}]`);
      }
      for (const [index, other] of duplicates(issuers.map(({ issuer }) => issuer))) {
        add(context, ['jwt', index, 'issuer'], `another issuer than that of jwt[${other}]`);
      }
      return;
    }
    const message = asks ? 'either anonymous or credentials' : 'apiKeys, keyFile, jwt or anonymous';
    context.addIssue({ code: 'custom', message, params: { found: asks ? 'both' : 'none of them' } });
  });

/** Who may call an agent; the secrets are named, not held. */
export type AuthenticationConfig = z.infer<typeof authentication>;
export type ApiKeyConfig = AuthenticationConfig['apiKeys'][number];
export type JwtConfig = AuthenticationConfig['jwt'][number];

/** What may be left out of an {@link AuthenticationConfig} when it is written by hand. */
export type AuthenticationInput = z.input<typeof authentication>;

/** Whether an agent needs authentication. */
export function asksWhoCalls(agent: { authentication?: AuthenticationConfig | undefined }): boolean {
  return agent.authentication !== undefined && agent.authentication.anonymous !== true;
}

/** Whether API keys are among the credentials of an agent. */
export function takesApiKeys({ apiKeys, keyFile }: AuthenticationConfig): boolean {
  return apiKeys.length > 0 || keyFile !== undefined;
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
