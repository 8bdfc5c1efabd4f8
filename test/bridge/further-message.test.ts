import { randomUUID } from 'node:crypto';
import { temporal } from '@temporalio/proto';
import type { Task, TaskState } from '../../src/a2a/types';
import type { TaskBridge } from '../../src/bridge/bridge';
import type { StepQueue } from '../../src/bridge/step-queue';
import { UPDATE_NAME } from '../../src/contract/contract';
import { Payloads } from '../../src/temporal/payloads';
import { eventually } from '../support/eventually';
import {
  type Harness,
  immediate,
  inShort,
  message,
  readAll,
  request,
  scripted,
  startHarness,
  taskOf,
} from '../support/harness';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({
    agents: [
      { id: 'script' },
      { id: 'echo', defaultInputModes: ['text/*', 'application/json'] },
      { id: 'interview' },
      { id: 'byHand', workflow: { type: 'any', taskQueue: 'polled-by-this-test' } },
      { id: 'lines', workflow: { type: 'plainWaiter', input: 'text' } },
    ],
  });
}, 60_000);

const send = async (agentId: string, ...args: Parameters<typeof request>) =>
  taskOf(await harness.bridge.sendMessage(request(...args), harness.call(agentId)));

const run = async (...steps: Parameters<typeof scripted>[0]) =>
  taskOf(await harness.bridge.sendMessage(scripted(steps), harness.call('script')));

/** Those who follow the task on this node. */
function readers(bridge: TaskBridge, { id }: Task): { muted: boolean }[] {
  const { feeds } = (bridge as unknown as { follower: { feeds: Map<string, { queues: Set<StepQueue> }> } })
    .follower;
  return [...(feeds.get(id)?.queues ?? [])];
}

const { CommandType } = temporal.api.enums.v1;
const END: temporal.api.command.v1.ICommand = {
  commandType: CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
  completeWorkflowExecutionCommandAttributes: {},
};

async function pollWorkflowTask(): Promise<Uint8Array> {
  const { workflowService, options } = harness.temporal.client;
  const { taskToken } = await workflowService.pollWorkflowTaskQueue({
    namespace: options.namespace,
    taskQueue: { name: 'polled-by-this-test' },
  });
  return taskToken;
}

async function says(state: TaskState): Promise<temporal.api.command.v1.ICommand> {
  const update = await new Payloads(harness.temporal.client).encode({ statusUpdate: { status: { state } } });
  return {
    commandType: CommandType.COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES,
    modifyWorkflowPropertiesCommandAttributes: { upsertedMemo: { fields: { [UPDATE_NAME]: update } } },
  };
}

/** Ends a workflow task as the agent's worker would. */
async function completeWorkflowTask(
  taskToken: Uint8Array,
  ...commands: temporal.api.command.v1.ICommand[]
): Promise<void> {
  const { workflowService, options } = harness.temporal.client;
  await workflowService.respondWorkflowTaskCompleted({ namespace: options.namespace, taskToken, commands });
}

