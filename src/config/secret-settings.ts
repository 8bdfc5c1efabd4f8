import { listsReferences, text } from './setting-schemas';

/** The settings of keys and of who did what, as those in `settings.ts`. */
export const SECRET_SETTINGS = {
  secretsModule: {
    env: 'SECRETS_MODULE',
    flag: '--secrets-module',
    argument: 'file',
    description:
      'Module that exports `secretResolvers`, by which references to secrets may have schemes beside env and file',
    schema: text.optional(),
  },
  cardSigningKeys: {
    env: 'CARD_SIGNING_KEYS',
    secret: true,
    description:
      'Private key that signs agent cards (PEM or JWK), as "file:PATH" or "env:NAME"; further keys, separated by commas, are only published at /.well-known/jwks.json',
    schema: text.refine(listsReferences, 'file:PATH or env:NAME').optional(),
  },
} as const;
