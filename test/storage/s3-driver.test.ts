import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StorageDriverClaim } from '@temporalio/common';
import { S3Driver } from '../../src/storage/s3-driver';
import { json } from '../support/raw-worker';

/** What of S3's protocol objects need; `npm run interop` has the driver speak to a whole one. */
const objects = new Map<string, Buffer>();

const server = createServer(async (request, response) => {
  const path = decodeURIComponent((request.url ?? '').split('?')[0] ?? '');
  if (request.method === 'PUT') {
    objects.set(path, Buffer.concat(await request.toArray()));
    response.end();
    return;
  }
  const found = path === '/payloads' ? Buffer.alloc(0) : objects.get(path);
  if (found === undefined) {
    response.writeHead(404, { 'content-type': 'application/xml' });
    response.end('<Error><Code>NoSuchKey</Code><Message>The key does not exist.</Message></Error>');
  } else response.end(found);
});

let driver: S3Driver;
const options = { bucket: 'payloads', prefix: 'a2a' };

beforeAll(async () => {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = {
    endpoint: `http://127.0.0.1:${port}`,
    forcePathStyle: true,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  };
  driver = new S3Driver({ ...options, client });
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const payload = json({ hello: 'world' });

const storeFor = async (id: string) => {
  const target = { kind: 'workflow', namespace: 'default', type: 'echo', id } as const;
  const [claim] = await driver.store({ target }, [payload]);
  return claim as StorageDriverClaim;
};

describe('S3', () => {
  it("has a payload under the key that Temporal's drivers choose, and claims that each of them reads", async () => {
    const claim = await storeFor("task 1/it's");
    const { hashValue = '' } = claim.claimData;
    expect(claim.claimData).toEqual({
      bucket: 'payloads',
      key: `a2a/v0/ns/default/wt/echo/wi/task%201%2Fit's/ri/null/d/sha256/${hashValue}`,
      hashAlgorithm: 'sha256',
      hashValue,
      hash_algorithm: 'sha256',
      hash_value: hashValue,
    });
    expect(hashValue).toMatch(/^[0-9a-f]{64}$/);
    expect(await driver.retrieve({}, [claim])).toEqual([payload]);
  });

  it.each([
    ['TypeScript', 'hashAlgorithm', 'hashValue'],
    ['Python', 'hash_algorithm', 'hash_value'],
  ])("reads the claims of Temporal's driver for %s", async (_language, algorithm, value) => {
    const { claimData } = await storeFor('1');
    const { bucket = '', key = '', hashValue = '' } = claimData;
    const claim = new StorageDriverClaim({ bucket, key, [algorithm]: 'sha256', [value]: hashValue });
    expect(await driver.retrieve({}, [claim])).toEqual([payload]);
  });

  it('has a shorter key when one would be too long', async () => {
    const { claimData } = await storeFor('x'.repeat(1_000));
    expect(claimData.key).toBe(`a2a/v0/ns/default/d/sha256/${claimData.hashValue}`);
  });

  it('says what is gone, and what was changed', async () => {
    const { claimData } = await storeFor('1');
    const gone = new StorageDriverClaim({ ...claimData, key: 'a2a/v0/gone' });
    await expect(driver.retrieve({}, [gone])).rejects.toMatchObject({ name: 'StoredPayloadError' });
    const changed = new StorageDriverClaim({ ...claimData, hashValue: '0'.repeat(64) });
    await expect(driver.retrieve({}, [changed])).rejects.toThrow('the content was changed');
  });

  it('reads no other bucket, whatever a history says', async () => {
    const { claimData } = await storeFor('1');
    const claim = new StorageDriverClaim({ ...claimData, bucket: 'salaries' });
    await expect(driver.retrieve({}, [claim])).rejects.toThrow('is not in the bucket of the payload storage');
  });
});
