import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { artifactText, type Caller, relayed, startCaller } from './calls';

const hasPython = spawnSync('python3', ['-c', 'import a2a, uvicorn, starlette']).status === 0;

if (!hasPython) process.stderr.write('Skipped: python3 has no a2a-sdk[http-server] and uvicorn.\n');

(hasPython ? describe : describe.skip)('An agent of the official Python SDK', () => {
  let server: ChildProcess;
  let caller: Caller;
  let url = '';

  beforeAll(async () => {
    server = spawn('python3', [join(__dirname, 'python-agent.py')], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [port] = (await once(server.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    url = `http://127.0.0.1:${port.toString().trim()}`;
    caller = await startCaller();
  });

  afterAll(() => server?.kill('SIGKILL'));

  it.each(['stream', 'poll'] as const)('is waited for by %s', async (waiting) => {
    const handle = await caller.start('hello', { url, waiting });
    const { answer } = (await handle.result()) as { answer: Awaited<ReturnType<Caller['call']>> };
    expect(answer.task?.status.state).toBe('TASK_STATE_COMPLETED');
    expect(artifactText(answer.task)).toBe('hello');
    if (waiting === 'stream') expect(await relayed(handle)).toContain('working "on it"');
  });
});
