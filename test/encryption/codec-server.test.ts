import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { Client } from '@temporalio/client';
import pino from 'pino';
import { EncryptionCodec, EncryptionKeys, encryptedDataConverter } from '../../src';
import { codecServerOf } from '../../src/cli/codec-server';
import { Shutdown } from '../../src/cli/shutdown';
import { readSettings } from '../../src/config/settings';
import { findTemporalCli } from '../../src/dev-server/temporal-cli';
import { AUDIENCE, TestIssuer } from '../auth/issuer';
import { type Harness, request, startHarness, taskOf } from '../support/harness';
import { cleanUpAfterAll, connectTestTemporal, startTestWorker } from '../support/temporal';

const KEY = 'a-key-of-operators-and-long';
const UI = 'http://localhost:8233';
const keys = new EncryptionKeys({ now: randomBytes(32) });
const dataConverter = encryptedDataConverter(keys);
const codec = new EncryptionCodec(keys);

let harness: Harness;
let issuer: TestIssuer;

const settingsOf = (env: Record<string, string>) => {
  const logger = pino({ level: 'silent' });
  return { settings: readSettings(env), env, logger, shutdown: new Shutdown(logger, 0) };
};

beforeAll(async () => {
  const temporal = await connectTestTemporal();
  issuer = await TestIssuer.start();
  cleanUpAfterAll(async () => issuer.close());
  const codecServer = codecServerOf(
    settingsOf({
      CODEC_SERVER_KEYS: 'env:OPERATORS',
      OPERATORS: KEY,
      CODEC_SERVER_ISSUER: issuer.url,
      CODEC_SERVER_AUDIENCE: AUDIENCE,
      CODEC_SERVER_ORIGINS: UI,
    }),
    dataConverter,
  );
  harness = await startHarness({
    temporal: {
      ...temporal,
      client: new Client({ connection: temporal.connection, dataConverter }),
    },
    agents: [{ id: 'echo' }],
    withoutWorker: true,
    app: { codecServer },
  });
  await startTestWorker({ connection: temporal.connection, taskQueue: harness.taskQueue, dataConverter });
}, 60_000);

const payload = (text: string) => ({
  metadata: { encoding: Buffer.from('json/plain').toString('base64') },
  data: Buffer.from(JSON.stringify(text)).toString('base64'),
});

/** As it comes out of the codec. */
async function encrypted(text: string, by = codec) {
  const { metadata, data } = payload(text);
  const [{ metadata: fields, data: bytes } = {}] = await by.encode([
    { metadata: { encoding: Buffer.from(metadata.encoding, 'base64') }, data: Buffer.from(data, 'base64') },
  ]);
  const entries = Object.entries(fields ?? {});
  return {
    metadata: Object.fromEntries(
      entries.map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
    ),
    data: Buffer.from(bytes ?? '').toString('base64'),
  };
}

async function post(path: string, body: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${harness.url}/codec/${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Namespace': 'default', ...headers },
    body: JSON.stringify(body),
  });
  return { response, body: (await response.json()) as { payloads: unknown[]; error?: { message: string } } };
}

const bearer = { Authorization: `Bearer ${KEY}` };

it('the command line of Temporal shows with it what was encrypted, and nothing without', async () => {
  const { id } = taskOf(await harness.bridge.sendMessage(request('swordfish'), harness.call('echo')));
  const { path } = await findTemporalCli();
  const show = async (...args: string[]) => {
    const own = [
      'workflow',
      'show',
      '--workflow-id',
      id,
      '--address',
      harness.temporal.address,
      '-o',
      'json',
    ];
    const { stdout } = await promisify(execFile)(path, [...own, ...args]);
    // As JSON it shows payloads in base64.
    const data = [...stdout.matchAll(/"data":\s*"([^"]+)"/g)].map(([, text = '']) =>
      Buffer.from(text, 'base64'),
    );
    return Buffer.concat(data).toString('latin1');
  };
  expect(await show()).not.toContain('swordfish');
  const at = ['--codec-endpoint', `${harness.url}/codec`];
  expect(await show(...at, '--codec-auth', `Bearer ${KEY}`)).toContain('swordfish');
  expect(
    await show('--codec-endpoint', `${harness.url}/codec/{namespace}`, '--codec-auth', `Bearer ${KEY}`),
  ).toContain('swordfish');
  // It tries again until its own deadline, and does not tell of the 401.
  await expect(show(...at, '--codec-auth', 'Bearer of another key')).rejects.toThrow(/deadline exceeded|401/);
}, 60_000);

