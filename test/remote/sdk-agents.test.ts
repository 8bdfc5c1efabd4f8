import { textOf } from '../../src/a2a/parts';
import { eventually } from '../support/eventually';
import { artifactText, type Caller, failureOf, relayed, startCaller, stateOf } from './calls';
import { type SdkServer, startSdkServer } from './sdk-server';

let server: SdkServer;
let caller: Caller;

// The SDK prints what it cannot do.
beforeEach(() => void jest.spyOn(console, 'error').mockImplementation(() => {}));
afterEach(() => jest.restoreAllMocks());

beforeAll(async () => {
  server = await startSdkServer();
  caller = await startCaller({ cancelMs: 3_000 });
});

const BINDINGS = ['JSONRPC', 'HTTP+JSON', 'GRPC'].flatMap((binding) => [
  [binding, '1.0'] as const,
  [binding, '0.3'] as const,
]);

describe.each(BINDINGS)('An agent of the official SDK over %s %s', (binding, version) => {
  const url = () => server.card(binding, version);

  it('streams what it does, up to its end', async () => {
    const handle = await caller.start('spell abc', { url: url() });
    const { answer } = (await handle.result()) as { answer: Awaited<ReturnType<Caller['call']>> };
    expect(stateOf(answer)).toBe('TASK_STATE_COMPLETED');
    expect(artifactText(answer.task)).toBe('abc');
    expect(await relayed(handle)).toEqual(['working "on it"', 'said"a"', 'said+"b"', 'said+"c" last']);
  });

  it('is polled', async () => {
    const handle = await caller.start('spell abc', { url: url(), waiting: 'poll' });
    const { answer } = (await handle.result()) as { answer: Awaited<ReturnType<Caller['call']>> };
    expect(stateOf(answer)).toBe('TASK_STATE_COMPLETED');
    expect(artifactText(answer.task)).toBe('abc');
    const pieces = (await relayed(handle)).filter((update) => update.startsWith('said'));
    expect(pieces.map((piece) => piece.replaceAll(/said\+?|"| last/g, '')).join('')).toBe('abc');
  });

  it('answers with a Message', async () => {
    const { message } = await caller.call('answer yes', { url: url() });
    expect(message && textOf(message)).toBe('yes');
    const polled = await caller.call('answer no', { url: url(), waiting: 'poll' });
    expect(polled.message && textOf(polled.message)).toBe('no');
  });

  it('asks, and goes on with the answer', async () => {
    for (const waiting of ['stream', 'poll'] as const) {
      const { task } = await caller.call('ask your name?', { url: url(), waiting });
      expect(task?.status.state).toBe('TASK_STATE_INPUT_REQUIRED');
      expect(task?.status.message && textOf(task.status.message)).toBe('your name?');
      const message = {
        messageId: `answer-${task?.id}`,
        taskId: task?.id ?? '',
        contextId: task?.contextId ?? '',
        role: 'ROLE_USER' as const,
        parts: [{ text: 'say Ada' }],
      };
      const done = await caller.call('', { url: url(), waiting, message });
      expect(done.task).toMatchObject({ id: task?.id, status: { state: 'TASK_STATE_COMPLETED' } });
      expect(artifactText(done.task)).toBe('say Ada');
    }
  });

  it('fails with its own words', async () => {
    const { task } = await caller.call('fail no paper', { url: url() });
    expect(task?.status.state).toBe('TASK_STATE_FAILED');
    expect(task?.status.message && textOf(task.status.message)).toBe('no paper');
  });

  it('is cancelled with its caller', async () => {
    const handle = await caller.start('forever', { url: url() });
    await eventually(async () => (await relayed(handle)).includes('working "for ever"'));
    const before = server.executor.cancelled.length;
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(server.executor.cancelled).toHaveLength(before + 1);
  });

  it('knows no task of another name', async () => {
    const message = { messageId: 'm', taskId: 'nobody', role: 'ROLE_USER' as const, parts: [{ text: 'hi' }] };
    const failure = await failureOf(await caller.start('', { url: url(), message }));
    expect(failure.type).toBe('A2A_REMOTE_ERROR');
    expect(failure.message).toContain(`Agent ${url()} failed while`);
  });
});
