import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StorageDriverClaim } from '@temporalio/common';
import { DirectoryDriver } from '../../src/storage/directory-driver';
import { segment, textOfSegment } from '../../src/storage/stored-under';
import { json } from '../support/raw-worker';

let directory: string;
let driver: DirectoryDriver;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'temporal-a2a-storage-'));
  driver = new DirectoryDriver(directory);
});

afterEach(() => rm(directory, { recursive: true }));

const target = { kind: 'workflow', namespace: 'default', id: 'a2a/anna:1' } as const;
const payload = json({ hello: 'world' });

const store = async () => {
  const [claim] = await driver.store({ target }, [payload]);
  return claim as StorageDriverClaim;
};

const fileOf = ({ claimData }: StorageDriverClaim) => join(directory, claimData.path ?? '');

describe('a directory', () => {
  it('has a payload by namespace, workflow and hash, as protobuf', async () => {
    const claim = await store();
    const hash = createHash('sha256')
      .update(await readFile(fileOf(claim)))
      .digest('hex');
    expect(claim.claimData).toEqual({
      path: `ns/default/wi/a2a%2Fanna%3A1/${hash}`,
      hashAlgorithm: 'sha256',
      hashValue: hash,
      hash_algorithm: 'sha256',
      hash_value: hash,
    });
    expect(await driver.retrieve({}, [claim])).toEqual([payload]);
  });

  it('has it once, and as young as it was stored last', async () => {
    const claim = await store();
    await utimes(fileOf(claim), 1, 1);
    expect(await store()).toEqual(claim);
    expect((await stat(fileOf(claim))).mtimeMs).toBeGreaterThan(1_000_000);
    expect(await readdir(join(fileOf(claim), '..'))).toHaveLength(1);
  });

  it('is made with those above it, and says why it cannot be', async () => {
    await new DirectoryDriver(join(directory, 'a/b')).check();
    expect((await stat(join(directory, 'a/b'))).mode & 0o777).toBe(0o700);
    const file = join(directory, 'file');
    await writeFile(file, '');
    for (const path of [file, join(file, 'below')]) {
      await expect(new DirectoryDriver(path).check()).rejects.toThrow(
        `${path} is not a directory, or is below a file`,
      );
    }
  });

  it('refuses what was changed', async () => {
    const claim = await store();
    await writeFile(fileOf(claim), 'something else');
    await expect(driver.retrieve({}, [claim])).rejects.toMatchObject({
      name: 'StoredPayloadError',
      message: expect.stringContaining('the content was changed'),
    });
  });

  it('says what is gone', async () => {
    const claim = await store();
    await rm(fileOf(claim));
    await expect(driver.retrieve({}, [claim])).rejects.toMatchObject({
      name: 'StoredPayloadError',
      message: expect.stringContaining('is not in the payload storage any more'),
    });
  });

  it('that is away is not one that has lost a payload', async () => {
    const claim = await store();
    const away = new DirectoryDriver(join(directory, 'not-mounted'));
    await expect(away.retrieve({}, [claim])).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('that goes away is not made again', async () => {
    await store();
    await rename(directory, `${directory}.away`);
    await expect(store()).rejects.toThrow('cannot be used as a directory: ENOENT');
    await rename(`${directory}.away`, directory);
    await store();
  });

  it.each(['../../etc/passwd', '/etc/passwd', `ns/default/wi/../${'0'.repeat(64)}`, 'ns/default/wi/x/y', ''])(
    'reads nothing but what it has stored: %j',
    async (path) => {
      const { claimData } = await store();
      const claim = new StorageDriverClaim({ ...claimData, path });
      await expect(driver.retrieve({}, [claim])).rejects.toThrow('names no file of the payload storage');
    },
  );
});

describe('folder names', () => {
  it.each(['plain', 'a/b', '..', 'ümlaut %2F', '日本'])('tell the text: %s', (text) => {
    expect(segment(text)).toMatch(/^[\w%-]+$/);
    expect(textOfSegment(segment(text))).toBe(text);
  });

  it('are short enough for any file system', () => {
    const names = ['é'.repeat(500), `${'é'.repeat(499)}f`].map(segment);
    expect(new Set(names).size).toBe(2);
    for (const name of names) {
      expect(name.length).toBeLessThanOrEqual(200);
      expect(textOfSegment(name)).toBeUndefined();
    }
  });
});
