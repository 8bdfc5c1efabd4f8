import { randomUUID } from 'node:crypto';
import { temporal } from '@temporalio/proto';
import { connectTemporal, readTemporalTarget } from '../../src/temporal/connection';
import { ensureSearchAttributes } from '../../src/temporal/search-attributes';
import { connectTestTemporal, eventually } from '../support/temporal';

const { INDEXED_VALUE_TYPE_KEYWORD, INDEXED_VALUE_TYPE_TEXT } = temporal.api.enums.v1.IndexedValueType;
const HOME = { HOME: '/nowhere' };

describe('readTemporalTarget', () => {
  it('is the local server unless something says otherwise; empty variables say nothing', () => {
    const target = { address: 'localhost:7233', namespace: 'default' };
    expect(readTemporalTarget({ ...HOME, TEMPORAL_ADDRESS: '', TEMPORAL_API_KEY: '' })).toMatchObject(target);
  });

  it('reads address, namespace and API key, which turns TLS on; a flag goes first', () => {
    const env = { ...HOME, TEMPORAL_ADDRESS: 'a:1', TEMPORAL_NAMESPACE: 'n', TEMPORAL_API_KEY: 'k' };
    const target = readTemporalTarget(env, { namespace: 'flag' });
    expect(target).toMatchObject({
      address: 'a:1',
      namespace: 'flag',
      connectionOptions: { address: 'a:1', apiKey: 'k', tls: true },
    });
  });
});

describe('connectTemporal', () => {
  it('names the address and the reason', async () => {
    const target = readTemporalTarget(HOME, { address: '127.0.0.1:9' });
    await expect(connectTemporal(target)).rejects.toThrow(
      'cannot connect to Temporal at 127.0.0.1:9: Connection refused',
    );
  });

  it('names a namespace that does not exist', async () => {
    const { address } = await connectTestTemporal();
    const target = readTemporalTarget(HOME, { address, namespace: 'nowhere' });
    await expect(connectTemporal(target)).rejects.toThrow(
      `Temporal at ${address} has no namespace "nowhere"`,
    );
  });
});

describe('ensureSearchAttributes', () => {
  async function newNamespace() {
    const { connection } = await connectTestTemporal();
    const namespace = `test-${randomUUID()}`;
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
    // Other parts of the server learn of it a moment later.
    await eventually(async () => {
      await connection.operatorService.listSearchAttributes({ namespace });
      return true;
    });
    return { connection, namespace };
  }

  it('adds what is missing, and is content when asked again, also by two at once', async () => {
    const { connection, namespace } = await newNamespace();
    await Promise.all([
      ensureSearchAttributes(connection, namespace),
      ensureSearchAttributes(connection, namespace),
    ]);
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    expect(customAttributes.A2aOwner).toBe(INDEXED_VALUE_TYPE_KEYWORD);
  });

  it('refuses one that has the wrong type', async () => {
    const { connection, namespace } = await newNamespace();
    const searchAttributes = { A2aOwner: INDEXED_VALUE_TYPE_TEXT };
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    await expect(ensureSearchAttributes(connection, namespace)).rejects.toThrow(
      `namespace "${namespace}" has search attributes of the wrong type: A2aOwner is Text, expected Keyword`,
    );
  });

  it('says what to create where it may not', async () => {
    const { connection, namespace } = await newNamespace();
    const forbidden = () => Promise.reject(Object.assign(new Error('no'), { code: 7 }));
    const cloud = new Proxy(connection, {
      get: (target, key) => {
        if (key === 'operatorService') return { listSearchAttributes: forbidden };
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    await expect(ensureSearchAttributes(cloud, namespace)).rejects.toThrow(
      /does not allow adding.*A2aUpdatedAt: Datetime/s,
    );
  });
});
