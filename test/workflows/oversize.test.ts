import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { Client } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import { textOf } from '../../src/a2a/parts';
import type { Task } from '../../src/a2a/types';
import { A2APlugin } from '../../src/worker/plugin';
import { type Harness, request, startHarness, taskOf } from '../support/harness';
import type { Oversize } from '../support/oversize-workflows';
import { testActivities } from '../support/activities';
import { eventually, startTestWorker } from '../support/temporal';

/** What a workflow sends and Temporal does not take: the worker would try the workflow task again for ever. */

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({ agents: [{ id: 'oversize', workflow: { input: 'text' } }] });
}, 60_000);

const run = async (kind: Oversize) =>
  taskOf(await harness.bridge.sendMessage(request(kind), harness.call('oversize')));

const said = ({ status: { state, message } }: Task) => `${state}: ${textOf(message ?? { parts: [] })}`;

const LIMIT =
  /is \d{7} bytes( of JSON)?; the limit is 20(80768|96128) bytes \(Temporal's payload limit of 2 MB\)/;

const handleOf = ({ id }: Task) => harness.temporal.client.workflow.getHandle(id);

const replay = async (task: Task) => {
  const workflowBundle = { codePath: process.env.TEST_WORKFLOW_BUNDLE ?? '' };
  await Worker.runReplayHistory({ workflowBundle }, await handleOf(task).fetchHistory(), task.id);
};

describe('what is too large ends the task, and says what it was, its size and the limit', () => {
  it.each<[Oversize, string]>([
    ['result', 'the result of the workflow'],
    ['memo', 'the memo (notes)'],
    ['memos', 'the memo (notes2)'],
    ['failure', 'the failure of the workflow'],
    ['details', 'the failure of the workflow'],
    ['activity input', 'the start of the activity returnLarge'],
    ['activity result', 'the result of the activity returnLarge'],
    ['activity failure', 'the failure of the activity failLarge'],
    ['activity details', 'the failure of the activity failLarge'],
    ['child', 'the start of the child workflow oversize'],
    ['continue-as-new', 'what continue-as-new carries over'],
  ])(
    '%s',
    async (kind, what) => {
      const task = await run(kind);
      expect(said(task)).toMatch(/^TASK_STATE_FAILED: /);
      expect(said(task)).toContain(what);
      expect(said(task)).toMatch(LIMIT);
      await replay(task);
    },
    30_000,
  );

  it('together, in one workflow task', async () => {
    const task = await run('many');
    expect(said(task)).toMatch(
      /^TASK_STATE_FAILED: with the start of the activity returnLarge, the workflow sends 45\d{5} bytes at once; the limit is 40\d{5}/,
    );
    await replay(task);
  }, 30_000);
});

describe('a failure that is too large', () => {
  it.each<Oversize>(['failure', 'activity failure'])(
    '%s: keeps its type and how it begins',
    async (kind) => {
      const text = said(await run(kind));
      expect(text).toContain('why: xxx');
      expect(text.length).toBeLessThan(25_000);
    },
    30_000,
  );

  it('still rejects', async () => {
    expect(said(await run('rejection'))).toMatch(/^TASK_STATE_REJECTED: the failure of the workflow is/);
  }, 30_000);
});

/** The size is known only when the codec has been at work. */
class Padding implements PayloadCodec {
  encode = async (payloads: Payload[]) =>
    payloads.map((payload) => ({
      ...payload,
      metadata: { ...payload.metadata, padding: Buffer.alloc(100) },
    }));

  decode = async (payloads: Payload[]) => payloads;
}

describe('behind a codec that may make payloads smaller', () => {
  it.each<[Oversize, RegExp]>([
    ['details', /FailWorkflowExecutionCommandAttributes.*exceeds size limit/],
    ['memo', /ModifyWorkflowPropertiesCommandAttributes exceeds size limit/],
    ['activity input', /ScheduleActivityTaskCommandAttributes.Input exceeds size limit/],
    ['activity result', /Complete result exceeds size limit/],
  ])(
    'Temporal ends the workflow: %s',
    async (kind, text) => {
      const { connection, namespace } = harness.temporal;
      const dataConverter = { payloadCodecs: [new Padding()] };
      const { taskQueue } = await startTestWorker({
        connection,
        activities: testActivities,
        interceptors: {},
        plugins: [new A2APlugin({ dataConverter })],
      });
      const client = new Client({ connection, namespace, dataConverter });
      const options = { taskQueue, workflowId: randomUUID(), args: [kind] };
      const failure = await client.workflow.execute('oversize', options).catch((error: unknown) => error);
      expect(inspect(failure)).toMatch(text);
    },
    30_000,
  );
});

describe('a query or an update whose answer is too large', () => {
  it('fails, and the workflow goes on', async () => {
    const send = { ...request('answers'), configuration: { returnImmediately: true } };
    const task = taskOf(await harness.bridge.sendMessage(send, harness.call('oversize')));
    await expect(handleOf(task).query('large')).rejects.toThrow(/^the answer of the query is 30/);
    await expect(handleOf(task).executeUpdate('large')).rejects.toMatchObject({
      cause: {
        message: expect.stringMatching(/^the result of the update is 30/),
        type: 'A2A_PAYLOAD_TOO_LARGE',
      },
    });
    await handleOf(task).signal('end');
    await eventually(async () => {
      const { status } = await harness.bridge.getTask({ id: task.id }, harness.call('oversize'));
      return status.state === 'TASK_STATE_COMPLETED';
    });
    await replay(task);
  }, 30_000);
});
