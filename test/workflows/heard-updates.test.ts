import type { TaskUpdate } from '../../src/a2a/task-update';
import { HeardUpdates } from '../../src/workflows/heard-updates';

const update = (text: string): TaskUpdate => ({
  artifactUpdate: { artifact: { artifactId: text, parts: [{ text }] } },
});

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(update) as [TaskUpdate, TaskUpdate, TaskUpdate, TaskUpdate];

describe('updates of a child', () => {
  it('are all new when the child tells them', () => {
    const heard = new HeardUpdates();
    expect([heard.fromChild([a, b]), heard.fromChild([c])]).toEqual([[a, b], [c]]);
  });

  it('are new once when they are read, however often', () => {
    const heard = new HeardUpdates();
    expect([
      heard.fromHistory([a, b], 0),
      heard.fromHistory([a, b, c], 0),
      heard.fromHistory([c], 2),
      heard.fromHistory([c, d], 2),
    ]).toEqual([[a, b], [c], [], [d]]);
  });

  it('are not new when they were read before the child told them', () => {
    const heard = new HeardUpdates();
    expect([
      heard.fromHistory([a, b], 0),
      heard.fromChild([a]),
      heard.fromChild([b, c]),
      heard.fromChild([d]),
    ]).toEqual([[a, b], [], [c], [d]]);
  });

  it('need not be read when the child tells them', () => {
    const heard = new HeardUpdates();
    expect([heard.fromChild([a]), heard.fromHistory([a, b], 0), heard.fromChild([b])]).toEqual([
      [a],
      [],
      [b],
    ]);
    expect(heard.reportsItself).toBe(true);
  });
});
