import { randomUUID } from 'node:crypto';
import type { Task } from '../../src/a2a/types';
import type { AuditRecord } from '../../src/audit/audit';
import { eventually } from '../support/eventually';
import { type NexusHarness, startNexusHarness } from './support';

const SAID = 'what nobody else may read';
const records: AuditRecord[] = [];
let harness: NexusHarness;

beforeAll(async () => {
  harness = await startNexusHarness({
    agents: [{ id: 'echo' }],
    audit: (record) => records.push(record),
  });
}, 90_000);

const next = () => eventually(() => records.shift());

it('tells which namespace has called what through which endpoint', async () => {
  const contextId = randomUUID();
  const message = { parts: [{ text: SAID }], contextId };
  const { result } = await harness.operate('SendMessage', { tenant: 'echo', message });
  const { task } = result as { task: Task };
  const common = {
    time: expect.any(String),
    binding: 'NEXUS',
    version: '1.0',
    outcome: 'OK',
    status: 200,
    agent: 'echo',
    taskId: task.id,
    owner: `nexus:${harness.namespace}`,
    namespace: harness.namespace,
    endpoint: harness.endpoint,
    requestId: expect.any(String),
    milliseconds: expect.any(Number),
  };
  const sent = await next();
  expect(sent).toEqual({ ...common, operation: 'SendMessage', contextId });
  expect(JSON.stringify(sent)).not.toContain(SAID);

  await harness.operate('GetTask', { tenant: 'echo', id: task.id });
  expect(await next()).toEqual({ ...common, operation: 'GetTask' });
  await harness.operate('CancelTask', { tenant: 'echo', id: task.id });
  expect(await next()).toMatchObject({
    operation: 'CancelTask',
    outcome: 'TASK_NOT_CANCELABLE',
    status: 400,
  });
}, 60_000);

it('tells of what was refused', async () => {
  await harness.operate('GetTask', { tenant: 'nobody', id: 'none' });
  const refused = { operation: 'GetTask', status: 404, owner: `nexus:${harness.namespace}` };
  expect(await next()).toMatchObject({ ...refused, outcome: 'NOT_FOUND' });
  await harness.operate('GetTask', { tenant: 'echo', id: 'none' });
  expect(await next()).toMatchObject({ ...refused, outcome: 'TASK_NOT_FOUND', agent: 'echo' });
}, 60_000);
