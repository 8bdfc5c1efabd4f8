import { generateKeyPairSync } from 'node:crypto';
import { createAuthenticator } from '../../src/auth/authenticator';
import { Secrets } from '../../src/activities/remote/credentials/secrets';
import { readSecret as readForModel } from '../../src/activities/model/secret';
import { createCardSigner } from '../../src/api/card-signer';
import { readEncryptionKeys } from '../../src/config/encryption-keys';
import { preloadApiKeys, preloadSecrets, readSecret, readSecretSync } from '../../src/config/secret-ref';
import { type SecretResolver, useSecretResolvers } from '../../src/config/secret-resolvers';
import { readSettings } from '../../src/config/settings';
import { agentWith, callerOf } from '../auth/support';

const NOW = { freshMs: 0 };

afterEach(() => useSecretResolvers({}));

/** A resolver of a map, which counts. */
function vaultOf(secrets: Record<string, string | undefined>) {
  const asked: string[] = [];
  const vault: SecretResolver = async (name) => {
    asked.push(name);
    return secrets[name];
  };
  return { vault, asked, secrets };
}

it('reads what a resolver answers, without white space', async () => {
  const { vault, asked } = vaultOf({ 'apps/a#key': ' hush \n' });
  useSecretResolvers({ vault });
  expect(readSecretSync('vault:apps/a#key')).toEqual({ fault: expect.stringContaining('vault:apps/a#key') });
  expect(await Promise.all([1, 2].map(() => readSecret('vault:apps/a#key')))).toEqual([
    { value: 'hush' },
    { value: 'hush' },
  ]);
  expect(readSecretSync('vault:apps/a#key')).toEqual({ value: 'hush' });
  await readSecret('vault:apps/a#key');
  expect(asked).toEqual(['apps/a#key']);
});

it('is one of env and file alone without resolvers, and nothing of another text is shown', async () => {
  for (const text of ['vault:hush', 'user:hush', 'hush']) {
    expect(await readSecret(text)).toEqual({ fault: expect.not.stringContaining('hush') });
    expect(() => readSettings({ CODEC_SERVER_KEYS: text })).toThrow(
      /expected file:PATH or env:NAME, got some/,
    );
    expect(() => readSettings({ ENCRYPTION_KEYS: `1=${text}` })).toThrow(/ENCRYPTION_KEYS: expected/);
  }
  const apiKeys = [{ owner: 'anna', values: ['vault:hush'] }];
  expect(() => agentWith({ apiKeys })).toThrow(/a reference to a secret/);
  expect(() => agentWith({ apiKeys })).not.toThrow(/hush/);
});

it('asks again, and keeps what it knew while the resolver fails', async () => {
  let answer: () => string | undefined = () => 'old';
  const told: string[] = [];
  const use = (lastMs: number) =>
    useSecretResolvers(
      { vault: () => answer() },
      { warn: (message) => told.push(message), times: { ...NOW, lastMs } },
    );
  use(60_000);
  expect(await readSecret('vault:a')).toEqual({ value: 'old' });
  answer = () => 'new';
  expect(await readSecret('vault:a')).toEqual({ value: 'new' });
  answer = () => {
    throw new Error('Vault answers 503');
  };
  expect(await readSecret('vault:a')).toEqual({ value: 'new' });
  expect(told).toEqual([
    expect.stringMatching(/^the secret vault:a cannot be read: Vault answers 503; that of/),
  ]);
  answer = () => undefined;
  expect(await readSecret('vault:a')).toEqual({ fault: expect.stringContaining('vault:a cannot be read') });

  use(0);
  answer = () => 'old';
  await readSecret('vault:a');
  answer = () => 7 as never;
  expect(await readSecret('vault:a')).toEqual({ fault: expect.stringContaining('vault:a') });
  expect(told.at(-1)).toBe('the secret vault:a cannot be read: the resolver gave no text');
});

it('does not wait for ever', async () => {
  const told: string[] = [];
  const warn = (message: string) => told.push(message);
  let vault: SecretResolver = () => {
    throw new Error('at once');
  };
  useSecretResolvers({ vault: (...args) => vault(...args) }, { warn, times: { freshMs: 0, timeoutMs: 10 } });
  await readSecret('vault:a');
  // What nobody waits for any more, and what is late, is nobody's rejection.
  await new Promise((resolve) => setTimeout(resolve, 30));
  vault = () => new Promise(() => {});
  expect(await readSecret('vault:a')).toHaveProperty('fault');
  expect(told.map((line) => line.replace(/.*: /, ''))).toEqual(['at once', 'no answer in time']);
});

it.each(['env', 'file', 'https', 'Vault', 'v', 'a-b', ''])('refuses the scheme "%s"', (scheme) => {
  expect(() => useSecretResolvers({ [scheme]: () => 'x' })).toThrow(RangeError);
});

it('is for API keys, and a key that changes counts', async () => {
  const { vault, secrets } = vaultOf({ anna: 'key-of-anna-0123456789' });
  useSecretResolvers({ vault }, { times: NOW });
  const agent = agentWith({ apiKeys: [{ owner: 'anna', values: ['vault:anna'] }] });
  expect(() => createAuthenticator([agent])).toThrow(
    /vault:anna cannot be read or is empty.*API key of anna/,
  );
  await preloadApiKeys([agent]);
  const told: string[] = [];
  const owner = callerOf([agent], { times: { lookMs: 0 }, warn: (message) => told.push(message) });
  expect(await owner({ 'X-Api-Key': 'key-of-anna-0123456789' })).toBe('key:anna');
  secrets.anna = 'another-key-0123456789';
  expect(await owner({ 'X-Api-Key': 'another-key-0123456789' })).toBe('key:anna');
  await expect(owner({ 'X-Api-Key': 'key-of-anna-0123456789' })).rejects.toThrow('not valid');
  secrets.anna = undefined;
  await expect(owner({ 'X-Api-Key': 'another-key-0123456789' })).rejects.toThrow('not valid');
  expect(told).toEqual([expect.stringContaining('the API key of anna is no longer accepted: vault:anna')]);
});

it('is for credentials, models, signing and encryption', async () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { vault } = vaultOf({
    token: 'hush-hush',
    card: JSON.stringify({ ...privateKey.export({ format: 'jwk' }), kid: 'k1' }),
    payload: Buffer.alloc(32, 1).toString('base64'),
  });
  useSecretResolvers({ vault });
  expect(await new Secrets().read('vault:token')).toBe('hush-hush');
  await expect(new Secrets().read('vault:none')).rejects.toThrow('vault:none cannot be read');
  expect(await readForModel('vault:token')).toBe('hush-hush');
  expect((await createCardSigner('vault:card')).kid).toBe('k1');
  await preloadSecrets(['vault:payload']);
  const env = { ENCRYPTION_KEYS: '2026=vault:payload' };
  expect(readEncryptionKeys(env)?.currentId).toBe('2026');
  expect(readSettings({ ...env, CARD_SIGNING_KEYS: 'vault:card, file:old.pem' })).toMatchObject({
    cardSigningKeys: 'vault:card, file:old.pem',
  });
});
