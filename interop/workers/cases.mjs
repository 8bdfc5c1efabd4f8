// Every case of the workers: a plain workflow or an agent, what its task is to come to, and what is done to it on the
// way. operations.mjs tries each with every operation.
/**
 * What is known not to hold yet, with the reason: such a case fails without counting. `case` or `case language`.
 * @type {Record<string, string>}
 */
export const PENDING = {
  ...Object.fromEntries(
    [
      'result: a Task full of nulls',
      'null for the words of a question',
      'null in the Task that is returned',
    ].map((name) => [name, 'the bridge does not read it yet']),
  ),
  ...Object.fromEntries(
    [
      'failure: rejected',
      'failure: rejected by an activity',
      'stuck: a wrong argument',
      'stuck: a field that nobody knows',
      'stuck: an error that is not for clients',
      'stuck: a panic',
      'stuck: a workflow type that is not registered',
      'stuck: a result of more than 2 MB',
      'stuck: nobody polls the task queue',
      'pause',
    ].map((name) => [name, 'lists do not agree with GetTask yet']),
  ),
};

/** What a task says whose result cannot be read: among other things, in which encoding it is. */
const names = (encoding) => new RegExp(encoding);

const text = (words) => [{ text: words }];
const done = { result: text('done') };

/** A plain workflow that gives a result. `part` is what of it becomes a part; without it there is no artifact. */
function result(name, give, part, more = {}) {
  const artifacts = part === undefined ? {} : { result: [part] };
  const expected = { state: 'COMPLETED', artifacts, ...more.expected };
  return { agent: 'outcome', data: { give }, ...more, name: `result: ${name}`, expected };
}

/** A plain workflow that fails. */
function failure(name, data, says, more = {}) {
  const expected = { state: 'FAILED', says, artifacts: {}, ...more.expected };
  return { agent: 'outcome', data, ...more, name: `failure: ${name}`, expected };
}

/** An agent that does these steps. */
function script(name, steps, more = {}) {
  const { data, ...rest } = more;
  const expected = { state: 'COMPLETED', artifacts: { result: [{ text: 'done' }] }, ...more.expected };
  return { agent: 'script', ...rest, name, data: { steps, ...data }, expected };
}

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

const RESULTS = [
  result('an object', 'object', { data: { a: 1, list: [1, 'two', null], deep: { yes: true } } }),
  result('a record with unset fields', 'record', { data: { title: 'a note', body: null, tags: null } }),
  result('a model of pydantic', undefined, undefined, {
    agent: 'pydantic',
    data: { title: 'a note' },
    only: ['python'],
    expected: { artifacts: { result: [{ data: { title: 'a note', body: null } }] } },
  }),
  result('a string', 'string', { text: 'héllo ✓ 🎉' }),
  result('an empty string', 'empty', { text: '' }),
  result('a list', 'list', { data: [1, 'two', null] }),
  result('a number', 'number', { data: 42 }),
  result('a boolean', 'boolean', { data: false }),
  result('nothing', 'none'),
  result('bytes', 'bytes', {
    raw: Buffer.from('\x00\xffbytes', 'latin1').toString('base64'),
    mediaType: 'application/octet-stream',
  }),
  result('a protobuf message', 'protobuf', { data: { workflowId: 'w', runId: 'r' } }),
  result('a binary protobuf message', 'protobuf-binary', undefined, {
    expected: { says: names('binary/protobuf') },
  }),
  result(
    'NaN and Infinity',
    'nan',
    { data: { x: 'NaN', most: 'Infinity', least: '-Infinity' } },
    {
      but: { go: { expected: { state: 'FAILED', says: /unable to encode/, artifacts: {} } } },
    },
  ),
  result('large numbers', 'big', { data: { integer: 2 ** 64, float: 1e300 } }),
  result('an encoding of others', 'foreign', undefined, { expected: { says: names('binary/foreign') } }),
  result('no encoding', 'no-encoding', undefined, { expected: { says: /encoding/ } }),
  result('JSON that breaks off', 'truncated', undefined, { expected: { says: names('json/plain') } }),
  result('a Message', 'message', undefined, { answers: 'the answer', expected: { says: 'the answer' } }),
  result('a Task full of nulls', 'task-of-nulls', undefined, { expected: { state: 'FAILED', says: null } }),
];

