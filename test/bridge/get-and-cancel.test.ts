import { randomUUID } from 'node:crypto';
import type { Task } from '../../src/a2a/types';
import {
  type Harness,
  immediate,
  readNext,
  request,
  scripted,
  startHarness,
  taskOf,
} from '../support/harness';
import { eventually } from '../support/temporal';
import type { Step } from '../support/workflows';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({
    agents: [
      { id: 'script' },
      { id: 'other', workflow: { type: 'script' } },
      { id: 'stubborn' },
      { id: 'nobody', workflow: { taskQueue: 'nobody-polls-this' } },
      { id: 'lines', workflow: { type: 'plainWaiter', input: 'text' } },
    ],
  });
}, 60_000);

const call = (agentId = 'script', owner = 'anna') => harness.call(agentId, owner);

const begin = async (agentId: string, ...steps: Step[]): Promise<Task> =>
  taskOf(await harness.bridge.sendMessage(immediate(scripted(steps)), call(agentId)));

const get = ({ id }: Pick<Task, 'id'>, agentId = 'script') => harness.bridge.getTask({ id }, call(agentId));
const cancel = ({ id }: Pick<Task, 'id'>, agentId = 'script') =>
  harness.bridge.cancelTask({ id }, call(agentId));

describe('Get Task', () => {
  it('gives the task as its workflow has it, running or ended', async () => {
    const task = await begin('script', { working: 'on' }, { ask: '?' });
    const asked = await eventually(async () => {
      const now = await get(task);
      return now.status.state === 'TASK_STATE_INPUT_REQUIRED' && now;
    });
    expect(await harness.newBridge().getTask({ id: task.id }, call())).toEqual(asked);
    const canceled = await cancel(task);
    expect(await get(task)).toEqual(canceled);
  });

  it('gives as much of the history as is wanted, the latest', async () => {
    const task = taskOf(await harness.bridge.sendMessage(scripted([{ ask: '?' }]), call()));
    const rolesWith = async (historyLength: number) =>
      (await harness.bridge.getTask({ id: task.id, historyLength }, call())).history?.map(({ role }) => role);
    expect(await rolesWith(0)).toBeUndefined();
    expect(await rolesWith(1)).toEqual(['ROLE_AGENT']);
    expect(await rolesWith(100)).toEqual(['ROLE_USER', 'ROLE_AGENT']);
  });

  it('answers without any worker', async () => {
    const task = await begin('nobody');
    expect(await get(task, 'nobody')).toMatchObject({
      id: task.id,
      contextId: task.contextId,
      status: { state: 'TASK_STATE_SUBMITTED' },
      history: task.history,
    });
  });

  it('knows no task of another agent or owner, nor what nobody made', async () => {
    const task = await begin('script', { forever: true });
    const notFound = { name: 'TaskNotFoundError' };
    const { bridge } = harness;
    await expect(bridge.getTask({ id: task.id }, call('other'))).rejects.toMatchObject(notFound);
    await expect(bridge.getTask({ id: task.id }, call('script', 'berta'))).rejects.toMatchObject(notFound);
    await expect(bridge.cancelTask({ id: task.id }, call('script', 'berta'))).rejects.toMatchObject(notFound);
    await expect(bridge.subscribeToTask({ id: task.id }, call('other'))).rejects.toMatchObject(notFound);
    for (const id of [randomUUID(), 'x', "' OR 1=1", 'ü'.repeat(255), 'x'.repeat(2_000)]) {
      await expect(bridge.getTask({ id }, call())).rejects.toMatchObject(notFound);
      await expect(bridge.cancelTask({ id }, call())).rejects.toMatchObject(notFound);
      await expect(bridge.subscribeToTask({ id }, call())).rejects.toMatchObject(notFound);
    }
    expect((await get(task)).id).toBe(task.id);
  });

  it('knows no workflow that the bridge did not start, whatever its argument says', async () => {
    const id = randomUUID();
    const start = {
      task: { id, contextId: 'c' },
      agentId: 'script',
      message: scripted([{ ask: '?' }]).message,
    };
    await harness.temporal.client.workflow.start('script', {
      workflowId: id,
      taskQueue: harness.taskQueue,
      args: [start],
    });
    await expect(get({ id })).rejects.toMatchObject({ name: 'TaskNotFoundError' });
    await expect(cancel({ id })).rejects.toMatchObject({ name: 'TaskNotFoundError' });
  });
});

describe('Cancel Task', () => {
  it('waits until the task has ended', async () => {
    const task = await begin('script', { working: 'on' }, { forever: true });
    const canceled = await cancel(task);
    expect(canceled).toMatchObject({ id: task.id, status: { state: 'TASK_STATE_CANCELED' } });
    expect((await harness.temporal.client.workflow.getHandle(task.id).describe()).status.name).toBe(
      'CANCELLED',
    );
  });

  it('cancels a plain workflow', async () => {
    const task = taskOf(await harness.bridge.sendMessage(immediate(request('wait')), call('lines')));
    expect((await cancel(task, 'lines')).status.state).toBe('TASK_STATE_CANCELED');
  });

  it('ends the streams of the task with its end', async () => {
    const task = await begin('script', { forever: true });
    const stream = await harness.bridge.subscribeToTask({ id: task.id }, call());
    await readNext(stream);
    await cancel(task);
    expect((await readNext(stream)).response.statusUpdate?.status.state).toBe('TASK_STATE_CANCELED');
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('is refused by a task that has ended, or that ends in another way', async () => {
    const ended = taskOf(await harness.bridge.sendMessage(scripted([{ complete: {} }]), call()));
    await expect(cancel(ended)).rejects.toMatchObject({
      name: 'TaskNotCancelableError',
      message: expect.stringContaining('it has ended as TASK_STATE_COMPLETED'),
    });
    const stubborn = await begin('stubborn');
    await eventually(async () => (await get(stubborn, 'stubborn')).status.state === 'TASK_STATE_WORKING');
    await expect(cancel(stubborn, 'stubborn')).rejects.toMatchObject({ name: 'TaskNotCancelableError' });
    const canceled = await begin('script', { forever: true });
    await cancel(canceled);
    await expect(cancel(canceled)).rejects.toMatchObject({ name: 'TaskNotCancelableError' });
  });

  it('gives the same answer to several that cancel at once', async () => {
    const task = await begin('script', { working: 'on' }, { forever: true });
    await eventually(async () => (await get(task)).status.state === 'TASK_STATE_WORKING');
    const answers = await Promise.allSettled([1, 2, 3].map(() => cancel(task)));
    for (const answer of answers) {
      if (answer.status === 'fulfilled') expect(answer.value.status.state).toBe('TASK_STATE_CANCELED');
      else expect(answer.reason).toMatchObject({ name: 'TaskNotCancelableError' });
    }
    expect(answers.some(({ status }) => status === 'fulfilled')).toBe(true);
  });
});
