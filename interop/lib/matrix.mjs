// Which client does what: every case that must have a result, so that one that never ran is seen too.

const BINDINGS = ['JSONRPC', 'HTTP+JSON', 'GRPC'];

const TALK = ['card', 'extended-card', 'send', 'stream', 'get', 'cancel', 'subscribe', 'multi-turn'];
const PUSH = ['push', 'push-in-send'];
const PUSH_ALL = [...PUSH, 'push-list', 'push-delete'];
const CALLS = ['stream', 'multi-turn', 'cancel'];
const KEYS = ['key-header', 'key-bearer', 'key-refused'];

function overAll(version, operations) {
  return BINDINGS.map((binding) => ({ binding, version, operations }));
}

/** By client: what its program is to run, in order. */
export const MATRIX = {
  'python-1.x': [
    ...overAll('1.0', [...TALK, 'list', ...PUSH_ALL, ...KEYS, 'across']),
    // Its own 0.3: the SDK speaks it to agents whose cards offer nothing newer.
    ...overAll('0.3', [...TALK, ...PUSH_ALL]).map((run) =>
      // There, its HTTP+JSON can neither list nor delete push configs.
      run.binding === 'HTTP+JSON' ? { ...run, operations: [...TALK, ...PUSH] } : run,
    ),
  ],
  'python-0.3': overAll('0.3', [...TALK, ...PUSH, ...KEYS]),
  go: [...overAll('1.0', [...TALK, 'list', ...PUSH_ALL, ...KEYS]), ...overAll('0.3', [...TALK, ...PUSH_ALL])],
  // The commands of a page that shows one agent with an API key.
  curl: [
    {
      binding: 'HTTP+JSON',
      version: '0.3',
      operations: ['card', 'send', 'get', 'stream', 'subscribe', 'cancel'],
    },
  ],
  // Agents of the SDKs' servers, which the bridge calls.
  'called-python-1.x': overAll('1.0', CALLS),
  'called-python-0.3': overAll('0.3', CALLS),
};

/** Cases for which the server is killed; they run alone, after all others. */
export const RESTARTS = {
  'python-1.x': [
    { binding: 'JSONRPC', version: '1.0', operations: ['restart'] },
    { binding: 'GRPC', version: '1.0', operations: ['restart'] },
  ],
};

/** `key-header` of `go` over `GRPC` in `1.0`, as one name. */
export function caseName({ client, binding, version, operation }) {
  return `${client} ${version} ${binding} ${operation}`;
}

/** The runs without what a filter leaves out: each word must occur in the name of a case; `-word` must not. */
export function filtered(matrix, words) {
  const has = (name, word) => ` ${name} `.includes(` ${word} `);
  const wanted = (name) =>
    words.every((word) => (word.startsWith('-') ? !has(name, word.slice(1)) : has(name, word)));
  return Object.fromEntries(
    Object.entries(matrix)
      .map(([client, runs]) => [
        client,
        runs
          .map((run) => ({
            ...run,
            operations: run.operations.filter((operation) => wanted(caseName({ client, ...run, operation }))),
          }))
          .filter(({ operations }) => operations.length > 0),
      ])
      .filter(([, runs]) => runs.length > 0),
  );
}
