import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Task } from '../../src/a2a/types';
import { startReceiver } from '../push/receiver';
import { buildCli, runCli } from '../support/cli';
import { cleanUpAfterAll, connectTestTemporal, eventually } from '../support/temporal';

let directory: string;
let agentsFile: string;
const taskQueue = `encryption-${randomUUID()}`;

beforeAll(async () => {
  await buildCli();
  directory = await mkdtemp(join(tmpdir(), 'temporal-a2a-encryption-'));
  cleanUpAfterAll(() => rm(directory, { recursive: true, force: true }));
  agentsFile = join(directory, 'agents.yaml');
  const agent = (id: string) => ({
    id,
    name: id,
    description: id,
    skills: [{ id, name: id, description: id }],
    workflow: { type: id, taskQueue, input: id === 'invoice' ? 'data' : undefined },
  });
  await writeFile(
    agentsFile,
    JSON.stringify({ agents: [{ ...agent('echo'), default: true }, agent('invoice')] }),
  );
  await writeFile(join(directory, 'now.key'), randomBytes(32).toString('base64'));
}, 180_000);

const settings = () => ({
  TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS ?? '',
  TASK_QUEUE: taskQueue,
  AGENTS_FILE: agentsFile,
  ENCRYPTION_KEYS: `now=file:${join(directory, 'now.key')},before=env:OLD_KEY`,
  OLD_KEY: randomBytes(32).toString('hex'),
});

async function send(url: string, parts: object[], configuration?: object): Promise<Task> {
  const message = { messageId: randomUUID(), role: 'ROLE_USER', parts };
  const response = await fetch(`${url}/message:send`, {
    method: 'POST',
    headers: { 'A2A-Version': '1.0', 'Content-Type': 'application/json' },
    body: JSON.stringify({ message, configuration }),
  });
  return ((await response.json()) as { task: Task }).task;
}

it('API and worker encrypt with the keys of ENCRYPTION_KEYS, failures too', async () => {
  const { client } = await connectTestTemporal();
  const cli = runCli(['start', '--port', '0', '--data-dir', directory], settings());
  const [url] = await cli.printed(/http:\/\/127\.0\.0\.1:\d+/, 60_000);
  const done = await send(url, [{ text: 'swordfish' }]);
  expect(done.artifacts?.[0]?.parts).toEqual([{ text: 'swordfish' }]);
  const failed = await send(`${url}/a2a/invoice`, [{ data: { customer: 'swordfish', items: 'none' } }]);
  expect(failed.status.state).toBe('TASK_STATE_FAILED');
  for (const { id } of [done, failed]) {
    const { events } = await client.workflow.getHandle(id).fetchHistory();
    const [started] = events ?? [];
    const { metadata } = started?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0] ?? {};
    expect(Buffer.from(metadata?.['encryption-key-id'] ?? '').toString()).toBe('now');
    const failure = events?.at(-1)?.workflowExecutionFailedEventAttributes?.failure;
    if (id === failed.id) expect(failure?.message).toBe('Encoded failure');
  }
  await cli.end();
}, 120_000);

it.each([
  [
    { ENCRYPTION_KEY_ID: 'next' },
    /ENCRYPTION_KEY_ID: expected one of the keys of ENCRYPTION_KEYS \(now, before\), got "next"/,
  ],
  [{ OLD_KEY: 'short' }, /ENCRYPTION_KEYS: env:OLD_KEY holds no key: 32 bytes in base64 or hex/],
])(
  'refuses %j',
  async (wrong, said) => {
    const cli = runCli(['worker'], { ...settings(), ...wrong });
    expect(await cli.exit).toBe(1);
    expect(cli.stderr).toMatch(said);
  },
  60_000,
);

it('start makes a key that seals webhooks, and keeps it', async () => {
  const { ENCRYPTION_KEYS: _, ...plain } = settings();
  const { client } = await connectTestTemporal();
  const receiver = await startReceiver();
  const file = join(directory, 'push-sealing.key');
  const begin = async () => {
    const cli = runCli(['start', '--port', '0', '--data-dir', directory], {
      ...plain,
      OUTBOUND_ALLOW: '127.0.0.1/32',
    });
    const [url] = await cli.printed(/http:\/\/127\.0\.0\.1:\d+/, 60_000);
    return { cli, url };
  };
  const first = await begin();
  const key = await readFile(file, 'utf8');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const config = { url: receiver.url, token: 'swordfish' };
  const { id } = await send(first.url, [{ text: 'hi' }], { taskPushNotificationConfig: config });
  await eventually(() => receiver.taken.length > 0, { timeoutMs: 30_000 });
  expect(receiver.taken[0]?.headers['x-a2a-notification-token']).toBe('swordfish');
  await first.cli.end();
  expect(first.cli.stderr).toContain('seals the credentials of push notifications; other nodes');
  const history = await client.workflow.getHandle(`a2a-push:${id}`).fetchHistory();
  const signaled = history.events?.map(
    ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.input?.payloads?.[0],
  );
  const stored = signaled?.map((payload) => Buffer.from(payload?.data ?? '').toString()).join('');
  expect(stored).toContain('"keyId":"start-');
  expect(stored).not.toContain('swordfish');

  const second = await begin();
  expect(await readFile(file, 'utf8')).toBe(key);
  // Its worker answers as soon as it polls.
  const configs = await eventually(
    async () => {
      const response = await fetch(`${second.url}/tasks/${id}/pushNotificationConfigs`, {
        headers: { 'A2A-Version': '1.0' },
      });
      return response.status === 200 && (await response.json());
    },
    { timeoutMs: 60_000 },
  );
  expect(configs).toMatchObject({ configs: [config] });
  await second.cli.end();
}, 180_000);

it('without a key, api and worker say what that means', async () => {
  const { ENCRYPTION_KEYS: _, ...plain } = settings();
  for (const [command, ready] of [
    ['api', /api is ready/],
    ['worker', /worker is ready/],
  ] as const) {
    const cli = runCli([command], { ...plain, PORT: '0' });
    await cli.printed(ready, 60_000);
    expect(cli.stderr).toContain('neither PUSH_SEALING_KEYS nor ENCRYPTION_KEYS is set');
    await cli.end();
  }
}, 120_000);
