import { randomUUID } from 'node:crypto';
import { visibilityQuery } from '../../src/bridge/visibility-query';
import { connectTestTemporal, eventually, type TestTemporal } from '../support/temporal';

let temporal: TestTemporal;

beforeAll(async () => {
  temporal = await connectTestTemporal();
});

const attribute = (type: string, value: string) => ({
  metadata: { encoding: Buffer.from('json/plain'), type: Buffer.from(type) },
  data: Buffer.from(JSON.stringify(value)),
});

describe('visibilityQuery', () => {
  it('finds a task whose worker tells time more exactly than in milliseconds', async () => {
    const owner = randomUUID();
    await temporal.client.workflowService.startWorkflowExecution({
      namespace: temporal.namespace,
      requestId: randomUUID(),
      workflowId: randomUUID(),
      workflowType: { name: 'any' },
      taskQueue: { name: 'nobody-polls-this' },
      searchAttributes: {
        indexedFields: {
          A2aAgent: attribute('Keyword', 'any'),
          A2aOwner: attribute('Keyword', owner),
          A2aUpdatedAt: attribute('Datetime', '2026-01-02T03:04:05.123456789Z'),
        },
      },
    });
    const filter = { agentId: 'any', owner, plain: false, retried: false };
    const count = async (query: string) => (await temporal.client.workflow.count(query)).count;
    await eventually(async () => (await count(visibilityQuery(filter))) === 1);

    const millisecond = BigInt(Date.parse('2026-01-02T03:04:05.123Z')) * 1_000_000n;
    const [from, to] = [millisecond + 456_000n, millisecond + 457_000n];
    expect(await count(visibilityQuery(filter, { from, to }))).toBe(1);
  });
});
