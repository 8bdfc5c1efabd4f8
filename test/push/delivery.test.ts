import type { SendMessageRequest, TaskPushNotificationConfig } from '../../src/a2a/types';
import { eventually } from '../support/eventually';
import { type Harness, immediate, message, scripted, startHarness, taskOf } from '../support/harness';
import { type Receiver, startReceiver, told } from './receiver';

let harness: Harness;
let receiver: Receiver;

beforeAll(async () => {
  harness = await startHarness({
    agents: [
      { id: 'script' },
      { id: 'replier' },
      { id: 'plainWaiter', workflow: { input: 'text' } },
      { id: 'telling', workflow: { type: 'script' }, repeatAnswer: true },
    ],
    push: true,
  });
}, 60_000);

beforeEach(async () => {
  receiver = await startReceiver();
});

afterEach(() => receiver.stop());

function withPush(request: SendMessageRequest, config: Partial<TaskPushNotificationConfig> = {}) {
  const taskPushNotificationConfig = { url: receiver.url, ...config };
  return { ...request, configuration: { ...request.configuration, taskPushNotificationConfig } };
}

const call = (id = 'script') => harness.call(id);
const STEPS = [
  { working: 'on' },
  { chunks: { artifactId: 'a', texts: ['1', '2'] } },
  { ask: 'more?' },
  { complete: { text: 'end' } },
];
const UNTIL_QUESTION = [
  'task submitted',
  'working "on"',
  'artifact a "1"',
  'artifact a+ "2"',
  'input_required "more?"',
];
const ALL = [...UNTIL_QUESTION, 'working', 'artifact last "end"', 'completed'];

const heard = () => receiver.taken.map(told);
const hears = (expected: string[], timeoutMs = 25_000) =>
  eventually(() => expect(heard()).toEqual(expected) ?? true, { timeoutMs });
const ended = (taskId: string) =>
  eventually(
    async () => {
      const status = await harness.bridge.getPushStatus({ taskId, id: taskId }, call());
      return ['delivered', 'failed', 'gone'].includes(status.state) && status;
    },
    { timeoutMs: 25_000 },
  );

it('tells an answer as GetTask does where the agent repeats it', async () => {
  const send = immediate(withPush(scripted([{ complete: { text: 'end' } }])));
  const { id } = taskOf(await harness.bridge.sendMessage(send, call('telling')));
  await eventually(() => heard().at(-1)?.startsWith('completed'), { timeoutMs: 25_000 });
  const { status } = await harness.bridge.getTask({ id }, call('telling'));
  expect(status.message?.parts).toEqual([{ text: 'end' }]);
  expect(receiver.taken.at(-1)?.json.statusUpdate?.status).toEqual(status);
});

it('tells everything in order, from the first status to the last, with all headers', async () => {
  const authentication = { scheme: 'Bearer', credentials: 'let me in' };
  const send = withPush(scripted(STEPS), { token: 'of mine', authentication });
  const { id } = taskOf(await harness.bridge.sendMessage(send, call()));
  await hears(UNTIL_QUESTION);
  await harness.bridge.sendMessage({ message: message('yes', { taskId: id }) }, call());
  await hears(ALL);
  for (const { headers } of receiver.received) {
    expect(headers).toMatchObject({
      'content-type': 'application/a2a+json',
      authorization: 'Bearer let me in',
      'x-a2a-notification-token': 'of mine',
      'user-agent': 'temporal-a2a',
    });
  }
  const keys = receiver.received.map(({ headers }) => headers['idempotency-key']);
  expect(new Set(keys).size).toBe(ALL.length);
  expect(await ended(id)).toMatchObject({ state: 'delivered', delivered: ALL.length });
});

it('tells what comes after its creation, when it is made later', async () => {
  const { id } = taskOf(await harness.bridge.sendMessage(scripted(STEPS), call()));
  const made = await harness.bridge.createTaskPushNotificationConfig(
    { taskId: id, url: receiver.url },
    call(),
  );
  expect(made).toEqual({ taskId: id, id: expect.stringMatching(/^[0-9a-f-]{36}$/), url: receiver.url });
  await harness.bridge.sendMessage({ message: message('yes', { taskId: id }) }, call());
  await hears(['working', 'artifact last "end"', 'completed']);
});

it('tries again what a receiver does not take, and nothing before that', async () => {
  let refusals = 3;
  receiver.answer = ({ json }, response) => {
    const refuse = 'statusUpdate' in json && refusals-- > 0;
    response
      .writeHead(refuse ? ([500, 404, 301][refusals] ?? 500) : 200, { location: 'http://127.0.0.1:1/' })
      .end();
  };
  const send = withPush(immediate(scripted([{ working: 'on' }, { complete: {} }])));
  const { id } = taskOf(await harness.bridge.sendMessage(send, call()));
  await hears(['task submitted', 'working "on"', 'completed']);
  expect(receiver.received.map(told)).toEqual([
    'task submitted',
    ...Array(4).fill('working "on"'),
    'completed',
  ]);
  const [first, ...again] = receiver.received.slice(1, 5).map(({ headers }) => headers['idempotency-key']);
  expect(again).toEqual([first, first, first]);
  expect(await ended(id)).toMatchObject({ state: 'delivered', delivered: 3 });
});

