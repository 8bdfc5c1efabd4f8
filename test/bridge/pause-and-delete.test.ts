import { randomUUID } from 'node:crypto';
import type { Task } from '../../src/a2a/types';
import type { StreamEvent } from '../../src/bridge/types';
import { startReceiver, told } from '../push/receiver';
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
import { eventually } from '../support/temporal';
import type { Step } from '../support/workflows';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({
    agents: [{ id: 'script' }, { id: 'plainWaiter', workflow: { input: 'text' } }],
    push: true,
    app: true,
  });
}, 60_000);

/** Owners are new for each test, so that lists hold its tasks alone. */
let owner: string;

beforeEach(() => {
  owner = `owner-${randomUUID()}`;
});

const call = (agentId = 'script') => harness.call(agentId, owner);

const begin = async (...steps: Step[]) =>
  taskOf(await harness.bridge.sendMessage(immediate(scripted(steps)), call()));

const getTask = ({ id }: Pick<Task, 'id'>, agentId = 'script') =>
  harness.bridge.getTask({ id }, call(agentId));

const inState = (task: Task, state: string, agentId = 'script') =>
  eventually(async () => (await getTask(task, agentId)).status.state === `TASK_STATE_${state}`);

const answer = (task: Task, text = 'go on') =>
  harness.bridge.sendMessage(immediate({ message: message(text, { taskId: task.id }) }), call());

const saidIn = ({ status }: Task) => status.message?.parts.map(({ text }) => text);

const service = () => harness.temporal.client.workflowService;

const pause = ({ id }: Task, reason = 'lunch') =>
  service().pauseWorkflowExecution({
    namespace: harness.temporal.namespace,
    workflowId: id,
    identity: 'an operator',
    reason,
    requestId: randomUUID(),
  });

const goOn = ({ id }: Task) =>
  service().unpauseWorkflowExecution({
    namespace: harness.temporal.namespace,
    workflowId: id,
    identity: 'an operator',
    reason: 'back again',
    requestId: randomUUID(),
  });

const remove = ({ id }: Pick<Task, 'id'>) =>
  service().deleteWorkflowExecution({
    namespace: harness.temporal.namespace,
    workflowExecution: { workflowId: id },
  });

const events = async (task: Task) => {
  const stream = await harness.bridge.subscribeToTask({ id: task.id }, call());
  const all: StreamEvent[] = [];
  const ended = (async () => {
    for await (const event of stream) all.push(event);
  })();
  ended.catch(() => {});
  return { all, ended };
};

describe('a task whose workflow is paused', () => {
  it('says so, in the state that it had, and goes on afterwards', async () => {
    const task = await begin({ working: 'on' }, { next: true }, { complete: {} });
    await inState(task, 'WORKING');
    const before = await getTask(task);
    const { all, ended } = await events(task);
    await pause(task);
    const paused = await getTask(task);
    expect(paused).toEqual({
      ...before,
      status: { ...before.status, message: expect.objectContaining({ role: 'ROLE_AGENT', taskId: task.id }) },
    });
    expect(saidIn(paused)).toEqual(['on', 'The workflow is paused: lunch']);
    expect(await harness.newBridge().getTask({ id: task.id }, call())).toEqual(paused);

    const { status, history } = taskOf(await answer(task));
    expect(status).toEqual(paused.status);
    expect(history?.at(-1)?.parts).toEqual([{ text: 'go on' }]);
    await goOn(task);
    await ended;
    expect(all.map(inShort)).toEqual([
      'task working',
      'working "onThe workflow is paused: lunch"',
      'working "on"',
      'working "go on"',
      'completed',
    ]);
    expect(all[2]?.response.statusUpdate?.status).toEqual(before.status);
  });

  it('does not ask again what it has been answered', async () => {
    const task = await begin({ ask: 'name?' }, { complete: {} });
    await inState(task, 'INPUT_REQUIRED');
    await pause(task);
    const paused = await getTask(task);
    expect([paused.status.state, saidIn(paused)]).toEqual([
      'TASK_STATE_INPUT_REQUIRED',
      ['name?', 'The workflow is paused: lunch'],
    ]);
    expect(paused.history?.map(({ parts }) => parts[0]?.text)).toEqual([undefined, 'name?']);
    const waiting = harness.bridge.sendMessage({ message: message('Ada', { taskId: task.id }) }, call());
    await eventually(async () => (await getTask(task)).history?.length === 3);
    await goOn(task);
    expect(taskOf(await waiting).status.state).toBe('TASK_STATE_COMPLETED');
  });

  it('stays in lists, which say so too', async () => {
    const task = await begin({ working: 'on' }, { next: true });
    await inState(task, 'WORKING');
    const plain = taskOf(await harness.bridge.sendMessage(immediate(request('x')), call('plainWaiter')));
    await inState(plain, 'WORKING', 'plainWaiter');
    await pause(task, '');
    await pause(plain);
    for (const [{ id }, agentId, state, said] of [
      [task, 'script', 'TASK_STATE_WORKING', 'The workflow is paused.'],
      [plain, 'plainWaiter', 'TASK_STATE_WORKING', 'The workflow is paused: lunch'],
    ] as const) {
      const { tasks } = await eventually(async () => {
        const list = await harness.bridge.listTasks({ status: state }, call(agentId));
        return list.totalSize === 1 && list.tasks.length === 1 && list;
      });
      expect(tasks).toEqual([(({ artifacts: _, ...rest }) => rest)(await getTask({ id }, agentId))]);
      expect(saidIn(tasks[0] as Task)?.at(-1)).toBe(said);
      expect(await harness.bridge.listTasks({}, call(agentId))).toMatchObject({ totalSize: 1, tasks });
    }
  });

  it('hears of its cancellation when it goes on', async () => {
    const task = await begin({ working: 'on' }, { forever: true });
    await inState(task, 'WORKING');
    await pause(task);
    const asked = await harness.bridge.cancelTask({ id: task.id }, call());
    expect(saidIn(asked)?.at(-1)).toBe('The workflow is paused: lunch');
    await goOn(task);
    await inState(task, 'CANCELED');
    expect(saidIn(await getTask(task))).toBeUndefined();
  });
});

