import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConfigError,
  EncryptionCodec,
  EncryptionKeyError,
  EncryptionKeys,
  readEncryptionKeys,
} from '../../src';

const KEY = Buffer.alloc(32, 1).toString('base64');
const hello = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('"hello"') };

describe('readEncryptionKeys', () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'encryption-keys-'));
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('reads keys in base64 and hex; the first one encrypts unless another is named', () => {
    const file = join(directory, 'old.key');
    writeFileSync(file, `${KEY}\n`);
    const env = { NEW: randomBytes(32).toString('hex'), ENCRYPTION_KEYS: `2026=env:NEW, 2025=file:${file}` };
    const keys = readEncryptionKeys(env);
    expect([keys?.currentId, keys?.ids]).toEqual(['2026', ['2026', '2025']]);
    expect(readEncryptionKeys({ ...env, ENCRYPTION_KEY_ID: '2025' })?.currentId).toBe('2025');
    expect(readEncryptionKeys({ ENCRYPTION_KEYS: '' })).toBeUndefined();
  });

  it.each([
    [{ ENCRYPTION_KEYS: 'a=env:GONE' }, 'ENCRYPTION_KEYS: env:GONE is not set (key a)'],
    [
      { ENCRYPTION_KEYS: 'a=file:/no/such/file' },
      'ENCRYPTION_KEYS: file:/no/such/file cannot be read: there is no such file (key a)',
    ],
    [
      { ENCRYPTION_KEYS: 'a=env:SHORT', SHORT: 'c2hvcnQ=' },
      'ENCRYPTION_KEYS: env:SHORT holds no key: 32 bytes in base64 or hex (openssl rand -base64 32) (key a)',
    ],
    [{ ENCRYPTION_KEYS: 'a=env:KEY,a=env:KEY', KEY }, 'ENCRYPTION_KEYS: there are two keys with the ID a'],
    [
      { ENCRYPTION_KEYS: 'swordfish' },
      'ENCRYPTION_KEYS: expected ID=file:PATH or ID=env:NAME, several of them separated by commas, got something else',
    ],
    [
      { ENCRYPTION_KEYS: 'a=env:KEY,b=env:KEY', ENCRYPTION_KEY_ID: 'c', KEY },
      'ENCRYPTION_KEY_ID: expected one of the keys of ENCRYPTION_KEYS (a, b), got "c"',
    ],
    [{ ENCRYPTION_KEY_ID: 'c' }, 'ENCRYPTION_KEY_ID: there is no key "c" without ENCRYPTION_KEYS'],
  ])('refuses %j', (env, said) => {
    expect(() => readEncryptionKeys(env)).toThrow(new ConfigError([said]));
  });
});

describe('EncryptionCodec', () => {
  const [old, next] = [randomBytes(32), randomBytes(32)];

  it('encrypts each payload by itself, and tells the key', async () => {
    const codec = new EncryptionCodec(new EncryptionKeys({ next, old }));
    const encrypted = await codec.encode([hello, hello]);
    const [first, second] = encrypted;
    expect(Buffer.from(first?.metadata?.encoding ?? '').toString()).toBe('binary/encrypted');
    expect(Buffer.from(first?.metadata?.['encryption-key-id'] ?? '').toString()).toBe('next');
    expect(first?.data).not.toEqual(second?.data);
    expect(Buffer.from(first?.data ?? '').includes('hello')).toBe(false);
    const decrypted = await codec.decode(encrypted);
    expect(decrypted.map(({ data }) => Buffer.from(data ?? '').toString())).toEqual(['"hello"', '"hello"']);
  });

  it('decrypts what an old key has encrypted, and reads what nobody has', async () => {
    const before = new EncryptionCodec(new EncryptionKeys({ old }));
    const after = new EncryptionCodec(new EncryptionKeys({ next, old }));
    const [decrypted, clear] = await after.decode([...(await before.encode([hello])), hello]);
    expect(Buffer.from(decrypted?.data ?? '').toString()).toBe('"hello"');
    expect(clear).toEqual(hello);
  });

  it('names the key that is missing, and the one that is another', async () => {
    const encrypted = await new EncryptionCodec(new EncryptionKeys({ old })).encode([hello]);
    const without = new EncryptionCodec(new EncryptionKeys({ next }));
    await expect(without.decode(encrypted)).rejects.toThrow(
      new EncryptionKeyError('old', 'is not here: there is next'),
    );
    const wrong = new EncryptionCodec(new EncryptionKeys({ old: next }));
    await expect(wrong.decode(encrypted)).rejects.toThrow(/^The encryption key "old" does not decrypt/);
    await expect(wrong.decode([{ metadata: encrypted[0]?.metadata ?? null, data: null }])).rejects.toThrow(
      EncryptionKeyError,
    );
  });
});
