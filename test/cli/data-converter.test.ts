import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Task } from '../../src/a2a/types';
import { buildCli, runCli } from '../support/cli';
import { cleanUpAfterAll, connectTestTemporal } from '../support/temporal';

const CONVERTERS = join(__dirname, 'converter');

beforeAll(buildCli, 180_000);

function agentsOf(taskQueue: string): string {
  const skills = [{ id: 'echo', name: 'Echo', description: 'Echo' }];
  const workflow = { type: 'echo', taskQueue };
  return JSON.stringify({
    agents: [{ id: 'echo', default: true, name: 'Echo', description: 'Echo', skills, workflow }],
  });
}

async function send(url: string, text: string): Promise<Task> {
  const message = { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text }] };
  const response = await fetch(`${url}/message:send`, {
    method: 'POST',
    headers: { 'A2A-Version': '1.0', 'Content-Type': 'application/json' },
    body: JSON.stringify({ message }),
  });
  return ((await response.json()) as { task: Task }).task;
}

it.each(['converter.cjs', 'converter.mjs'])(
  'API and worker use the data converter of %s',
  async (module) => {
    const { client } = await connectTestTemporal();
    const taskQueue = `converter-${randomUUID()}`;
    const directory = await mkdtemp(join(tmpdir(), 'temporal-a2a-converter-'));
    cleanUpAfterAll(() => rm(directory, { recursive: true, force: true }));
    const agentsFile = join(directory, 'agents.yaml');
    await writeFile(agentsFile, agentsOf(taskQueue));
    const cli = runCli(['start', '--port', '0', '--data-converter', join(CONVERTERS, module)], {
      TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS ?? '',
      TASK_QUEUE: taskQueue,
      AGENTS_FILE: agentsFile,
    });
    const [url] = await cli.printed(/http:\/\/127\.0\.0\.1:\d+/, 60_000);
    const task = await send(url, 'swordfish');
    expect(task.artifacts?.[0]?.parts).toEqual([{ text: 'swordfish' }]);
    const history = await client.workflow.getHandle(task.id).fetchHistory();
    const encodings = (history.events ?? []).flatMap(({ workflowExecutionStartedEventAttributes: started }) =>
      (started?.input?.payloads ?? []).map(({ metadata }) =>
        Buffer.from(metadata?.encoding ?? '').toString(),
      ),
    );
    expect(encodings).toEqual(['binary/xor']);
    await cli.end();
  },
  120_000,
);

it.each([
  ['no-such-file.js', /DATA_CONVERTER: cannot load .*no-such-file\.js/],
  ['payload-converter.cjs', /DATA_CONVERTER: .*payload-converter\.cjs must export a `dataConverter`/],
])('refuses %s', async (module, said) => {
  const cli = runCli(['worker'], { DATA_CONVERTER: join(CONVERTERS, module) });
  expect(await cli.exit).toBe(1);
  expect(cli.stderr).toMatch(said);
});
