import fc from 'fast-check';
import { copyWith, copyWithout, GrowingList, listIn } from '../../src/a2a/growing-list';
import {
  applyUpdate,
  firstArtifacts,
  hasMessage,
  initialTask,
  type TaskUpdate,
} from '../../src/a2a/task-update';
import type { Artifact, Part, Task } from '../../src/a2a/types';

interface Item {
  id: string;
  n: number;
}

const idOf = ({ id }: Item) => id;

/** What is done to which of the versions that there are by then. */
const operation = fc.record({
  version: fc.nat(),
  kind: fc.constantFrom('push' as const, 'push' as const, 'with' as const, 'read' as const),
  id: fc.integer({ min: 0, max: 60 }).map(String),
  n: fc.nat(),
  latest: fc.boolean(),
});

describe('GrowingList', () => {
  it('is what an array is, in every version and on every branch', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 120 }), (operations) => {
        const versions: { list: GrowingList<Item>; array: Item[] }[] = [
          { list: GrowingList.of([], idOf), array: [] },
        ];
        for (const { version, kind, id, n, latest } of operations) {
          const at = latest ? versions.length - 1 : version % versions.length;
          const { list, array } = versions[at] as (typeof versions)[number];
          if (kind === 'push') {
            versions.push({ list: list.push({ id, n }), array: [...array, { id, n }] });
          } else if (kind === 'with' && array.length > 0) {
            const index = n % array.length;
            const item = { id: (array[index] as Item).id, n };
            versions.push({ list: list.with(index, item), array: array.with(index, item) });
          } else if (kind === 'read') {
            expect(list.toArray()).toEqual(array);
            versions.push({ list: GrowingList.of(list.toArray(), idOf), array });
          }
          expect(list.find(id)).toBe(array.findIndex((item) => item.id === id));
        }
        for (const { list, array } of versions) {
          expect(list.toArray()).toEqual(array);
          expect(list.length).toBe(array.length);
          expect(list.toArray(2)).toEqual(array.slice(0, 2));
          expect(array.map((_, index) => list.at(index))).toEqual(array);
          for (const { id } of array) expect(list.find(id)).toBe(array.findIndex((item) => item.id === id));
          expect(list.find('none')).toBe(-1);
        }
      }),
    );
  });

  it('is an ordinary array to whoever reads the field that holds it', () => {
    const list = GrowingList.of<Item>([{ id: 'a', n: 1 }], idOf);
    const object = copyWith<{ x: number; items?: Item[] }>({ x: 1 }, {}, { items: list });
    const plain = { x: 1, items: [{ id: 'a', n: 1 }] };
    expect(object).toStrictEqual(plain);
    expect(JSON.stringify(object)).toBe(JSON.stringify(plain));
    expect({ ...object }).toStrictEqual(plain);
    expect(structuredClone(object)).toEqual(plain);
    expect(Object.keys(object)).toEqual(['x', 'items']);
    expect(copyWith(object, { x: 2 })).toStrictEqual({ ...plain, x: 2 });
    expect(copyWith(object, { items: [] })).toStrictEqual({ x: 1, items: [] });
    expect(listIn(copyWith(object, { items: [] }), 'items', idOf).length).toBe(0);
    expect(copyWithout(object, 'items')).toStrictEqual({ x: 1 });
    expect(listIn(copyWithout(object, 'items'), 'items', idOf).length).toBe(0);
    expect(copyWithout(object, 'x')).toStrictEqual({ items: plain.items });
  });
});

const part: fc.Arbitrary<Part> = fc.oneof(
  fc.string({ maxLength: 3 }).map((text) => ({ text })),
  fc.constant({ data: { n: 1 } }),
);

