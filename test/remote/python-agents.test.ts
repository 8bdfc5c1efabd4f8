import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { artifactText, type Caller, relayed, startCaller } from './calls';

/** `npm run interop` calls it over all of its bindings, with an environment that it makes. */
const AGENT = join(__dirname, '../../interop/python/agent_v1.py');

const hasPython = spawnSync('python3', ['-c', 'import a2a, grpc, uvicorn, starlette']).status === 0;

if (!hasPython) process.stderr.write('Skipped: python3 has no a2a-sdk[grpc,http-server] and uvicorn.\n');

(hasPython ? describe : describe.skip)('An agent of the official Python SDK', () => {
  let server: ChildProcess;
  let caller: Caller;
  let url = '';

  beforeAll(async () => {
    server = spawn('python3', [AGENT], {
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [urls] = (await once(server.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    url = (JSON.parse(urls.toString()) as { JSONRPC: string }).JSONRPC;
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
