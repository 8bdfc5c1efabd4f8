import { eventFrom, taskFrom } from '../../src/a2a/any-version';

const parts = [{ text: 'hi' }];

describe('eventFrom', () => {
  it.each([
    ['by its member', { statusUpdate: { taskId: 't', status: { state: 'TASK_STATE_WORKING' } } }],
    ['by its member in snake case', { status_update: { task_id: 't', status: { state: 'working' } } }],
    ['by its kind', { kind: 'status-update', taskId: 't', status: { state: 'working' }, final: false }],
    ['by its shape', { task_id: 't', status: { state: 'WORKING' } }],
    ['by its shape in 0.2', { id: 't', status: { state: 'working' }, final: false }],
    ['with its status as a word', { taskId: 't', status: 'working' }],
  ])('knows a status update %s', (_, event) => {
    expect(eventFrom(event)).toEqual({
      statusUpdate: { taskId: 't', status: { state: 'TASK_STATE_WORKING' } },
    });
  });

  it.each([
    ['by its member', { task: { id: 't', status: { state: 'TASK_STATE_COMPLETED' } } }],
    ['by its kind', { kind: 'task', id: 't', status: { state: 'completed' } }],
    ['by its shape', { id: 't', status: { state: 'completed' } }],
  ])('knows a Task %s', (_, event) => {
    expect(eventFrom(event)).toEqual({ task: { id: 't', status: { state: 'TASK_STATE_COMPLETED' } } });
  });

  it.each([
    ['by its member', { message: { messageId: 'm', role: 'ROLE_AGENT', parts } }],
    ['by the name that the proto file of 0.3 gives it', { msg: { messageId: 'm', role: 2, content: parts } }],
    [
      'by its kind',
      { kind: 'message', messageId: 'm', role: 'agent', parts: [{ kind: 'text', text: 'hi' }] },
    ],
    ['by its shape', { message_id: 'm', role: 'assistant', parts: 'hi' }],
  ])('knows a Message %s', (_, event) => {
    expect(eventFrom(event)).toEqual({ message: { messageId: 'm', role: 'ROLE_AGENT', parts } });
  });

  it('knows a piece of an artifact, also one without parts', () => {
    const event = { taskId: 't', artifact: { artifactId: 'a' }, append: true, last_chunk: true };
    expect(eventFrom(event)).toEqual({
      artifactUpdate: {
        taskId: 't',
        artifact: { artifactId: 'a', parts: [] },
        append: true,
        lastChunk: true,
      },
    });
  });

  it.each([{}, { telemetryUpdate: {} }, { kind: 'heartbeat' }, 'text', null, 5, []])(
    'knows nothing else: %j',
    (event) => {
      expect(eventFrom(event)).toBeUndefined();
    },
  );
});

describe('taskFrom', () => {
  const state = (given: unknown) =>
    (taskFrom({ id: 't', status: { state: given } }).status as { state: string }).state;

  it.each([
    ['input-required', 'TASK_STATE_INPUT_REQUIRED'],
    ['INPUT_REQUIRED', 'TASK_STATE_INPUT_REQUIRED'],
    [6, 'TASK_STATE_INPUT_REQUIRED'],
    [7, 'TASK_STATE_REJECTED'],
    ['TASK_STATE_CANCELLED', 'TASK_STATE_CANCELED'],
    ['TASK_STATE_PAUSED', 'TASK_STATE_WORKING'],
    ['unknown', 'TASK_STATE_WORKING'],
    [undefined, 'TASK_STATE_WORKING'],
  ])('knows the state %p', (given, known) => {
    expect(state(given)).toBe(known);
  });

  const partsOf = (part: unknown, wrapsData = false) =>
    (
      taskFrom({ artifacts: [{ artifactId: 'a', parts: [part] }] }, { wrapsData }).artifacts as [
        { parts: unknown },
      ]
    )[0].parts;

  it.each([
    [{ type: 'text', text: 'hi', metadata: { a: 1 } }, [{ text: 'hi', metadata: { a: 1 } }]],
    [{ kind: 'data', data: { data: 1 } }, [{ data: { data: 1 } }]],
    [{ data: { data: 1 } }, [{ data: { data: 1 } }]],
    [{ kind: 'data', data: { value: 5 }, metadata: { data_part_compat: true } }, [{ data: 5 }]],
    [{ kind: 'file', file: { uri: 'http://x', mimeType: 'a/b' } }, [{ url: 'http://x', mediaType: 'a/b' }]],
    [{ file: { file_with_bytes: 'aGk=', mime_type: 'a/b' } }, [{ raw: 'aGk=', mediaType: 'a/b' }]],
    [{ text: 'hi', data: null, file: null }, [{ text: 'hi' }]],
    [{ text: 'hi', data: { a: 1 } }, [{ text: 'hi' }, { data: { a: 1 } }]],
    [{ kind: 'hologram', beams: 3 }, [{ data: { kind: 'hologram', beams: 3 } }]],
    [{}, [{ data: null }]],
  ])('reads the part %j', (part, read) => {
    expect(partsOf(part)).toEqual(read);
  });

  it('takes the data of the proto file of 0.3 out of its envelope', () => {
    expect(partsOf({ data: { data: { a: 1 } } }, true)).toEqual([{ data: { a: 1 } }]);
    expect(partsOf({ kind: 'data', data: { data: { a: 1 } } }, true)).toEqual([{ data: { data: { a: 1 } } }]);
  });
});