const update: fc.Arbitrary<TaskUpdate> = fc.oneof(
  fc.record({ id: fc.nat({ max: 80 }), parts: fc.array(part, { maxLength: 3 }), append: fc.boolean() }).map(
    ({ id, parts, append }): TaskUpdate => ({
      artifactUpdate: { artifact: { artifactId: `a${id % 30}`, parts }, ...(append && { append }) },
    }),
  ),
  fc
    .nat({ max: 80 })
    .map((id): TaskUpdate => ({ message: { messageId: `m${id}`, role: 'ROLE_USER', parts: [] } })),
  fc.boolean().map(
    (asks): TaskUpdate => ({
      statusUpdate: {
        status: {
          state: asks ? 'TASK_STATE_INPUT_REQUIRED' : 'TASK_STATE_WORKING',
          message: { messageId: 'said', role: 'ROLE_AGENT', parts: [] },
        },
        metadata: { asks },
      },
    }),
  ),
);

describe('applyUpdate', () => {
  it('gives what copying would, and leaves the Tasks before as they were', () => {
    const begun = initialTask(
      { id: 't', contextId: 'c' },
      { messageId: 'm', role: 'ROLE_USER', parts: [] },
      'now',
    );
    const step = fc.record({ update, reads: fc.boolean(), copies: fc.boolean(), back: fc.nat({ max: 12 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const told: { task: Task; copied: Task }[] = [{ task: begun, copied: begun }];
        for (const { update, reads, copies, back } of steps) {
          // Mostly the latest; at times one before, as when two readers fold the same history.
          const from = told[Math.max(0, told.length - 1 - Math.max(0, back - 8))] as (typeof told)[number];
          const task = applyUpdate(copies ? { ...from.task } : from.task, update);
          if (reads) JSON.stringify(task);
          told.push({ task, copied: applyByCopying(from.copied, update) });
        }
        for (const { task, copied } of told) {
          expect(JSON.stringify(task)).toBe(JSON.stringify(copied));
          expect(hasMessage(task, 'm7')).toBe(copied.history?.some(({ messageId }) => messageId === 'm7'));
          expect(firstArtifacts(task, 3)).toEqual({
            first: copied.artifacts?.slice(0, 3) ?? [],
            count: copied.artifacts?.length ?? 0,
          });
        }
      }),
    );
  });
});

/** The plain way, of which every step costs what the task holds. */
function applyByCopying(task: Task, update: TaskUpdate): Task {
  if ('task' in update) return update.task;
  if ('artifactUpdate' in update) {
    const { artifact, append } = update.artifactUpdate;
    const before = task.artifacts ?? [];
    const index = before.findIndex(({ artifactId }) => artifactId === artifact.artifactId);
    const known = before[index];
    if (known === undefined) return { ...task, artifacts: [...before, artifact] };
    return { ...task, artifacts: before.with(index, append === true ? joined(known, artifact) : artifact) };
  }
  const { id: taskId, contextId } = task;
  const message = 'message' in update ? update.message : update.statusUpdate.status.message;
  const given = message && { ...message, taskId, contextId };
  const isKnown = task.history?.some(({ messageId }) => messageId === given?.messageId);
  const lasts = 'message' in update || update.statusUpdate.status.state === 'TASK_STATE_INPUT_REQUIRED';
  const grown = given && lasts && !isKnown ? { history: [...(task.history ?? []), given] } : {};
  if ('message' in update) return { ...task, ...grown };
  const { status, metadata } = update.statusUpdate;
  const next = { ...task, status: { ...status, ...(given && { message: given }) } };
  return { ...next, metadata: { ...task.metadata, ...metadata }, ...grown };
}

function joined(known: Artifact, { parts: [first, ...rest], ...head }: Artifact): Artifact {
  const last = known.parts.at(-1);
  const parts =
    last?.text !== undefined && first?.text !== undefined
      ? [...known.parts.slice(0, -1), { text: `${last.text}${first.text}` }, ...rest]
      : [...known.parts, ...(first === undefined ? [] : [first, ...rest])];
  return { ...known, ...head, parts };
}