const FAILURES = [
  failure('an application error', { raise: 'application' }, 'card declined'),
  failure('with details', { raise: 'details' }, 'card declined'),
  failure('with a protobuf message in it', { raise: 'details-protobuf' }, 'card declined'),
  failure('with bytes in it', { raise: 'details-bytes' }, 'card declined'),
  failure('with an encoding of others in it', { raise: 'details-foreign' }, 'card declined'),
  failure('with JSON that breaks off in it', { raise: 'details-truncated' }, 'card declined'),
  failure('without a message', { raise: 'empty' }, /./),
  failure('with a cause', { cause: 'details-protobuf' }, 'the outer reason'),
  failure('of an activity', { activity: 'details-protobuf' }, 'card declined'),
  failure('an activity that times out', { activity: 'timeout' }, /time/i),
  failure('of a child workflow', { child: 'details-protobuf' }, 'card declined'),
  failure('rejected', { raise: 'rejected' }, 'not my business', { expected: { state: 'REJECTED' } }),
  failure('rejected by an activity', { activity: 'rejected' }, 'not my business', {
    expected: { state: 'REJECTED' },
  }),
];

const AGENT = [
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

const NULL = [
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

/** A task that does not get on, as the bridge has found out. */
function stuck(name, agent, data, says, more = {}) {
  const expected = { state: 'SUBMITTED', says, artifacts: {}, ends: false };
  return { agent, data, stuck: true, ...more, name: `stuck: ${name}`, expected };
}

/** An error that ends a workflow in Go, where the others try its workflow task again. */
const endsInGo = (says) => ({
  but: { go: { stuck: false, expected: { state: 'FAILED', says, artifacts: {} } } },
});

const STUCK = [
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
  stuck('a result of more than 2 MB', 'outcome', { give: 'too-large' }, /has failed/, { full: true }),
  stuck('nobody polls the task queue', 'nobody', { give: 'string' }, /No worker polls the task queue/),
];

const cancel = ({ id }, { client }) => client.cancel(id);

const CANCEL = [
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
    act: cancel,
    expected: { state: 'CANCELED', artifacts: {} },
  },
];

/** Each is done again from a point of its history on; readers go on with it. */
function reset(name, steps, more) {
  const never = ['FAILED', 'CANCELED', 'REJECTED'];
  return script(`reset: ${name}`, steps, { forks: true, never, ...more });
}

const OPERATORS = [
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

const RUNS = [
  {
    name: 'continues as new, a plain workflow',
    agent: 'outcome',
    data: { sleep: 200, again: 2, give: 'string' },
    expected: { state: 'COMPLETED', artifacts: { result: text('héllo ✓ 🎉') } },
  },
];

/** A worker whose payloads the bridge cannot read. */
const CODED = { before: ({ startWorker }) => startWorker({ suffix: '-coded', codec: true }) };

const CODECS = [
  result('in a codec that the bridge does not have', 'object', undefined, {
    ...CODED,
    agent: 'coded',
    expected: { says: names('binary/shifted') },
  }),
  failure('in a codec that the bridge does not have', { raise: 'application' }, names('binary/shifted'), {
    ...CODED,
    agent: 'coded',
  }),
  script('reports in a codec that the bridge does not have', [{ say: 'one' }, { artifact: 'first' }], {
    ...CODED,
    agent: 'coded-script',
    expected: { says: names('binary/shifted'), artifacts: {} },
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

const VERSIONS = [
  versions('pinned tasks stay where they began', '-pinned', 'PINNED', '1'),
  versions('others go on with the new one', '-upgraded', 'AUTO_UPGRADE', '2'),
];

const EXAMPLES = [{ name: 'example: as its README says', readme: true }];

export const CASES = [
  ...RESULTS,
  ...FAILURES,
  ...AGENT,
  ...NULL,
  ...STUCK,
  ...CANCEL,
  ...OPERATORS,
  ...RUNS,
  ...CODECS,
  ...VERSIONS,
  ...EXAMPLES,
];
