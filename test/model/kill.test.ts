import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCli, type CliProcess, runCli } from '../support/cli';
import { type Harness, immediate, request, startHarness, taskOf } from '../support/harness';
import { cleanUpAfterAll, eventually } from '../support/temporal';
import { type FakeOpenAI, startFakeOpenAI } from './fake-openai';

let openai: FakeOpenAI;
let harness: Harness;
let directory: string;

beforeAll(async () => {
  await buildCli();
  openai = await startFakeOpenAI();
  cleanUpAfterAll(() => openai.close());
  directory = await mkdtemp(join(tmpdir(), 'model-'));
  const model = { baseUrl: openai.baseUrl, model: 'fake-1', tools: ['echo', 'interview'] };
  harness = await startHarness({
    agents: [{ id: 'helper', model }, { id: 'echo' }, { id: 'interview' }],
    withoutWorker: true,
  });
  const entry = (id: string) => ({
    id,
    name: id,
    description: `The agent ${id}`,
    skills: [{ id, name: id, description: id }],
  });
  const workflow = (type: string) => ({ ...entry(type), workflow: { type, taskQueue: harness.taskQueue } });
  const helper = { ...entry('helper'), model: { ...model, taskQueue: harness.taskQueue } };
  const agents = [helper, workflow('echo'), workflow('interview')];
  await writeFile(join(directory, 'agents.yaml'), JSON.stringify({ agents }));
}, 120_000);

afterAll(() => rm(directory, { recursive: true, force: true }));

async function startWorker(): Promise<CliProcess> {
  const worker = runCli(['worker'], {
    AGENTS_FILE: join(directory, 'agents.yaml'),
    TASK_QUEUE: harness.taskQueue,
    TEMPORAL_ADDRESS: harness.temporal.address,
    OUTBOUND_ALLOW: '127.0.0.0/8',
  });
  await worker.printed(/worker is ready/);
  return worker;
}

const call = (name: string, message: string) => ({ name, arguments: { message } });

it('a worker killed at any moment repeats no call that has succeeded, and the task goes on', async () => {
  const context = harness.call('helper');
  const state = async (id: string) => (await harness.bridge.getTask({ id }, context)).status.state;
  openai.answer(
    { text: ['Let me echo.'], calls: [call('echo', 'first')] },
    { calls: [call('interview', 'go'), call('echo', 'second')] },
    { hang: ['Half an '] },
    { text: ['A whole ', 'answer'] },
  );
  let worker = await startWorker();
  const { id } = taskOf(await harness.bridge.sendMessage(immediate(request('hi')), context));
  await eventually(async () => (await state(id)) === 'TASK_STATE_INPUT_REQUIRED');
  expect(openai.requests).toHaveLength(2);
  await worker.end('SIGKILL');

  await harness.bridge.sendMessage(immediate(request('Ada', { taskId: id })), context);
  worker = await startWorker();
  await eventually(() => openai.requests.length === 3, { timeoutMs: 60_000 });
  await eventually(async () => {
    const { artifacts = [] } = await harness.bridge.getTask({ id }, context);
    return artifacts[0]?.parts[0]?.text === 'Half an ';
  });
  await worker.end('SIGKILL');

  worker = await startWorker();
  await eventually(async () => (await state(id)) === 'TASK_STATE_COMPLETED', { timeoutMs: 60_000 });
  const task = await harness.bridge.getTask({ id }, context);
  expect(task.artifacts).toEqual([
    { artifactId: 'answer', name: 'answer', parts: [{ text: 'A whole answer' }] },
  ]);
  expect(openai.requests).toHaveLength(4);
  const results = openai.requests[3]?.body.messages.filter(({ role }) => role === 'tool');
  expect(results?.map(({ content }) => content)).toEqual(['first', 'Your name is Ada.', 'second']);
  expect(openai.requests[3]?.body).toEqual(openai.requests[2]?.body);
  for (const agent of ['echo', 'interview']) {
    const { tasks } = await harness.bridge.listTasks({ contextId: task.contextId }, harness.call(agent));
    expect(tasks).toHaveLength(agent === 'echo' ? 2 : 1);
  }
}, 150_000);
