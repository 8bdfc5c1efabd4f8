import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Task } from '../../src/a2a/types';
import { buildCli, runCli } from '../support/cli';
import { cleanUpAfterAll, connectTestTemporal } from '../support/temporal';

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

async function send(url: string, parts: object[]): Promise<Task> {
  const message = { messageId: randomUUID(), role: 'ROLE_USER', parts };
  const response = await fetch(`${url}/message:send`, {
    method: 'POST',
    headers: { 'A2A-Version': '1.0', 'Content-Type': 'application/json' },
    body: JSON.stringify({ message }),
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
