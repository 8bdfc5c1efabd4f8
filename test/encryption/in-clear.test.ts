import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import {
  type AgentConfig,
  type Bridge,
  createA2AWorker,
  createBridge,
  defineAgents,
  EncryptionKeys,
  encryptedDataConverter,
  pushTaskQueue,
} from '../../src';
import { startReceiver, told } from '../push/receiver';
import { testActivities } from '../support/activities';
import { immediate, message, scripted, taskOf } from '../support/harness';
import {
  cleanUpAfterAll,
  connectTestTemporal,
  eventually,
  randomTaskQueue,
  type TestTemporal,
} from '../support/temporal';
import type { Step } from '../support/workflows';
import { storedIn } from './raw';

/** In everything that clients and agents say. */
const MARKER = 'swordfish';
const LOOPBACK = ['127.0.0.0/8'];

let temporal: TestTemporal;
let client: Client;
let bridge: Bridge;
let queues: string[];

const call = (id: string) => ({
  agent: bridge.agents.find((each) => each.id === id) as AgentConfig,
  owner: 'anna',
});
const say = (text: string, more = {}) => ({
  message: message(`${MARKER} ${text}`, { metadata: { [MARKER]: MARKER }, ...more }),
  metadata: { [MARKER]: MARKER },
});
const send = (id: string, request: object) => bridge.operations.sendMessage(request as never, call(id));
const run = (...steps: Step[]) => send('script', scripted(steps));

beforeAll(async () => {
  temporal = await connectTestTemporal();
  const sealingKeys = new EncryptionKeys({ now: randomBytes(32) });
  const dataConverter = encryptedDataConverter(sealingKeys);
  client = new Client({ connection: temporal.connection, dataConverter });
  const taskQueue = randomTaskQueue();
  queues = [taskQueue, pushTaskQueue(taskQueue)];
  const agent = (id: string, runs: object) => ({
    id,
    name: id,
    description: id,
    skills: [{ id, name: id, description: id }],
    ...runs,
  });
  const workflow = (type: string, more = {}) => ({ workflow: { type, taskQueue, ...more } });
  const inputs = [
    agent('echo', { ...workflow('echo'), default: true }),
    agent('interview', workflow('interview')),
    agent('script', workflow('script')),
    agent('broken', workflow('brokenSaying')),
    agent('plain', workflow('plainEcho', { input: 'text' })),
    agent('chain', {
      chain: {
        taskQueue,
        steps: [
          { name: 'first', agent: 'plain', message: `${MARKER} of the chain` },
          { name: 'second', agent: 'interview' },
        ],
      },
    }),
  ];
  const agents = defineAgents(inputs as never);
  const worker = await createA2AWorker({
    connection: temporal.connection,
    taskQueue,
    agents,
    workflowsPath: join(__dirname, '../support/workflows.ts'),
    dataConverter,
    remote: { outboundAllow: LOOPBACK },
    push: {
      outboundAllow: LOOPBACK,
      sealingKeys,
      workflowBundle: { codePath: process.env.TEST_WORKFLOW_BUNDLE ?? '' },
    },
    activities: testActivities,
  });
  const running = worker.run();
  cleanUpAfterAll(async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await running;
  });
  const push = { taskQueue: pushTaskQueue(taskQueue), outboundAllow: LOOPBACK, sealingKeys };
  bridge = await createBridge({ client, agents, push });
  cleanUpAfterAll(() => bridge.close());
}, 120_000);

it('nothing that clients and agents say is in clear in Temporal', async () => {
  const { operations } = bridge;
  const wanted = { [MARKER]: MARKER };
  // Sends, further messages, updates, artifacts and results.
  await send('echo', say('hello', { messageId: `${MARKER}-1` }));
  await send('plain', say('plainly'));
  const report = {
    statusUpdate: {
      status: {
        state: 'TASK_STATE_WORKING',
        message: { messageId: MARKER, role: 'ROLE_AGENT', parts: [{ text: MARKER }] },
      },
      metadata: wanted,
    },
  };
  const steps = [
    { working: `${MARKER} on`, metadata: wanted },
    { report: [report] },
    { artifact: { artifactId: MARKER, name: MARKER, text: MARKER, metadata: wanted } },
    { chunks: { artifactId: 'a', texts: [MARKER, '!'] } },
    { ask: `${MARKER}?` },
    { continueAsNew: true },
    { complete: { text: MARKER, message: MARKER } },
  ];
  const asked = taskOf(await run(...(steps as Step[])));
  expect(asked.status.state).toBe('TASK_STATE_INPUT_REQUIRED');
  await send('script', say('yes', { taskId: asked.id }));
  await run({ result: { [MARKER]: MARKER } });

  // Failures, of all kinds.
  for (const step of [{ fail: MARKER }, { failActivity: MARKER }, { reject: MARKER }]) {
    const { status } = taskOf(await run(step));
    expect(status.message?.parts).toEqual([{ text: MARKER }]);
  }
  const stuck = taskOf(await send('broken', immediate(say('break') as never)));
  const forever = taskOf(await send('script', immediate(scripted([{ working: MARKER }, { forever: true }]))));
  await operations.cancelTask({ id: forever.id, metadata: wanted }, call('script'));

  // A chain, its questions and its answers.
  const chained = taskOf(await send('chain', say('in a row')));
  await send('chain', say('Ada', { taskId: chained.id }));

  // Webhooks: one while it is told, and one that fails.
  const receiver = await startReceiver();
  const authentication = { scheme: 'Bearer', credentials: MARKER };
  const webhook = { url: `${receiver.url}/${MARKER}?key=${MARKER}`, token: MARKER, authentication };
  const configuration = { taskPushNotificationConfig: { id: MARKER, ...webhook } };
  await send('echo', { ...say('tell me'), configuration });
  await eventually(() => receiver.taken.map(told).at(-1) === 'completed', { timeoutMs: 120_000 });
  const waiting = taskOf(await send('interview', { ...say('ask me'), configuration }));
  await operations.createTaskPushNotificationConfig({ taskId: waiting.id, ...webhook }, call('interview'));

  // A workflow task that fails.
  const failedTask = async () => {
    const { events } = await client.workflow.getHandle(stuck.id).fetchHistory();
    return (events ?? []).some(({ workflowTaskFailedEventAttributes }) => workflowTaskFailedEventAttributes);
  };
  await eventually(failedTask, { timeoutMs: 120_000 });
  await eventually(async () => {
    const { tasks } = await operations.listTasks({ contextId: chained.contextId }, call('chain'));
    return tasks.length === 1;
  });

  const stored = await storedIn(client, queues);
  const kinds = new Set(stored.map(({ path }) => path.split('.')[0]));
  expect([...kinds].sort()).toEqual([
    ...['a2aPush', 'brokenSaying', 'chain', 'echo', 'interview', 'plainEcho', 'script'],
  ]);
  expect(stored.some(({ text }) => text === 'binary/encrypted')).toBe(true);
  expect(stored.filter(({ text }) => text.includes(MARKER))).toEqual([]);
}, 420_000);