describe('a task whose workflow is deleted', () => {
  const NOT_FOUND = { name: 'TaskNotFoundError', message: expect.stringContaining('not found') };

  it('is not found any more by those who follow it', async () => {
    const send = scripted([{ working: 'on' }, { next: true }]);
    const task = taskOf(await harness.bridge.sendMessage(immediate(send), call()));
    await inState(task, 'WORKING');
    const streams = [
      await harness.bridge.subscribeToTask({ id: task.id }, call()),
      await harness.newBridge().subscribeToTask({ id: task.id }, call()),
      await harness.newBridge({ maxLongPolls: 0 }).subscribeToTask({ id: task.id }, call()),
      await harness.bridge.sendStreamingMessage(send, call()),
    ];
    const readers = [...streams.map(readAll), harness.bridge.sendMessage(send, call())];
    const ends = Promise.allSettled(readers);
    await eventually(async () => (await getTask(task)).status.state === 'TASK_STATE_WORKING');
    await remove(task);
    for (const end of await ends) {
      expect(end).toMatchObject({ status: 'rejected', reason: NOT_FOUND });
    }
    await expect(getTask(task)).rejects.toMatchObject(NOT_FOUND);
    await expect(harness.bridge.subscribeToTask({ id: task.id }, call())).rejects.toMatchObject(NOT_FOUND);
    await expect(harness.bridge.cancelTask({ id: task.id }, call())).rejects.toMatchObject(NOT_FOUND);
    await expect(answer(task)).rejects.toMatchObject(NOT_FOUND);
    await eventually(async () => {
      const list = await harness.bridge.listTasks({}, call());
      return list.totalSize === 0 && list.tasks.length === 0;
    });
  });

  it('is not found by a send that has just begun it', async () => {
    const sent = harness.bridge.sendMessage(request('x'), call('plainWaiter'));
    sent.catch(() => {});
    const { tasks } = await eventually(async () => {
      const list = await harness.bridge.listTasks({}, call('plainWaiter'));
      return list.tasks.length === 1 && list;
    });
    await remove(tasks[0] as Task);
    await expect(sent).rejects.toMatchObject(NOT_FOUND);
  });

  it('is told of nothing more, and its notifications say why', async () => {
    const receiver = await startReceiver();
    const send = scripted([{ working: 'on' }, { next: true }]);
    const { id } = taskOf(
      await harness.bridge.sendMessage(
        immediate({ ...send, configuration: { taskPushNotificationConfig: { url: receiver.url } } }),
        call(),
      ),
    );
    await eventually(() => receiver.taken.length === 2);
    await remove({ id });
    const handle = harness.temporal.client.workflow.getHandle(`a2a-push:${id}`);
    expect(await handle.result()).toEqual([{ id, outcome: 'failed' }]);
    expect(receiver.taken.map(told)).toEqual(['task submitted', 'working "on"']);
  });

  it('ends a stream of the API with the error', async () => {
    const url = `${harness.url}/a2a/script`;
    const post = (path: string, body: object) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
        body: JSON.stringify(body),
      });
    const sent = immediate(scripted([{ working: 'on' }, { next: true }]));
    const { task } = (await (await post('/message:send', sent)).json()) as { task: Task };
    const stream = await post(`/tasks/${task.id}:subscribe`, {});
    expect(stream.status).toBe(200);
    const text = stream.text();
    await remove(task);
    expect(await text).toContain('TASK_NOT_FOUND');
  });
});
