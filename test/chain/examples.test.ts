import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { parse } from 'yaml';
import type { Task } from '../../src/a2a/types';
import type { AgentInput } from '../../src/config/agents';
import { createA2AWorker } from '../../src/worker/worker';
import {
  type Harness,
  type HarnessAgent,
  inShort,
  message,
  readAll,
  request,
  startHarness,
  taskOf,
} from '../support/harness';
import { cleanUpAfterAll, randomTaskQueue } from '../support/temporal';

const root = join(__dirname, '../..');

/** The agents of a file, on the harness's own task queue, with another URL for the server that it names. */
function agentsOf(file: string, url: string, taskQueues: Record<string, string> = {}): HarnessAgent[] {
  const text = readFileSync(join(root, file), 'utf8').replaceAll('http://127.0.0.1:4000', url);
  const { agents } = parse(text) as { agents: AgentInput[] };
  return agents.map(({ workflow, ...agent }) => {
    if (workflow === undefined) return agent;
    const { taskQueue = '', ...rest } = workflow;
    const queue = taskQueues[taskQueue];
    return { ...agent, workflow: { ...rest, ...(queue !== undefined && { taskQueue: queue }) } };
  });
}

/** A worker as the example's own, with its workflows as a user would have them bundled. */
async function runExample(folder: string, harness: Harness, taskQueue: string): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, 'examples', folder, 'workflows.ts'),
    workflowInterceptorModules: [join(root, 'src/workflows/interceptors.ts')],
    logger: new DefaultLogger('WARN'),
    webpackConfigHook: (config) => {
      const alias = { 'temporal-a2a/workflow$': join(root, 'src/workflow.ts') };
      return { ...config, resolve: { ...config.resolve, alias: { ...config.resolve?.alias, ...alias } } };
    },
  });
  const path = join(await mkdtemp(join(tmpdir(), 'temporal-a2a-example-')), 'workflow-bundle.js');
  await writeFile(path, code);
  const worker = await createA2AWorker({
    connection: harness.temporal.connection,
    taskQueue,
    workflowBundle: { codePath: path },
    agents: harness.agents,
    shutdownGraceTime: 200,
  });
  const run = worker.run();
  cleanUpAfterAll(async () => {
    worker.shutdown();
    await run;
  });
}

let harness: Harness;
let elsewhere: Harness;
const orders = randomTaskQueue();
/** Whose the tasks of the remote agent are, so that a list holds those of this file alone. */
const remoteOwner = `owner-${randomUUID()}`;

beforeAll(async () => {
  const welcome = randomTaskQueue();
  elsewhere = await startHarness({ agents: [{ id: 'echo' }], app: { authenticate: () => remoteOwner } });
  harness = await startHarness({
    agents: [
      ...agentsOf('examples/chain/agents.yaml', elsewhere.url, { welcome }),
      { id: 'invoice', workflow: { input: 'data' } },
    ],
  });
  await Promise.all([
    runExample('chain', harness, welcome),
    runExample('call-from-workflow', harness, orders),
  ]);
}, 90_000);

const begin = async (agentId: string) =>
  taskOf(await harness.bridge.sendMessage(request('Hello!'), harness.call(agentId)));

async function answer(task: Task, agentId: string): Promise<string[]> {
  const reply = { message: message('Ada', { taskId: task.id }) };
  const stream = await harness.bridge.sendStreamingMessage(reply, harness.call(agentId));
  return (await readAll(stream)).map(inShort);
}

const OUTCOME = 'Hello, Ada! I have counted to 3 for you.';

describe.each(['welcome', 'welcome-in-code'])('the chain %s', (agentId) => {
  it('asks, works side by side, and ends with what its last agent says', async () => {
    const asked = await begin(agentId);
    expect(asked.status.state).toBe('TASK_STATE_INPUT_REQUIRED');
    expect(asked.status.message?.parts[0]).toEqual({ text: 'What is your name?' });
    const events = await answer(asked, agentId);
    expect(events).toContain('working "tick 2 of 3"');
    const task = await harness.bridge.getTask({ id: asked.id }, harness.call(agentId));
    expect(task.status.state).toBe('TASK_STATE_COMPLETED');
    expect(task.artifacts).toEqual([{ artifactId: 'echo', name: 'echo', parts: [{ text: OUTCOME }] }]);
  });
});

it('the chain in YAML has called the remote agent, and tells of each step', async () => {
  const asked = await begin('welcome');
  const events = await answer(asked, 'welcome');
  expect(events).toEqual(
    expect.arrayContaining(['working "greeting started"', 'working "greeting completed"']),
  );
  const { totalSize } = await elsewhere.bridge.listTasks({}, elsewhere.call('echo', remoteOwner));
  expect(totalSize).toBeGreaterThan(0);
});

describe('a workflow that is no agent', () => {
  const fulfil = (order: object) =>
    harness.temporal.client.workflow.execute('fulfilOrder', {
      taskQueue: orders,
      workflowId: randomTaskQueue(),
      args: [order],
    });

  it('has an agent do one of its steps', async () => {
    const items = [{ sku: 'pen', quantity: 3, unitPrice: 1.5 }];
    expect(await fulfil({ customer: 'Ada', items })).toMatchObject({
      customer: 'Ada',
      pieces: 3,
      invoice: { net: 4.5 },
    });
  });

  it('learns why the agent has failed', async () => {
    await expect(fulfil({ customer: 'Ada', items: [] })).rejects.toMatchObject({
      cause: { message: 'no invoice: invoice: the order has no items', type: 'NoInvoice' },
    });
  });
});
