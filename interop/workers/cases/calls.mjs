// Workflows that call agents: by the child workflow `a2aCall`, and over Nexus.
import { agentId, BUILT_IN } from '../agents.mjs';
import { eventually } from '../eventually.mjs';
import { script, text } from './shapes.mjs';

/** A call of an agent of the same language; `call` gives its input. */
const byChild = (call) => (language) => ({
  queue: BUILT_IN,
  input: call((name) => agentId(language, name)),
});

const over = (operation, call, more) => (language) => ({
  endpoint: BUILT_IN,
  operation,
  input: call((name) => agentId(language, name)),
  ...more,
});

const asChild = (name, data, options) =>
  byChild((id) => ({ agent: id(name), message: [{ data }], ...(options && { options }) }));

/** `$workflow` and `$task` are filled in by the workflow: its own ID, and that of the task called before. */
const send = (name, data, more) =>
  over(
    'SendMessage',
    (id) => ({ tenant: id(name), message: { contextId: '$workflow', parts: [{ data }] } }),
    more,
  );

const sendOn = (name, words) =>
  over('SendMessage', (id) => ({ tenant: id(name), message: { taskId: '$task', parts: text(words) } }));

const about = (operation, name, taskId = '$task') =>
  over(operation, (id) => ({ tenant: id(name), id: taskId }));

const task = (state, artifacts = {}, says = null) => ({ state: `TASK_STATE_${state}`, says, artifacts });

const failure = (type, state = null) => ({ type, state: state && `TASK_STATE_${state}` });

/** A workflow that makes these calls, one after the other; `outcomes` are what comes of them. */
function calls(name, made, outcomes, more = {}) {
  return {
    agent: 'caller',
    data: (language) => ({ calls: made.map((call) => call(language)), answer: 'Ada' }),
    expected: { state: 'COMPLETED', artifacts: { result: [{ data: { calls: outcomes } }] } },
    patienceMs: 60_000,
    ...more,
    name: `call: ${name}`,
  };
}

/** Until a task has been called, and has heard of its cancellation. */
const CALLED_MS = 60_000;

const OBJECT = { a: 1, list: [1, 'two', null], deep: { yes: true } };
const FOREVER = { steps: [{ say: 'one' }, { sleep: 120_000 }] };
const ASK = { steps: [{ ask: 'And?' }] };
const ANSWERED = task('COMPLETED', { answer: text('Ada'), result: text('done') });
const AUTH = {
  steps: [{ update: { statusUpdate: { status: { state: 'TASK_STATE_AUTH_REQUIRED' } } } }, { next: true }],
};

/** The task that has been called in the context, once it is in that state. */
const called = (contextId, state, { agent }) =>
  eventually(async () => {
    const { tasks } = await agent('script').list({ contextId });
    const states = tasks.map(({ status }) => status.state);
    if (states.join() !== `TASK_STATE_${state}`) throw new Error(`called: ${states}, not ${state}`);
    return tasks[0];
  }, CALLED_MS);

/** `contextOf` tells in which context it calls. */
const canceledWith = (contextOf) => ({
  act: async (one, tools) => {
    await called(contextOf(one), 'WORKING', tools);
    await tools.client.cancel(one.id);
    await called(contextOf(one), 'CANCELED', tools);
  },
  expected: { state: 'CANCELED', artifacts: {} },
});

const ofContext = ({ contextId }) => contextId;
const ofTask = ({ id }) => id;