it('encodes and decodes for operators alone: by key, and by access token', async () => {
  const { body } = await post('encode', { payloads: [payload('hello')] }, bearer);
  expect(JSON.stringify(body)).toContain(Buffer.from('binary/encrypted').toString('base64'));
  const token = { Authorization: `Bearer ${await issuer.token()}` };
  expect((await post('decode', body, token)).body).toEqual({ payloads: [payload('hello')] });
  for (const headers of [{}, { Authorization: 'Bearer nothing that is known' }, { 'X-Api-Key': 'unknown' }]) {
    const { response } = await post('decode', body, headers as Record<string, string>);
    expect(response.status).toBe(401);
  }
  const others = { Authorization: `Bearer ${await issuer.token({ aud: 'https://another.test' })}` };
  expect((await post('decode', body, others)).response.status).toBe(401);
});

it('leaves what it cannot decode as it is, and what is in clear', async () => {
  const foreign = await encrypted(
    'secret',
    new EncryptionCodec(new EncryptionKeys({ old: randomBytes(32) })),
  );
  const payloads = [foreign, await encrypted('hello'), payload('clear')];
  const { body } = await post('decode', { payloads }, bearer);
  expect(body).toEqual({ payloads: [foreign, payload('hello'), payload('clear')] });
});

it('takes null for what is not there', async () => {
  const { response, body } = await post('decode', { payloads: [{ metadata: null, data: null }] }, bearer);
  expect([response.status, body.payloads?.length]).toEqual([200, 1]);
});

it('says what is wrong with a request', async () => {
  const { response, body } = await post('decode', { payloads: [{ data: 'not base64!' }] }, bearer);
  expect(response.status).toBe(400);
  expect(body.error?.message).toMatch(/^payloads\.0\.data: /);
});

it("answers pages of Temporal's UI, and no others", async () => {
  const preflight = (origin: string) =>
    fetch(`${harness.url}/codec/decode`, {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,content-type,x-namespace',
      },
    });
  const allowed = await preflight(UI);
  expect(allowed.status).toBe(204);
  expect(Object.fromEntries(allowed.headers)).toMatchObject({
    'access-control-allow-origin': UI,
    'access-control-allow-methods': 'POST, OPTIONS',
    'access-control-allow-headers': expect.stringMatching(/Authorization.*Content-Type.*X-Namespace/),
    'access-control-allow-credentials': 'true',
    vary: 'Origin',
  });
  // The page is told of errors, too.
  const refused = await post('decode', { payloads: [] }, { Origin: UI });
  expect([refused.response.status, refused.response.headers.get('access-control-allow-origin')]).toEqual([
    401,
    UI,
  ]);
  expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
});

it('is off unless settings say who may use it', async () => {
  expect(codecServerOf(settingsOf({}), dataConverter)).toBeUndefined();
  const off = await startHarness({ agents: [{ id: 'echo' }], withoutWorker: true, app: true });
  const response = await fetch(`${off.url}/codec/decode`, { method: 'POST' });
  expect(response.status).toBe(404);
});

it.each([
  [{ CODEC_SERVER_KEYS: 'env:GONE' }, 'CODEC_SERVER_KEYS: env:GONE is not set (API key of operator)'],
  [
    { CODEC_SERVER_ISSUER: 'https://issuer.test' },
    'CODEC_SERVER_ISSUER and CODEC_SERVER_AUDIENCE: expected both or neither',
  ],
  [
    { CODEC_SERVER_ORIGINS: UI },
    'CODEC_SERVER_ORIGINS: expected CODEC_SERVER_KEYS or CODEC_SERVER_ISSUER, too',
  ],
  [
    { CODEC_SERVER_ORIGINS: `${UI}/path` },
    `CODEC_SERVER_ORIGINS: expected origins separated by commas, such as "http://localhost:8233", without a path, got "${UI}/path"`,
  ],
])('refuses %j', (env, said) => {
  expect(() => codecServerOf(settingsOf(env), dataConverter)).toThrow(said);
});