describe('a further message', () => {
  const answer = (task: Task, text: string, more = {}) => message(text, { taskId: task.id, ...more });

  it('answers the question of its task, twice', async () => {
    const call = harness.call('interview');
    const asked = await send('interview', 'twice');
    const askedAgain = taskOf(await harness.bridge.sendMessage({ message: answer(asked, 'Ada') }, call));
    expect(askedAgain.status).toMatchObject({
      state: 'TASK_STATE_INPUT_REQUIRED',
      message: { parts: [{ text: 'Hello, Ada. What is your favourite color?' }] },
    });
    const done = taskOf(
      await harness.bridge.sendMessage(
        { message: answer(asked, 'green', { contextId: asked.contextId }) },
        call,
      ),
    );
    expect(done).toMatchObject({
      id: asked.id,
      contextId: asked.contextId,
      status: { state: 'TASK_STATE_COMPLETED' },
      artifacts: [{ parts: [{ text: 'Your name is Ada. Your favourite color is green.' }] }],
    });
    expect(done.history?.map(({ parts }) => parts[0]?.text)).toEqual([
      'twice',
      'What is your name?',
      'Ada',
      'Hello, Ada. What is your favourite color?',
      'green',
    ]);
  });

  it('counts once when it is sent several times', async () => {
    const call = harness.call('interview');
    const asked = await send('interview', 'twice');
    const reply = { message: answer(asked, 'Ada') };
    await Promise.all([1, 2, 3, 4].map(() => harness.bridge.sendMessage(reply, call)));
    const task = await harness.bridge.getTask({ id: asked.id }, call);
    expect(task.status.state).toBe('TASK_STATE_INPUT_REQUIRED');
    expect(task.history).toHaveLength(4);
  });

  it('is an error when its ID stood for another message of the task', async () => {
    const call = harness.call('interview');
    const asked = await send('interview', 'twice');
    const reply = answer(asked, 'Ada');
    await harness.bridge.sendMessage({ message: reply }, call);
    await expect(
      harness.bridge.sendMessage({ message: { ...reply, parts: [{ text: 'Bob' }] } }, call),
    ).rejects.toThrow('message.messageId: was used before');
  });

  it('is answered at once with the task that has it', async () => {
    const call = harness.call('script');
    const asked = await run({ ask: 'go on?' }, { forever: true });
    const reply = immediate({ message: answer(asked, 'yes') });
    const task = taskOf(await harness.bridge.sendMessage(reply, call));
    expect(task.history?.at(-1)).toMatchObject({ parts: [{ text: 'yes' }], role: 'ROLE_USER' });
    expect(task.status.state).toBe('TASK_STATE_WORKING');
  });

  it('streams what happens from it on', async () => {
    const asked = await run({ ask: 'name?' }, { working: 'on it' }, { complete: { text: 'done' } });
    const stream = await harness.bridge.sendStreamingMessage(
      { message: answer(asked, 'Ada') },
      harness.call('script'),
    );
    expect((await readAll(stream)).map(inShort)).toEqual([
      'task working',
      'working',
      'working "on it"',
      'artifact last"done" last',
      'completed',
    ]);
  });

  it('reaches a task that works and has not asked', async () => {
    const call = harness.call('script');
    const started = taskOf(
      await harness.bridge.sendMessage(immediate(scripted([{ next: true }, { complete: {} }])), call),
    );
    const task = taskOf(await harness.bridge.sendMessage({ message: answer(started, 'psst') }, call));
    expect(task.status.state).toBe('TASK_STATE_COMPLETED');
    expect(task.history?.map(({ parts }) => parts[0]?.text)).toEqual([undefined, 'psst']);
  });

  it('is not answered with a question that was asked before it was heard', async () => {
    const bridge = harness.newBridge();
    const call = harness.call('byHand');
    const task = taskOf(await bridge.sendMessage(immediate(request('begin')), call));
    // While a worker holds a workflow task, what comes meanwhile stays out of the history.
    const first = await pollWorkflowTask();
    const reply = { message: answer(task, 'early') };
    const answered = bridge.sendMessage(reply, call);
    const streamed = bridge.sendStreamingMessage(reply, call).then(readAll);
    await eventually(() => readers(bridge, task).filter(({ muted }) => !muted).length === 2);
    await completeWorkflowTask(
      first,
      await says('TASK_STATE_WORKING'),
      await says('TASK_STATE_INPUT_REQUIRED'),
    );
    await completeWorkflowTask(await pollWorkflowTask(), await says('TASK_STATE_WORKING'), END);
    expect(taskOf(await answered).status.state).toBe('TASK_STATE_COMPLETED');
    expect((await streamed).map(inShort)).toEqual(['task working', 'working', 'completed']);
  });

  it('is refused in another context, and changes nothing', async () => {
    const call = harness.call('interview');
    const asked = await send('interview');
    const wrong = { message: answer(asked, 'Ada', { contextId: 'elsewhere' }) };
    await expect(harness.bridge.sendMessage(wrong, call)).rejects.toMatchObject({
      name: 'RequestMalformedError',
      message: expect.stringContaining('message.contextId'),
    });
    expect(await harness.bridge.getTask({ id: asked.id }, call)).toEqual(asked);
  });

  it('is refused by a task that has ended', async () => {
    const task = await send('echo');
    await expect(
      harness.bridge.sendMessage({ message: answer(task, 'more') }, harness.call('echo')),
    ).rejects.toMatchObject({
      name: 'UnsupportedOperationError',
      message: expect.stringContaining('it has ended as TASK_STATE_COMPLETED'),
    });
  });

  it('is refused by a plain workflow', async () => {
    const call = harness.call('lines');
    const task = taskOf(await harness.bridge.sendMessage(immediate(request('wait')), call));
    await expect(harness.bridge.sendMessage({ message: answer(task, 'more') }, call)).rejects.toMatchObject({
      name: 'UnsupportedOperationError',
    });
  });

  it.each([
    ['that does not exist', async () => randomUUID()],
    ['of another owner', async () => (await send('interview')).id],
    [
      'of another agent',
      async () => taskOf(await harness.bridge.sendMessage(request(), harness.call('echo', 'berta'))).id,
    ],
  ])('is refused for a task %s', async (_, taskId) => {
    await expect(
      harness.bridge.sendMessage(
        { message: message('hi', { taskId: await taskId() }) },
        harness.call('interview', 'berta'),
      ),
    ).rejects.toMatchObject({ name: 'TaskNotFoundError' });
  });
});
