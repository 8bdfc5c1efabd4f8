import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { EncryptionKeys, encryptedDataConverter } from '../../src';
import { request, startHarness, taskOf } from '../support/harness';
import { cleanUpAfterAll, connectTestTemporal } from '../support/temporal';
import { storedIn } from './raw';

const hasPython = spawnSync('python3', ['-c', 'import temporalio, cryptography']).status === 0;
if (!hasPython) process.stderr.write('Skipped: python3 has no temporalio and cryptography.\n');

const MARKER = 'swordfish';

/** With the codec of docs/encryption.md, and nothing of ours. */
const WORKER = `
import asyncio
import sys

from codec import data_converter
from temporalio import workflow
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker


@workflow.defn
class Greet:
    @workflow.run
    async def run(self, text: str) -> str:
        if text.startswith('fail'):
            raise ApplicationError(text)
        return f'Hello, {text}'


async def main() -> None:
    client = await Client.connect(sys.argv[1], data_converter=data_converter)
    runner = UnsandboxedWorkflowRunner()
    async with Worker(client, task_queue=sys.argv[2], workflows=[Greet], workflow_runner=runner):
        print('ready', flush=True)
        await asyncio.Event().wait()


asyncio.run(main())
`;

(hasPython ? it : it.skip)(
  'a plain Python workflow with the codec of the page is an agent',
  async () => {
    const temporal = await connectTestTemporal();
    const key = randomBytes(32);
    const dataConverter = encryptedDataConverter(new EncryptionKeys({ '2026': key }));
    const client = new Client({ connection: temporal.connection, dataConverter });
    const { bridge, call, taskQueue } = await startHarness({
      temporal: { ...temporal, client },
      agents: [{ id: 'greet', workflow: { type: 'Greet', input: 'text' } }],
      withoutWorker: true,
    });
    const directory = mkdtempSync(join(tmpdir(), 'encryption-python-'));
    cleanUpAfterAll(async () => rmSync(directory, { recursive: true, force: true }));
    const page = readFileSync(join(__dirname, '../../docs/encryption.md'), 'utf8');
    const [, codec = ''] = /<!-- codec\.py -->\n```python\n(.*?)```/s.exec(page) ?? [];
    writeFileSync(join(directory, 'codec.py'), codec);
    writeFileSync(join(directory, 'worker.py'), WORKER);
    const worker = spawn('python3', [join(directory, 'worker.py'), temporal.address, taskQueue], {
      env: { ...process.env, A2A_KEY: key.toString('base64') },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    cleanUpAfterAll(async () => worker.kill('SIGKILL'));
    await once(worker.stdout, 'data');

    const done = taskOf(await bridge.sendMessage(request(MARKER), call('greet')));
    expect(done.artifacts?.[0]?.parts).toEqual([expect.objectContaining({ text: `Hello, ${MARKER}` })]);
    const failed = taskOf(await bridge.sendMessage(request(`fail ${MARKER}`), call('greet')));
    expect(failed.status).toMatchObject({
      state: 'TASK_STATE_FAILED',
      message: { parts: [{ text: `fail ${MARKER}` }] },
    });
    const stored = await storedIn(client, [taskQueue]);
    expect(stored.filter(({ text }) => text === 'binary/encrypted').length).toBeGreaterThan(3);
    expect(stored.filter(({ text }) => text.includes(MARKER))).toEqual([]);
  },
  90_000,
);
