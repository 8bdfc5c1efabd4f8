import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { type DevServer, startDevServer } from '../../src/dev-server/dev-server';
import { ensureSearchAttributes } from '../../src/temporal/search-attributes';
import { eventually } from '../support/eventually';
import { message, scripted, startHarness, taskOf } from '../support/harness';
import { cleanUpAfterAll, connectTestTemporal } from '../support/temporal';
import { startReceiver, told } from './receiver';

it('a Temporal that is killed and comes back loses no notification', async () => {
  // For its quiet runtime.
  await connectTestTemporal();
  const directory = await mkdtemp(join(tmpdir(), 'push-outage-'));
  cleanUpAfterAll(() => rm(directory, { recursive: true, force: true }));
  const server: DevServer = await startDevServer({ dbFile: join(directory, 'temporal.db') });
  cleanUpAfterAll(() => server.stop());
  const connection = await NativeConnection.connect({ address: server.address });
  cleanUpAfterAll(() => connection.close());
  await ensureSearchAttributes(connection, 'default');
  const harness = await startHarness({
    temporal: {
      address: server.address,
      namespace: 'default',
      connection,
      client: new Client({ connection }),
    },
    agents: [{ id: 'script' }],
    push: true,
  });
  const receiver = await startReceiver();
  const configuration = { taskPushNotificationConfig: { url: receiver.url } };
  const send = scripted([{ working: 'on' }, { ask: 'more?' }, { complete: {} }]);
  const call = harness.call('script');
  const { id } = taskOf(await harness.bridge.sendMessage({ ...send, configuration }, call));
  await eventually(() => receiver.taken.length === 3);

  const { pid } = server;
  // The dev server is kept running: it is started again.
  process.kill(Number(pid), 'SIGKILL');
  await eventually(
    async () => {
      await harness.bridge.sendMessage(
        { message: message('yes', { taskId: id, messageId: 'answer' }) },
        call,
      );
      return true;
    },
    { timeoutMs: 60_000 },
  );
  const all = ['task submitted', 'working "on"', 'input_required "more?"', 'working', 'completed'];
  await eventually(
    () => receiver.taken.at(-1) !== undefined && receiver.taken.map(told).at(-1) === 'completed',
    {
      timeoutMs: 90_000,
    },
  );
  const keys = receiver.taken.map(({ headers }) => headers['idempotency-key']);
  expect(receiver.taken.filter((_, index) => keys.indexOf(keys[index]) === index).map(told)).toEqual(all);
}, 240_000);
