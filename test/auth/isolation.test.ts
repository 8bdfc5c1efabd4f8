import { randomUUID } from 'node:crypto';
import { BINDINGS, V1 } from '../api/harness';
import { type Harness, startHarness } from '../support/harness';
import { randomTaskQueue } from '../support/temporal';
import { AUDIENCE, TestIssuer } from './issuer';
import { bearer } from './support';

process.env.TEST_ISOLATED_ANNA = 'key-of-anna-0123456789';
process.env.TEST_ISOLATED_BERT = 'key-of-bert-0123456789';

let issuer: TestIssuer;
let harness: Harness;

beforeAll(async () => {
  issuer = await TestIssuer.start();
  const authentication = {
    apiKeys: [
      { owner: 'anna', values: ['env:TEST_ISOLATED_ANNA'] },
      { owner: 'bert', values: ['env:TEST_ISOLATED_BERT'] },
    ],
    jwt: [{ issuer: issuer.url, audience: AUDIENCE }],
  };
  const agents = ['interview', 'echo'].map((id) => ({ id, authentication, pushNotifications: true }));
  const push = { taskQueue: randomTaskQueue() };
  harness = await startHarness({ agents, app: true, bridge: { push } });
});
afterAll(() => issuer.close());

const anna = { 'X-Api-Key': process.env.TEST_ISOLATED_ANNA };

describe.each(BINDINGS)('Over $name', (binding) => {
  const begin = async (headers: Record<string, string>, contextId: string) => {
    const message = {
      messageId: `same-${contextId}`,
      contextId,
      role: 'ROLE_USER',
      parts: [{ text: 'Let us begin' }],
    };
    const { result, body } = await binding.call(harness.url, 'SendMessage', { message }, headers);
    const task = result?.task as { id: string; status: { state: string } } | undefined;
    if (task === undefined) throw new Error(JSON.stringify(body));
    return task;
  };

  const others: [string, () => Promise<Record<string, string>>][] = [
    ['another key', async () => ({ 'X-Api-Key': process.env.TEST_ISOLATED_BERT ?? '' })],
    [
      'a token whose subject has the name of the key',
      async () => bearer(await issuer.token({ sub: 'anna' })),
    ],
    ['a token that claims to be the key', async () => bearer(await issuer.token({ sub: 'key:anna' }))],
  ];

  it.each(others)("hides a caller's tasks from %s", async (_, makeHeaders) => {
    const theirs = await makeHeaders();
    const contextId = randomUUID();
    const mine = await begin(anna, contextId);
    expect(mine.status.state).toBe('TASK_STATE_INPUT_REQUIRED');

    const { id } = mine;
    const url = 'https://hooks.example.com/x';
    const further = { messageId: randomUUID(), taskId: id, role: 'ROLE_USER', parts: [{ text: 'Eve' }] };
    for (const [method, params] of [
      ['GetTask', { id }],
      ['CancelTask', { id }],
      ['SubscribeToTask', { id }],
      ['SendMessage', { message: further }],
      ['SendStreamingMessage', { message: further }],
      ['CreateTaskPushNotificationConfig', { taskId: id, url }],
      ['GetTaskPushNotificationConfig', { taskId: id, id: 'a' }],
      ['ListTaskPushNotificationConfigs', { taskId: id }],
      ['DeleteTaskPushNotificationConfig', { taskId: id, id: 'a' }],
    ] as const) {
      const answers = await Promise.all(
        [id, randomUUID()].map((taskId) => {
          const text = JSON.stringify(params).replaceAll(id, taskId);
          return binding.call(harness.url, method, JSON.parse(text), theirs);
        }),
      );
      // As one that does not exist, but for its name.
      const reason = 'TASK_NOT_FOUND';
      expect([method, ...answers.map(({ error }) => error?.reason)]).toEqual([method, reason, reason]);
      expect(answers[1]?.status).toBe(answers[0]?.status);
    }

    const listed = await binding.call(harness.url, 'ListTasks', { contextId }, theirs);
    expect(listed.result).toMatchObject({ tasks: [], totalSize: 0 });

    // The same message of theirs is a task of theirs.
    const own = await begin(theirs, contextId);
    expect(own.id).not.toBe(id);
    const { result } = await binding.call(harness.url, 'GetTask', { id }, anna);
    expect(result).toMatchObject({ id, status: { state: 'TASK_STATE_INPUT_REQUIRED' } });
    for (const [task, headers] of [
      [id, anna],
      [own.id, theirs],
    ] as const) {
      const cancelled = await binding.call(harness.url, 'CancelTask', { id: task }, headers as never);
      expect(cancelled.result).toMatchObject({ id: task, status: { state: 'TASK_STATE_CANCELED' } });
    }
  });
});

it('is the same caller over both bindings, by an old key and by its new one', async () => {
  const [rpc, rest] = BINDINGS;
  const message = { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text: 'hi' }] };
  const sent = await rpc?.call(`${harness.url}/a2a/echo`, 'SendMessage', { message }, anna);
  const { id } = (sent?.result?.task ?? {}) as { id?: string };
  expect(id).toBeDefined();
  const asBearer = bearer(process.env.TEST_ISOLATED_ANNA ?? '');
  const got = await rest?.call(`${harness.url}/a2a/echo`, 'GetTask', { id }, { ...V1, ...asBearer });
  expect(got?.result).toMatchObject({ id, status: { state: 'TASK_STATE_COMPLETED' } });
});
