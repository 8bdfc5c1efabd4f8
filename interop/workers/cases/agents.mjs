// What agents that speak A2A do, and how their tasks go on.
import { done, script, text } from './shapes.mjs';

/** As a class writes it that has a field for everything. */
const NULLS = { metadata: null, extensions: null, referenceTaskIds: null, taskId: null, contextId: null };

const status = (state, words) => ({
  statusUpdate: {
    status: {
      state: `TASK_STATE_${state}`,
      message: words && { messageId: words, role: 'ROLE_AGENT', parts: text(words), ...NULLS },
      timestamp: null,
    },
    metadata: null,
  },
});

const artifact = (name) => ({
  artifactUpdate: {
    artifact: {
      artifactId: name,
      name,
      description: null,
      parts: text(name),
      metadata: null,
      extensions: null,
    },
    append: null,
    lastChunk: null,
    metadata: null,
  },
});

export const AGENT = [
  script(
    'reports progress and artifacts',
    [{ say: 'one' }, { artifact: 'first' }, { say: 'two' }, { artifact: 'second' }],
    { expected: { artifacts: { first: text('first'), second: text('second'), ...done } } },
  ),
  script('reports from an activity', [{ report: { pieces: ['a', 'b', 'c'], gap: 20 } }], {
    expected: { artifacts: { report: text('abc'), ...done } },
  }),
  script('an activity that is retried', [{ report: { pieces: ['a', 'b', 'c'], failsOnceAt: 2 } }], {
    expected: { artifacts: { report: text('abc'), ...done } },
  }),
  script('asks, and is answered', [{ ask: 'What is your name?' }], {
    at: { state: 'INPUT_REQUIRED', says: 'What is your name?' },
    act: (_, { say }) => say('Ada'),
    expected: { artifacts: { answer: text('Ada'), ...done } },
  }),
  script('continues as new', [{ artifact: 'first' }, { continueAsNew: true }, { ask: 'And now?' }], {
    at: { state: 'INPUT_REQUIRED', artifacts: { first: text('first') } },
    act: (_, { say }) => say('Ada'),
    expected: { artifacts: { first: text('first'), answer: text('Ada'), ...done } },
  }),
  script('fails', [{ say: 'one' }, { fail: 'out of words' }], {
    expected: { state: 'FAILED', says: 'out of words', artifacts: {} },
  }),
  script('rejects', [{ reject: 'not my business' }], {
    expected: { state: 'REJECTED', says: 'not my business', artifacts: {} },
  }),
];

export const NULL = [
  script('null in updates', [{ update: status('WORKING', null) }, { update: artifact('first') }], {
    expected: { artifacts: { first: text('first'), ...done } },
  }),
  script('null in a question', [{ update: status('INPUT_REQUIRED', 'And?') }, { next: true }], {
    at: { state: 'INPUT_REQUIRED', says: 'And?' },
    act: (_, { say }) => say('Ada'),
    expected: { artifacts: { next: text('Ada'), ...done } },
  }),
  script('null for the words of a question', [{ update: status('INPUT_REQUIRED', null) }, { next: true }], {
    at: { state: 'INPUT_REQUIRED', says: null },
    act: (_, { say }) => say('Ada'),
    expected: { artifacts: { next: text('Ada'), ...done } },
  }),
  script(
    'null in what an activity reports',
    [{ report: { pieces: [], raw: [status('WORKING', null), artifact('first')] } }],
    { expected: { artifacts: { first: text('first'), ...done } } },
  ),
  script('null in the Task that is returned', [{ artifact: 'first' }], {
    data: {
      give: {
        id: 'of its own',
        contextId: null,
        status: { state: 'TASK_STATE_FAILED', message: null, timestamp: null },
        artifacts: null,
        history: null,
        metadata: null,
      },
    },
    expected: { state: 'FAILED', says: null, artifacts: { first: text('first') } },
  }),
];

const cancel = ({ id }, { client }) => client.cancel(id);

export const CANCEL = [
  script('cancel: while it waits for its client', [{ ask: 'And?' }], {
    at: { state: 'INPUT_REQUIRED' },
    act: cancel,
    expected: { state: 'CANCELED', artifacts: {} },
  }),
  script('cancel: while an activity runs', [{ report: { pieces: Array(200).fill('.'), gap: 100 } }], {
    act: async (task, tools) => {
      await tools.until({ reports: true });
      await cancel(task, tools);
    },
    expected: { state: 'CANCELED', artifacts: undefined },
  }),
  script('cancel: with work left to do', [{ say: 'one' }, { sleep: 60_000 }], {
    data: { onCancel: { say: 'tidying up', sleep: 500 } },
    at: { says: 'one' },
    act: cancel,
    expected: { state: 'CANCELED', artifacts: {} },
  }),
  script('cancel: of a workflow that ends as if nothing were', [{ say: 'one' }, { sleep: 60_000 }], {
    data: { onCancel: { say: 'nearly done', sleep: 200, ignore: true } },
    at: { says: 'one' },
    act: (task, tools) => cancel(task, tools).catch(() => {}),
    but: { java: { expected: { state: 'CANCELED', artifacts: {} } } },
  }),
  {
    name: 'cancel: of a plain workflow',
    agent: 'outcome',
    data: { sleep: 60_000 },
    at: { state: 'WORKING' },
    act: cancel,
    expected: { state: 'CANCELED', artifacts: {} },
  },
  {
    name: 'cancel: before a worker has begun',
    agent: 'nobody',
    data: { give: 'string' },
    act: cancel,
    expected: { state: 'CANCELED', artifacts: {} },
  },
  {
    name: 'cancel: of a stuck workflow',
    agent: 'unregistered',
    data: {},
    at: { says: /Nowhere/ },
    wasStuck: true,
    act: cancel,
    expected: { state: 'CANCELED', artifacts: {} },
  },
];

export const RUNS = [
  {
    name: 'continues as new, a plain workflow',
    agent: 'outcome',
    data: { sleep: 200, again: 2, give: 'string' },
    expected: { state: 'COMPLETED', artifacts: { result: text('héllo ✓ 🎉') } },
  },
];
