import { Message, SendMessageRequest } from '@a2a-js/sdk';
import { status } from '@grpc/grpc-js';
import { BridgeError, TaskNotFoundError, unavailable } from '../../src/a2a/errors';
import { FakeStream } from '../api/fake-operations';
import { makeAgent } from '../api/harness';
import { eventually } from '../support/eventually';
import { closeAll, detailsOf, failure, readStream, startGrpc } from './harness';

afterEach(closeAll);

function send(text: string, more: object = {}) {
  const message = { messageId: `m-${text}`, role: 'ROLE_USER', parts: [{ text }] };
  return SendMessageRequest.fromJSON({ message, ...more });
}

/** A message of 0.3, as the generated code of the SDK has it. */
function send03(text: string) {
  return {
    request: {
      messageId: `m-${text}`,
      contextId: '',
      taskId: '',
      role: 1,
      content: [{ part: { $case: 'text', value: text } }],
      extensions: [],
    },
    configuration: { acceptedOutputModes: [], historyLength: 0, blocking: true },
  };
}

describe('A2A 1.0 over gRPC', () => {
  it('answers calls and streams', async () => {
    const { v1, operations, log } = await startGrpc();
    const { payload } = await v1.call('sendMessage', send('hi'));
    expect(payload).toMatchObject({ $case: 'task', value: { artifacts: [], status: {} } });
    expect(await v1.call('getTask', { id: payload.value.id })).toMatchObject({ id: payload.value.id });
    const { events, error } = await readStream(v1.stream('sendStreamingMessage', send('ho')));
    expect(error).toBeUndefined();
    expect(events).toMatchObject([{ payload: { $case: 'task' } }]);
    expect(operations.calls[0]?.call).toMatchObject({ owner: 'anonymous', version: '1.0' });
    expect(log).toContainEqual(
      expect.objectContaining({ msg: 'request', operation: 'SendMessage', status: 'OK', agent: 'echo' }),
    );
  });

  it('chooses the agent by the tenant', async () => {
    const { v1, operations } = await startGrpc();
    await v1.call('sendMessage', send('hi', { tenant: 'other' }));
    expect(operations.calls[0]?.call.agent.id).toBe('other');
    const error = await failure(v1.call('sendMessage', send('hi', { tenant: 'nobody' })));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(detailsOf(error)).toMatchObject({ BadRequest: expect.stringMatching(/tenant.*nobody/s) });
  });

  it('takes its own version, named or not, and no other', async () => {
    const { v1 } = await startGrpc();
    for (const version of ['0.3', '99.0', 'x']) {
      const error = await failure(v1.call('getTask', { id: '1' }, { 'a2a-version': version }));
      expect(error.code).toBe(status.FAILED_PRECONDITION);
      expect(detailsOf(error).ErrorInfo).toMatch(/VERSION_NOT_SUPPORTED.*a2a-protocol\.org/s);
    }
    for (const version of ['', '1.0.1']) {
      const missing = await failure(v1.call('getTask', { id: '1' }, { 'a2a-version': version }));
      expect(missing.code).toBe(status.NOT_FOUND);
    }
  });

  it('tells errors with their details', async () => {
    const { v1, operations, log } = await startGrpc();
    const missing = await failure(v1.call('getTask', { id: 'none' }));
    expect(missing.code).toBe(status.NOT_FOUND);
    expect(detailsOf(missing)).toEqual({
      ErrorInfo: expect.stringMatching(/TASK_NOT_FOUND.*a2a-protocol\.org/s),
    });

    const wrong = await failure(v1.call('getTask', { id: 'none', historyLength: -1 }));
    expect(wrong).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringMatching(/historyLength/),
    });
    expect(detailsOf(wrong).BadRequest).toContain('historyLength');

    operations.nextError = unavailable('Temporal is away');
    const away = await failure(v1.call('getTask', { id: 'none' }));
    expect(away.code).toBe(status.UNAVAILABLE);
    expect(Object.keys(detailsOf(away))).toEqual(['ErrorInfo', 'RetryInfo']);

    operations.nextError = new Error('secret of the machine room');
    const broken = await failure(v1.call('getTask', { id: 'none' }));
    expect(broken).toMatchObject({ code: status.INTERNAL, details: 'Internal error' });
    expect(log).toContainEqual(expect.objectContaining({ level: 50, msg: 'unexpected error' }));

    operations.nextError = new TaskNotFoundError(`half \ud800 a character, ${'x'.repeat(20_000)}`);
    expect((await failure(v1.call('getTask', { id: 'none' }))).code).toBe(status.NOT_FOUND);
  });

  it('tells errors on streams, before and after the first event', async () => {
    const { v1, operations } = await startGrpc();
    const early = await readStream(v1.stream('subscribeToTask', { id: 'none' }));
    expect([early.events, early.error?.code]).toEqual([[], status.NOT_FOUND]);
    operations.nextStream = new FakeStream()
      .push({ message: { messageId: 'a', role: 'ROLE_AGENT', parts: [] } })
      .fail(new BridgeError('RESOURCE_EXHAUSTED', 'too slow'));
    const late = await readStream(v1.stream('sendStreamingMessage', send('hi')));
    expect([late.events.length, late.error?.code]).toEqual([1, status.RESOURCE_EXHAUSTED]);
  });

  it('activates extensions that are asked for, and wants those that are required', async () => {
    const uri = 'https://example.com/ext';
    const agents = [makeAgent({ extensions: [{ uri, required: true }] })];
    const { v1 } = await startGrpc({ agents });
    const error = await failure(v1.call('sendMessage', send('hi')));
    expect(error.code).toBe(status.FAILED_PRECONDITION);
    expect(detailsOf(error).ErrorInfo).toContain('EXTENSION_SUPPORT_REQUIRED');
    const stream = v1.stream('sendStreamingMessage', send('hi'), { 'a2a-extensions': `${uri}, urn:other` });
    const headers = new Promise((resolve) =>
      stream.on('metadata', (metadata) => resolve(metadata.get('a2a-extensions'))),
    );
    expect((await readStream(stream)).error).toBeUndefined();
    expect(await headers).toEqual([uri]);
  });

  it('asks who calls before it tells anything', async () => {
    const authenticate = ({ header, agent }: { header(name: string): string; agent: unknown }) => {
      if (header('X-Api-Key') === 'right') return agent === undefined ? 'anna' : 'anna';
      const headers = { 'WWW-Authenticate': 'Bearer' };
      throw new BridgeError('UNAUTHENTICATED', 'Who are you?', { headers });
    };
    const { v1, v03, operations } = await startGrpc({ authenticate });
    const refused = [
      v1.call('getTask', { id: 'none' }),
      v1.call('getTask', { id: 'none', tenant: 'nobody' }),
      v1.call('getTask', { id: 'none' }, { 'a2a-version': '99' }),
      v03.call('getTask', { name: 'nonsense' }, { 'a2a-tenant': 'nobody' }),
      readStream(v1.stream('subscribeToTask', { id: 'none' })).then(({ error }) => Promise.reject(error)),
    ];
    for (const call of refused) {
      const error = await failure(call);
      expect(error).toMatchObject({ code: status.UNAUTHENTICATED, details: 'Who are you?' });
      expect(error.metadata.get('www-authenticate')).toEqual(['Bearer']);
    }
    expect(operations.calls).toEqual([]);
    await v1.call('sendMessage', send('hi'), { 'x-api-key': 'right' });
    expect(operations.calls[0]?.call.owner).toBe('anna');
  });

  it('takes a page size of 0 for none, as the Go SDK sends it', async () => {
    const { v1, operations } = await startGrpc();
    await v1.call('listTasks', { pageSize: 0, tenant: '', contextId: '', status: 0, pageToken: '' });
    expect(operations.calls[0]?.request).not.toHaveProperty('pageSize');
  });

  it('refuses a request that is too large, and one that is nested too deep', async () => {
    const { v1, log } = await startGrpc({ maxBodyBytes: 1_000_000 });
    const large = await failure(v1.call('sendMessage', send('x'.repeat(1_000_000))));
    expect(large.code).toBe(status.RESOURCE_EXHAUSTED);
    let data: unknown = 1;
    for (let depth = 0; depth < 200; depth++) data = [data];
    const message = Message.fromJSON({ messageId: 'm', role: 'ROLE_USER', parts: [{ data }] });
    const deep = await failure(v1.call('sendMessage', { message }));
    expect(deep.code).toBe(status.INVALID_ARGUMENT);
    expect(log).not.toContainEqual(expect.objectContaining({ level: 50 }));
    await v1.call('sendMessage', send('hi'));
  });

  it('stops waiting when the client cancels or passes its deadline', async () => {
    const { v1, operations } = await startGrpc();
    operations.gate = new Promise(() => {});
    const deadline = Date.now() + 50;
    const error = await failure(v1.call('sendMessage', send('hi'), {}, { deadline }));
    expect(error.code).toBe(status.DEADLINE_EXCEEDED);
    await eventually(() => operations.calls[0]?.call.signal?.aborted === true);

    operations.gate = undefined;
    operations.nextStream = new FakeStream();
    const stream = v1.stream('sendStreamingMessage', send('ho'));
    stream.on('error', () => {});
    await eventually(() => operations.calls.length === 2);
    stream.cancel();
    await eventually(() => operations.calls[1]?.call.signal?.aborted === true);
  });
});

