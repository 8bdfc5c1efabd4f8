import { getEventListeners } from 'node:events';
import { Client, Connection } from '@temporalio/client';
import { TemporalCalls } from '../../src/bridge/temporal-calls';
import { cleanUpAfterAll, connectTestTemporal, randomTaskQueue } from '../support/temporal';

let calls: TemporalCalls;
let workflowId = '';

beforeAll(async () => {
  const { address } = await connectTestTemporal();
  const connection = await Connection.connect({ address });
  cleanUpAfterAll(() => connection.close());
  const client = new Client({ connection });
  calls = new TemporalCalls(client);
  cleanUpAfterAll(async () => calls.availability.close());
  // Nobody serves the queue, so that it goes on.
  const handle = await client.workflow.start('echo', {
    taskQueue: randomTaskQueue(),
    workflowId: randomTaskQueue(),
  });
  workflowId = handle.workflowId;
  cleanUpAfterAll(() => handle.terminate());
}, 60_000);

it('polls leave nothing at the signal of a stream that goes on for long', async () => {
  const { signal } = new AbortController();
  for (let poll = 0; poll < 3; poll++) {
    const { history } = await calls.pollHistory({ workflowId }, { signal });
    expect(history?.events?.length).toBeGreaterThan(0);
  }
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('a poll ends with its signal', async () => {
  const stopping = new AbortController();
  const { nextPageToken } = await calls.pollHistory({ workflowId }, { signal: stopping.signal });
  const poll = calls.pollHistory(
    { workflowId },
    { signal: stopping.signal, ...(nextPageToken && { nextPageToken }) },
  );
  stopping.abort();
  await expect(poll).rejects.toMatchObject({ code: 1 });
});
