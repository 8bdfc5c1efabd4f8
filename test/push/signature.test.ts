import { createHash, generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { createPushSigner } from '../../src/bridge/push-signer';
import { eventually } from '../support/eventually';
import { scripted, startHarness } from '../support/harness';
import { cleanUpAfterAll } from '../support/temporal';
import { startReceiver } from './receiver';

const ISSUER = 'https://agents.example.com';

async function keyFile(pem: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'push-key-'));
  cleanUpAfterAll(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'key.pem');
  writeFileSync(path, pem);
  return `file:${path}`;
}

const pemOf = (type: 'ec' | 'ed25519' | 'rsa') => {
  const pair =
    type === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : type === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ed25519');
  return pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
};

/** As docs/push-notifications.md shows it. */
async function verify(jwksUrl: string, signature: string, body: string, audience: string): Promise<void> {
  const keys = createRemoteJWKSet(new URL(jwksUrl));
  const { payload } = await jwtVerify(signature, keys, { issuer: ISSUER, audience });
  const hash = createHash('sha256').update(body).digest('hex');
  if (payload.request_body_sha256 !== hash) throw new Error('the body is not the one that was signed');
}

it('a receiver can verify who sent a notification, and that nothing was changed', async () => {
  const signer = await createPushSigner(await keyFile(pemOf('ec')), { issuer: ISSUER, env: {} });
  const harness = await startHarness({
    agents: [{ id: 'script' }],
    push: { signer },
    app: { jwks: signer.jwks },
  });
  const receiver = await startReceiver();
  const configuration = { taskPushNotificationConfig: { url: receiver.url } };
  const send = scripted([{ working: 'on' }, { complete: {} }]);
  await harness.bridge.sendMessage({ ...send, configuration }, harness.call('script'));
  await eventually(() => receiver.taken.length === 3);

  const jwksUrl = `${harness.url}/.well-known/jwks.json`;
  expect(await (await fetch(jwksUrl)).json()).toEqual({
    keys: [expect.objectContaining({ kty: 'EC', alg: 'ES256', use: 'sig', kid: expect.any(String) })],
  });
  expect(JSON.stringify(signer.jwks)).not.toContain('"d"');
  const { origin } = new URL(receiver.url);
  for (const { headers, body } of receiver.taken) {
    const signature = String(headers['x-a2a-notification-signature']);
    await verify(jwksUrl, signature, body, origin);
    await expect(verify(jwksUrl, signature, `${body} `, origin)).rejects.toThrow(/not the one/);
    await expect(verify(jwksUrl, signature, body, 'https://other.example.com')).rejects.toThrow(/aud/);
  }
});

it.each(['ec', 'ed25519', 'rsa'] as const)('signs with a key of %s, by file or environment', async (type) => {
  const env = { NEW: pemOf(type), OLD: pemOf('ec') };
  const signer = await createPushSigner('env:NEW, env:OLD', { issuer: ISSUER, env });
  expect(signer.jwks.keys).toHaveLength(2);
  const signature = await signer.sign('{}', { id: 'key', url: 'https://hooks.example.com/a' });
  const header = JSON.parse(Buffer.from(String(signature.split('.')[0]), 'base64url').toString());
  expect(header).toEqual({ alg: signer.jwks.keys[0]?.alg, kid: signer.jwks.keys[0]?.kid, typ: 'JWT' });
});

it.each([
  ['env:NONE', /env:NONE is not set/],
  ['file:/none/there', /cannot be read/],
  ['env:WORDS', /env:WORDS holds no private key/],
  ['-----BEGIN', /env:NAME or file:PATH/],
  ['env:SMALL', /cannot sign/],
])('refuses %s, and shows nothing of it', async (reference, message) => {
  const { privateKey } = generateKeyPairSync('x25519');
  const env = { WORDS: 'hush hush', SMALL: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() };
  await expect(createPushSigner(reference, { issuer: ISSUER, env })).rejects.toThrow(message);
  await expect(createPushSigner(reference, { issuer: ISSUER, env })).rejects.not.toThrow(/hush/);
});