describe('A2A 0.3 over gRPC', () => {
  it('needs no version, and refuses another', async () => {
    const { v03, operations } = await startGrpc();
    const { payload } = await v03.call('sendMessage', send03('hi'));
    expect(payload.$case).toBe('task');
    expect(operations.calls[0]?.call).toMatchObject({ version: '0.3', agent: { id: 'echo' } });
    const error = await failure(v03.call('sendMessage', send03('hi'), { 'a2a-version': '1.0' }));
    expect(error.code).toBe(status.FAILED_PRECONDITION);
  });

  it('chooses the agent by metadata', async () => {
    const { v03, operations } = await startGrpc();
    await v03.call('sendMessage', send03('hi'), { 'a2a-tenant': 'other' });
    expect(operations.calls[0]?.call.agent.id).toBe('other');
  });

  it('takes a history length of 0 for none', async () => {
    const { v03, operations } = await startGrpc();
    const { payload } = await v03.call('sendMessage', send03('hi'));
    await v03.call('getTask', { name: `tasks/${payload.value.id}`, historyLength: 0 });
    expect(operations.calls[0]?.request).not.toHaveProperty('configuration.historyLength');
    expect(operations.calls[1]?.request).toEqual({ id: payload.value.id });
  });

  it('says what is wrong with a name', async () => {
    const { v03 } = await startGrpc();
    const error = await failure(v03.call('getTask', { name: 'nonsense', historyLength: 0 }));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(error.details).toMatch(/nonsense/);
  });
});
