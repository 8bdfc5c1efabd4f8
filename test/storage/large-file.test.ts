import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { textOf } from '../../src/a2a/parts';
import type { Artifact, Part, StreamResponse, Task } from '../../src/a2a/types';
import {
  type Bridge,
  createA2AWorker,
  createBridge,
  defineAgents,
  EncryptionKeys,
  encryptedDataConverter,
  pushTaskQueue,
} from '../../src';
import { DirectoryDriver } from '../../src/storage/directory-driver';
import { externalStorage } from '../../src/storage/external-storage';
import { Receiver } from '../push/receiver';
import { message, taskOf } from '../support/harness';
import {
  cleanUpAfterAll,
  connectTestTemporal,
  eventually,
  randomTaskQueue,
  type TestTemporal,
} from '../support/temporal';

/**
 * A file of many times what Temporal takes, through everything that passes files on. With encryption, so that codec and
 * storage are in their order. `FILE_BYTES` makes it larger.
 */
const FILE_BYTES = Number(process.env.FILE_BYTES ?? 5_000_000);
const LOOPBACK = ['127.0.0.0/8'];

const raw = randomBytes(FILE_BYTES).toString('base64');
const file: Part = { raw, filename: 'film.bin', mediaType: 'application/octet-stream' };

let temporal: TestTemporal;
let bridge: Bridge;
let url: string;
let farUrl: string;
const receiver = new Receiver();

const agent = (id: string, runs: object) => ({
  id,
  name: id,
  description: id,
  skills: [{ id, name: id, description: id }],
  ...runs,
});

beforeAll(async () => {
  temporal = await connectTestTemporal();
  const directory = await mkdtemp(join(tmpdir(), 'temporal-a2a-large-'));
  cleanUpAfterAll(() => rm(directory, { recursive: true }));
  const sealingKeys = new EncryptionKeys({ now: randomBytes(32) });
  const dataConverter = {
    ...encryptedDataConverter(sealingKeys),
    externalStorage: externalStorage(new DirectoryDriver(directory)),
  };
  const client = new Client({ connection: temporal.connection, dataConverter });
  const taskQueue = randomTaskQueue();
  const echo = agent('echo', { workflow: { type: 'echo', taskQueue }, default: true });
  const shared = { client, maxBodyBytes: 200 * 1024 * 1024 };
  const far = await createBridge({ ...shared, agents: defineAgents([echo] as never) });
  cleanUpAfterAll(() => far.close());
  farUrl = (await far.listen({ port: 0 })).url;
  const steps = ['first', 'second'].map((name) => ({ name, agent: 'echo' }));
  const proxies = Object.entries({ 'json-rpc': 'JSONRPC', rest: 'HTTP+JSON' }).map(([id, binding]) =>
    agent(`proxy-${id}`, { proxy: { taskQueue, url: farUrl, bindings: [binding] } }),
  );
  const agents = defineAgents([echo, agent('chain', { chain: { taskQueue, steps } }), ...proxies] as never);
  const workflowBundle = { codePath: process.env.TEST_WORKFLOW_BUNDLE ?? '' };
  const sealed = { outboundAllow: LOOPBACK, sealingKeys };
  bridge = await createBridge({
    ...shared,
    agents,
    push: { taskQueue: pushTaskQueue(taskQueue), ...sealed },
  });
  cleanUpAfterAll(() => bridge.close());
  ({ url } = await bridge.listen({ port: 0 }));
  const worker = await createA2AWorker({
    connection: temporal.connection,
    taskQueue,
    agents,
    dataConverter,
    workflowBundle,
    remote: { outboundAllow: LOOPBACK },
    push: { ...sealed, workflowBundle },
  });
  const running = worker.run();
  cleanUpAfterAll(async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await running;
  });
  await receiver.start();
  cleanUpAfterAll(() => receiver.stop());
}, 120_000);

const post = (agentId: string, path: string, body: object) =>
  fetch(`${url}/${agentId}${path}`, {
    method: 'POST',
    headers: { 'A2A-Version': '1.0', 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });

/** Its length says enough where it is wrong. */
const fileIn = ({ artifacts = [] }: Pick<Task, 'artifacts'>) => {
  const part = artifacts.at(-1)?.parts[0];
  return { ...part, raw: part?.raw === raw ? 'the file' : `${part?.raw?.length} characters` };
};
const wanted = { ...file, raw: 'the file' };

const send = async (agentId: string) => {
  const response = await post(agentId, '/message:send', { message: message([file]) });
  expect(response.status).toBe(200);
  const task = taskOf((await response.json()) as { task: Task });
  expect([task.status.state, textOf(task.status.message ?? { parts: [] })]).toEqual([
    'TASK_STATE_COMPLETED',
    '',
  ]);
  return task;
};

describe('a large file', () => {
  it('is sent, and got again by the same node and by another', async () => {
    const task = await send('echo');
    expect(fileIn(task)).toEqual(wanted);
    for (const node of [url, farUrl]) {
      const response = await fetch(`${node}/echo/tasks/${task.id}`, { headers: { 'A2A-Version': '1.0' } });
      const got = (await response.json()) as Task;
      expect(fileIn(got)).toEqual(wanted);
      expect(got.history?.[0]?.parts[0]?.raw).toHaveLength(raw.length);
    }
  }, 60_000);

  it('is streamed', async () => {
    const response = await post('echo', '/message:stream', { message: message([file]) });
    const events = (await response.text())
      .split('\n')
      .filter((line) => line.startsWith('data:'))
      .map((line) => JSON.parse(line.slice(5)) as StreamResponse);
    const artifact = events.find((event) => event.artifactUpdate !== undefined)?.artifactUpdate?.artifact;
    expect(fileIn({ artifacts: artifact === undefined ? [] : [artifact] })).toEqual(wanted);
  }, 60_000);

  it.each(['chain', 'proxy-json-rpc', 'proxy-rest'])(
    'passes through a %s',
    async (agentId) => {
      expect(fileIn(await send(agentId))).toEqual(wanted);
    },
    120_000,
  );

  it('is pushed', async () => {
    const configuration = { taskPushNotificationConfig: { url: receiver.url } };
    await post('echo', '/message:send', { message: message([file]), configuration });
    const pushed = await eventually(
      () =>
        receiver.taken.find(({ json: { artifactUpdate, task } }) => artifactUpdate ?? task?.artifacts)?.json,
      { timeoutMs: 60_000 },
    );
    const artifacts = pushed.task?.artifacts ?? [pushed.artifactUpdate?.artifact as Artifact];
    expect(fileIn({ artifacts })).toEqual(wanted);
  }, 90_000);
});

it('what Temporal has of it is small', async () => {
  const { id } = await send('chain');
  const events = await temporal.connection.workflowService.getWorkflowExecutionHistory({
    namespace: temporal.namespace,
    execution: { workflowId: id },
  });
  expect(temporalSize(events.history)).toBeLessThan(60_000);
}, 60_000);

const temporalSize = (history: unknown) => JSON.stringify(history).length;