it('waits for a receiver that is down, says so, and misses nothing', async () => {
  await receiver.stop();
  const send = withPush(immediate(scripted([{ working: 'on' }, { complete: {} }])));
  const { id } = taskOf(await harness.bridge.sendMessage(send, call()));
  const status = await eventually(async () => {
    const now = await harness.bridge.getPushStatus({ taskId: id, id }, call());
    return now.state === 'retrying' && now;
  });
  expect(status).toMatchObject({
    taskId: id,
    id,
    delivered: 0,
    lastError: expect.stringMatching('ECONNREFUSED'),
  });
  await receiver.start();
  await hears(['task submitted', 'working "on"', 'completed']);
});

it('ends with a receiver that answers 410', async () => {
  receiver.answer = (_notification, response) => response.writeHead(410).end();
  const send = withPush(immediate(scripted([{ working: 'on' }, { complete: {} }])));
  const { id } = taskOf(await harness.bridge.sendMessage(send, call()));
  expect(await ended(id)).toMatchObject({
    state: 'gone',
    delivered: 0,
    lastError: expect.stringMatching('410'),
  });
  expect(receiver.received.length).toBe(1);
});

it('one slow receiver does not hold up another', async () => {
  const slow = await startReceiver(() => {});
  const send = withPush(scripted([{ working: 'on' }, { ask: 'go on?' }, { complete: {} }]));
  const { id } = taskOf(await harness.bridge.sendMessage(send, call()));
  await harness.bridge.createTaskPushNotificationConfig({ taskId: id, url: slow.url }, call());
  await harness.bridge.sendMessage({ message: message('yes', { taskId: id }) }, call());
  await hears(['task submitted', 'working "on"', 'input_required "go on?"', 'working', 'completed']);
  await eventually(() => slow.received.length === 1);
  expect(slow.received.map(told)).toEqual(['working']);
  await slow.stop();
});

it('heeds the status of a receiver that never ends its answer', async () => {
  receiver.answer = (_notification, response) => {
    response.writeHead(200);
    const write = () => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    };
    response.on('drain', write);
    receiver.taken.push(_notification);
    write();
  };
  const send = withPush(immediate(scripted([{ complete: {} }])));
  const { id } = taskOf(await harness.bridge.sendMessage(send, call()));
  expect(await ended(id)).toMatchObject({ state: 'delivered' });
});

it('tells no more once its config was deleted', async () => {
  const send = withPush(scripted(STEPS));
  const { id } = taskOf(await harness.bridge.sendMessage(send, call()));
  await hears(UNTIL_QUESTION);
  await harness.bridge.deleteTaskPushNotificationConfig({ taskId: id, id }, call());
  const { bridge } = harness;
  await bridge.createTaskPushNotificationConfig({ taskId: id, id: 'other', url: `${receiver.url}2` }, call());
  await bridge.sendMessage({ message: message('yes', { taskId: id }) }, call());
  await eventually(() => heard().at(-1) === 'completed');
  expect(receiver.received.filter(({ path }) => path === '/hook').map(told)).toEqual(UNTIL_QUESTION);
});

it('of an agent that answers with a Message, tells the Message', async () => {
  harness.agents.push({ ...call('replier').agent, id: 'answering', answers: 'message' });
  await harness.bridge.sendMessage(withPush({ message: message('hi') }), call('answering'));
  await hears(['message You said: hi']);
});

it('tells of plain workflows', async () => {
  const send = withPush(immediate({ message: message('hello') }));
  const { id } = taskOf(await harness.bridge.sendMessage(send, call('plainWaiter')));
  await hears(['task submitted', 'working']);
  await harness.temporal.client.workflow.getHandle(id).signal('release');
  await hears(['task submitted', 'working', 'artifact result ""', 'completed']);
});

it('writes in the version of the caller', async () => {
  const send = withPush(
    immediate(
      scripted([{ working: 'on' }, { artifact: { artifactId: 'a', text: 'made' } }, { complete: {} }]),
    ),
  );
  const { id } = taskOf(await harness.bridge.sendMessage(send, { ...call(), version: '0.3' }));
  await eventually(() => receiver.taken.length === 4);
  // The Task, however much of it has changed (0.3.0, section 9.5).
  const states = ['submitted', 'working', 'working', 'completed'];
  expect(receiver.taken.map(({ json }) => json)).toMatchObject(
    states.map((state) => ({ kind: 'task', id, status: { state } })),
  );
  expect(receiver.taken[1]?.json.artifacts ?? []).toEqual([]);
  const artifacts = [{ artifactId: 'a', parts: [{ kind: 'text', text: 'made' }] }];
  expect(receiver.taken[3]?.json).toMatchObject({ artifacts });
  expect(receiver.taken[0]?.headers['content-type']).toBe('application/json');
});

it('a message that is sent again is told once', async () => {
  const send = withPush(scripted([{ working: 'on' }, { complete: {} }]));
  const { id } = taskOf(await harness.bridge.sendMessage(send, call()));
  await harness.bridge.sendMessage(send, call());
  await ended(id);
  await harness.bridge.sendMessage(send, call());
  await ended(id);
  expect(heard()).toEqual(['task submitted', 'working "on"', 'completed']);
});
