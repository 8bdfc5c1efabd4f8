// What goes wrong, and what operators do.
import { done, script, text } from './shapes.mjs';

/** A task that does not get on, as the bridge has found out. */
function stuck(name, agent, data, says, more = {}) {
  const expected = { state: 'SUBMITTED', says, artifacts: {}, ends: false };
  return { agent, data, stuck: true, ...more, name: `stuck: ${name}`, expected };
}

/** An error that ends a workflow in Go, where the others try its workflow task again. */
const endsInGo = (says) => ({
  but: { go: { stuck: false, expected: { state: 'FAILED', says, artifacts: {} } } },
});

export const STUCK = [
  stuck(
    'a wrong argument',
    'typed',
    { title: { not: 'a text' } },
    /has failed/,
    endsInGo(/unable to decode/),
  ),
  stuck('a field that nobody knows', 'typed', { title: 'a note', more: 1 }, /has failed/, {
    but: Object.fromEntries(
      ['python', 'go'].map((language) => [
        language,
        { stuck: false, expected: { state: 'COMPLETED', artifacts: { result: text('a note') } } },
      ]),
    ),
  }),
  stuck('an error that is not for clients', 'outcome', { raise: 'exception' }, /a bug/, endsInGo('a bug')),
  stuck('a panic', 'outcome', { raise: 'panic' }, /a bug/, { only: ['go'] }),
  stuck('a workflow type that is not registered', 'unregistered', {}, /Nowhere/),
  stuck('a result of more than 2 MB', 'outcome', { give: 'too-large' }, /has failed/, {
    full: true,
    // What Java sends, the server refuses by an end of its own.
    but: { java: { stuck: false, expected: { state: 'FAILED', says: /exceeds size limit/, artifacts: {} } } },
  }),
  stuck('nobody polls the task queue', 'nobody', { give: 'string' }, /No worker polls the task queue/),
];

/** Each is done again from a point of its history on; readers go on with it. */
function reset(name, steps, more) {
  const never = ['FAILED', 'CANCELED', 'REJECTED'];
  return script(`reset: ${name}`, steps, { forks: true, never, ...more });
}

export const OPERATORS = [
  script('terminate', [{ say: 'one' }, { sleep: 60_000 }], {
    at: { says: 'one' },
    act: ({ id }, { temporal }) => temporal.terminate(id, 'an operator had to'),
    expected: { state: 'FAILED', says: /terminated.*an operator had to/, artifacts: {} },
  }),
  script('delete', [{ say: 'one' }, { sleep: 60_000 }], {
    at: { says: 'one' },
    act: ({ id }, { temporal }) => temporal.delete(id),
    gone: true,
  }),
  script('its time is over', [{ say: 'one' }, { sleep: 60_000 }], {
    agent: 'brief',
    expected: { state: 'FAILED', says: /timed out/, artifacts: {} },
  }),
  script('pause', [{ say: 'one' }, { next: true }], {
    at: { says: 'one' },
    act: async ({ id, contextId }, { temporal, until, client, say }) => {
      await temporal.pause(id, 'for a look');
      await until({ state: 'WORKING', says: /paused/i });
      const { tasks } = await client.list({ contextId, status: 'TASK_STATE_WORKING' });
      if (tasks.length !== 1) throw new Error(`list: ${tasks.length} tasks while it is paused`);
      await say('go on');
      await temporal.unpause(id);
    },
    expected: { artifacts: { next: text('go on'), ...done } },
  }),
  reset('to its beginning, while an activity runs', [{ report: { pieces: ['a', 'b', 'c'], gap: 700 } }], {
    act: async ({ id }, { temporal, until }) => {
      await until({ reports: true });
      await temporal.reset(id);
    },
    expected: { artifacts: { report: text('abc'), ...done } },
  }),
  reset(
    'to its last workflow task',
    [{ artifact: 'first' }, { say: 'one' }, { next: true }, { artifact: 'second' }],
    {
      at: { says: 'one' },
      act: async ({ id }, { temporal, say }) => {
        await temporal.reset(id, (tasks) => tasks.at(-1));
        await say('go on');
      },
      expected: {
        artifacts: { first: text('first'), next: text('go on'), second: text('second'), ...done },
      },
    },
  ),
  reset('while it waits for its client', [{ artifact: 'first' }, { ask: 'And?' }], {
    at: { state: 'INPUT_REQUIRED' },
    act: async ({ id }, { temporal, say }) => {
      await temporal.reset(id);
      await say('Ada');
    },
    expected: { artifacts: { first: text('first'), answer: text('Ada'), ...done } },
  }),
  reset('to before an answer, which it gets again', [{ ask: 'And?' }, { say: 'two' }, { next: true }], {
    at: { state: 'INPUT_REQUIRED' },
    act: async ({ id }, { temporal, say, until }) => {
      await say('Ada');
      await until({ says: 'two' });
      await temporal.reset(id);
      await say('go on');
    },
    expected: { artifacts: { answer: text('Ada'), next: text('go on'), ...done } },
  }),
  reset('after it has completed', [{ artifact: 'first' }], {
    at: { state: 'COMPLETED' },
    act: ({ id }, { temporal }) => temporal.reset(id),
    expected: { artifacts: { first: text('first'), ...done } },
    // Whoever has read its end has gone.
    skips: ['stream', 'resume'],
  }),
  reset('after it was terminated', [{ artifact: 'first' }, { say: 'one' }, { next: true }], {
    at: { says: 'one' },
    act: async ({ id }, { temporal, say }) => {
      await temporal.terminate(id, 'an operator had to');
      await temporal.reset(id);
      await say('go on');
    },
    expected: { artifacts: { first: text('first'), next: text('go on'), ...done } },
    never: [],
    skips: ['send', 'stream', 'resume', 'push'],
  }),
];

/** A task that waits while another build of its worker becomes the current one. */
function versions(name, suffix, behavior, builds) {
  const switchTo = ({ startWorker, temporal, queue }, build) =>
    startWorker({ suffix, build, behavior }).then(() => temporal.setCurrentBuild(queue, build));
  return script(`worker versions: ${name}`, [{ ask: 'And?' }, { build: true }], {
    agent: suffix.slice(1),
    suffix,
    before: (tools) => switchTo(tools, '1'),
    at: { state: 'INPUT_REQUIRED' },
    act: async (_, { say, once, ...tools }) => {
      await once('the second build', () => switchTo(tools, '2'));
      await say('Ada');
    },
    expected: { artifacts: { answer: text('Ada'), build: text(builds), ...done } },
  });
}

export const VERSIONS = [
  versions('pinned tasks stay where they began', '-pinned', 'PINNED', '1'),
  versions('others go on with the new one', '-upgraded', 'AUTO_UPGRADE', '2'),
];
