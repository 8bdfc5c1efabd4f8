import { TaskUpdates } from '../../src/a2a/agent-native/task';
import type { Part, StreamResponse } from '../../src/a2a/types';

const ids = { taskId: 't', contextId: 'c' };

const chunk = (artifactId: string, text: string, append = true): StreamResponse => ({
  artifactUpdate: { ...ids, artifact: { artifactId, parts: [{ text }] }, append },
});

const textIn = (task: ReturnType<TaskUpdates['next']>) => {
  const [part] = task?.status.message?.parts ?? [];
  return part?.kind === 'text' ? part.text : undefined;
};

const begun = () => {
  const updates = new TaskUpdates();
  updates.next({ task: { id: 't', contextId: 'c', status: { state: 'TASK_STATE_WORKING' } } });
  return updates;
};

it('shows the text of all artifacts so far, in their order', () => {
  const updates = begun();
  expect(textIn(updates.next(chunk('a', 'one ')))).toBe('one ');
  expect(textIn(updates.next(chunk('b', ' three')))).toBe('one  three');
  expect(textIn(updates.next(chunk('a', 'two')))).toBe('one two three');
  expect(textIn(updates.next(chunk('a', 'again', false)))).toBe('again three');
});

it('shows the end of a long text', () => {
  const updates = begun();
  updates.next(chunk('a', 'x'.repeat(40_000)));
  const text = textIn(updates.next(chunk('a', 'the end')));
  expect(text).toHaveLength(32_768);
  expect(text?.endsWith('xthe end')).toBe(true);
});

it('reads no part of the task again for each event', () => {
  let reads = 0;
  const parts = Array.from({ length: 50 }, (_, n): Part => {
    const part = { metadata: { n } };
    return Object.defineProperty(part, 'text', {
      enumerable: true,
      get: () => {
        reads += 1;
        return 'x';
      },
    });
  });
  const updates = new TaskUpdates();
  updates.next({
    task: {
      id: 't',
      contextId: 'c',
      status: { state: 'TASK_STATE_WORKING' },
      artifacts: [{ artifactId: 'a', parts }],
    },
  });
  const before = reads;
  for (let n = 0; n < 20; n++) updates.next(chunk('b', 'y'));
  expect(reads).toBe(before);
  expect(textIn(updates.next(chunk('b', 'z')))).toBe(`${'x'.repeat(50)}${'y'.repeat(20)}z`);
});
