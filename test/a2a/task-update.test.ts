import { applyUpdate, initialTask, type TaskUpdate } from '../../src/a2a/task-update';
import type { Artifact, Message, Part, Task, TaskState } from '../../src/a2a/types';

const said = (text: string, messageId = text): Message => ({
  messageId,
  role: 'ROLE_AGENT',
  parts: [{ text }],
});
const start = initialTask({ id: 't', contextId: 'c' }, said('go'), '2025-01-01T00:00:00.000Z');
const apply = (...updates: TaskUpdate[]) => updates.reduce(applyUpdate, start);
const chunk = (parts: Part[], more: Partial<Artifact> = {}, append = true): TaskUpdate => ({
  artifactUpdate: { artifact: { artifactId: 'a', parts, ...more }, append },
});
const status = (state: TaskState, message?: Message): TaskUpdate => ({
  statusUpdate: { status: { state, ...(message && { message }) } },
});
const ids = { taskId: 't', contextId: 'c' };

describe('applyUpdate', () => {
  it('begins with the submitted task and the message that made it', () => {
    expect(start).toEqual({
      id: 't',
      contextId: 'c',
      status: { state: 'TASK_STATE_SUBMITTED', timestamp: '2025-01-01T00:00:00.000Z' },
      history: [{ ...said('go'), ...ids }],
    });
  });

  it('changes neither task nor update', () => {
    const task: Task = structuredClone({
      ...start,
      artifacts: [{ artifactId: 'a', parts: [{ text: '1' }] }],
    });
    const before = structuredClone(task);
    const update = chunk([{ text: '2' }]);
    applyUpdate(task, update);
    applyUpdate(task, status('TASK_STATE_COMPLETED', said('bye')));
    expect(task).toEqual(before);
    expect(update).toEqual(chunk([{ text: '2' }]));
  });

  it('joins appended text into one part, and nothing else', () => {
    expect(apply(chunk([{ text: '1' }]), chunk([{ text: '2' }]), chunk([{ text: '3' }])).artifacts).toEqual([
      { artifactId: 'a', parts: [{ text: '123' }] },
    ]);
    const parts: Part[][] = [
      [{ text: '1' }],
      [{ data: 2 }],
      [{ text: '3' }, { text: '4' }],
      [{ text: '5', mediaType: 'text/plain' }],
      [{ text: '6' }],
      [],
    ];
    expect(apply(...parts.map((each) => chunk(each))).artifacts?.[0]?.parts).toEqual([
      { text: '1' },
      { data: 2 },
      { text: '3' },
      { text: '4' },
      { text: '5', mediaType: 'text/plain' },
      { text: '6' },
    ]);
  });

  it('keeps what a later piece does not say, and merges metadata', () => {
    const task = apply(
      chunk([{ text: '1' }], { name: 'n', metadata: { x: 1, y: 1 } }, false),
      chunk([{ text: '2' }], { description: 'd', metadata: { y: 2 } }),
    );
    expect(task.artifacts).toEqual([
      { artifactId: 'a', name: 'n', description: 'd', parts: [{ text: '12' }], metadata: { x: 1, y: 2 } },
    ]);
  });

  it('replaces an artifact that comes whole again, in its place', () => {
    const other: TaskUpdate = { artifactUpdate: { artifact: { artifactId: 'b', parts: [] } } };
    const task = apply(chunk([{ text: '1' }], { name: 'n' }), other, chunk([{ text: '2' }], {}, false));
    expect(task.artifacts).toEqual([
      { artifactId: 'a', parts: [{ text: '2' }] },
      { artifactId: 'b', parts: [] },
    ]);
  });

  it('takes a message once, by its ID', () => {
    const task = apply(
      { message: said('hi', '1') },
      { message: said('hi again', '1') },
      { message: said('hi', '2') },
    );
    expect(task.history?.map(({ messageId }) => messageId)).toEqual(['go', '1', '2']);
    expect(task.history?.[1]).toEqual({ ...said('hi', '1'), ...ids });
  });

  it.each<[TaskState, boolean]>([
    ['TASK_STATE_SUBMITTED', false],
    ['TASK_STATE_WORKING', false],
    ['TASK_STATE_INPUT_REQUIRED', true],
    ['TASK_STATE_AUTH_REQUIRED', true],
    ['TASK_STATE_COMPLETED', true],
    ['TASK_STATE_FAILED', true],
    ['TASK_STATE_CANCELED', true],
    ['TASK_STATE_REJECTED', true],
  ])('keeps the message of %s in the history: %s', (state, lasts) => {
    const task = apply(status(state, said('words')));
    expect(task.status).toEqual({ state, message: { ...said('words'), ...ids } });
    expect(task.history?.length).toBe(lasts ? 2 : 1);
  });

  it('merges the metadata of a status into the metadata of the task', () => {
    const update = (metadata: Record<string, number>): TaskUpdate => ({
      statusUpdate: { status: { state: 'TASK_STATE_WORKING' }, metadata },
    });
    expect(apply(update({ x: 1, y: 1 }), update({ y: 2 })).metadata).toEqual({ x: 1, y: 2 });
  });
});