export const CALLS = [
  calls(
    'by a child workflow, and its result',
    [asChild('outcome', { give: 'object' })],
    [task('COMPLETED', { result: [{ data: OBJECT }] })],
  ),
  calls(
    'by a child workflow, a question and its answer',
    [asChild('script', ASK, { onInput: 'signal' })],
    [ANSWERED],
  ),
  calls(
    'by a child workflow, failures of the agent',
    [
      asChild('outcome', { raise: 'details' }),
      asChild('outcome', { raise: 'rejected' }),
      asChild('script', ASK),
      asChild('script', AUTH),
    ],
    [
      failure('A2A_AGENT_FAILED', 'FAILED'),
      failure('A2A_AGENT_REJECTED', 'REJECTED'),
      failure('A2A_AGENT_INPUT_REQUIRED', 'INPUT_REQUIRED'),
      failure('A2A_AGENT_AUTH_REQUIRED', 'AUTH_REQUIRED'),
    ],
  ),
  calls(
    'by a child workflow, failures of the call',
    [
      byChild(() => ({ agent: 'nowhere', message: 'Hi' })),
      byChild((id) => ({ agent: id('outcome'), message: 'no data' })),
      asChild('outcome', {}, { timeout: 'soon' }),
      byChild(() => ({ url: 'http://10.0.0.1/', message: 'Hi' })),
    ],
    [
      failure('A2A_NO_SUCH_AGENT'),
      failure('A2A_INVALID_MESSAGE'),
      failure('A2A_INVALID_CALL'),
      failure('A2A_REMOTE_REFUSED'),
    ],
  ),
  calls(
    'by a child workflow, of a task that another client cancels',
    [asChild('script', FOREVER)],
    [failure('A2A_AGENT_CANCELED', 'CANCELED')],
    {
      act: async ({ contextId }, tools) => {
        const { id } = await called(contextId, 'WORKING', tools);
        await tools.agent('script').cancel(id);
      },
    },
  ),
  calls(
    'by a child workflow, cancelled with its caller',
    [asChild('script', FOREVER)],
    [],
    canceledWith(ofContext),
  ),
  calls("by a child workflow, its caller's time is over", [asChild('script', FOREVER)], [], {
    agent: 'brief-caller',
    act: async ({ contextId }, tools) => {
      await called(contextId, 'CANCELED', tools);
    },
    expected: { state: 'FAILED', says: /timed out/, artifacts: {} },
  }),
  calls(
    'over Nexus, and its result',
    [send('outcome', { give: 'object' })],
    [task('COMPLETED', { result: [{ data: OBJECT }] })],
  ),
  calls(
    'over Nexus, a question and its answer',
    [send('script', ASK), sendOn('script', 'Ada')],
    [task('INPUT_REQUIRED', {}, 'And?'), ANSWERED],
  ),
  calls(
    'over Nexus, its failures',
    [
      send('outcome', { raise: 'details' }),
      send('outcome', { raise: 'rejected' }),
      over('SendMessage', () => ({ tenant: 'nowhere', message: { parts: text('Hi') } })),
      over('SendMessage', (id) => ({ tenant: id('outcome'), message: { parts: [] } })),
      about('GetTask', 'script', 'unknown'),
    ],
    [
      failure('A2A_AGENT_FAILED', 'FAILED'),
      failure('A2A_AGENT_REJECTED', 'REJECTED'),
      failure('A2A_NO_SUCH_AGENT'),
      failure('A2A_INVALID_PARAMS'),
      failure('A2A_TASK_NOT_FOUND'),
    ],
  ),
  calls(
    'over Nexus, GetTask and CancelTask',
    [
      send('script', ASK),
      about('GetTask', 'script'),
      about('CancelTask', 'script'),
      about('GetTask', 'script'),
      about('CancelTask', 'script'),
      sendOn('script', 'Ada'),
    ],
    [
      task('INPUT_REQUIRED', {}, 'And?'),
      task('INPUT_REQUIRED', {}, 'And?'),
      task('CANCELED'),
      task('CANCELED'),
      failure('A2A_TASK_NOT_CANCELABLE'),
      failure('A2A_UNSUPPORTED_OPERATION'),
    ],
  ),
  calls('over Nexus, cancelled with its caller', [send('script', FOREVER)], [], canceledWith(ofTask)),
  calls('over Nexus, its time is over', [send('script', FOREVER, { timeout: 8_000 })], [failure('timeout')], {
    act: async ({ id }, tools) => {
      await called(id, 'CANCELED', tools);
    },
  }),
];

export const STEPS = [
  script('as a step of a chain, which asks, and is answered', [{ artifact: 'first' }, { ask: 'And?' }], {
    agent: 'chained',
    at: { state: 'INPUT_REQUIRED', says: 'And?' },
    act: (_, { say }) => say('Ada'),
    expected: { artifacts: { first: text('first'), answer: text('Ada'), result: text('done') } },
  }),
  script('as a step of a chain, cancelled with it', [{ ask: 'And?' }], {
    agent: 'chained',
    at: { state: 'INPUT_REQUIRED' },
    act: async ({ id, contextId }, tools) => {
      await tools.client.cancel(id);
      await called(contextId, 'CANCELED', tools);
    },
    expected: { state: 'CANCELED', artifacts: {} },
  }),
];
