import fc from 'fast-check';
import { readTask, readUpdates } from '../../src/a2a/agent-json';
import type { Message, TaskState } from '../../src/a2a/types';
import { artifact as artifactSchema, status as statusSchema, task as taskSchema } from './wire-schema';

const said = (text: string): Message => ({ messageId: text, role: 'ROLE_AGENT', parts: [{ text }] });

const status = (state: unknown, more: object = {}) => ({ statusUpdate: { status: { state, ...more } } });
const working = status('TASK_STATE_WORKING', { message: said('on') });
const artifact = (parts: unknown, more: object = {}) => ({
  artifactUpdate: { artifact: { artifactId: 'a', parts, ...more } },
});

/** The updates, and what was left out. */
function read(value: unknown) {
  const left: string[] = [];
  const updates = readUpdates(value, (field, problem) => left.push(`${field} ${problem}`));
  return { updates, left };
}

describe('updates', () => {
  it('are one or a list', () => {
    expect(read(working)).toEqual({ updates: [working], left: [] });
    expect(read([working, artifact([])])).toEqual({ updates: [working, artifact([])], left: [] });
    expect(read(null)).toEqual({ updates: [], left: [] });
    expect(read(undefined)).toEqual({ updates: [], left: [] });
  });

  it.each([
    [7],
    ['text'],
    [{}],
    [[[working]]],
    [{ task: { id: 't' } }],
    [{ message: said('hi') }],
    [{ statusUpdate: null }],
    [{ statusUpdate: { status: 'TASK_STATE_WORKING' } }],
    [status('WORKING')],
    [status(0)],
    [status(9)],
    [{ artifactUpdate: {} }],
    [{ artifactUpdate: { artifact: { artifactId: 7, parts: [] } } }],
    [{ artifactUpdate: { artifact: { parts: [{ text: 'a' }] } } }],
    [artifact('text')],
    [artifact(null)],
    [artifact([null])],
    [artifact([{ text: 'a', url: 'https://b' }])],
  ])('are not %j, which is left out and told, and not what stands beside it', (junk) => {
    const { updates, left } = read([junk, working]);
    expect(updates).toEqual([working]);
    expect(left.length).toBeGreaterThan(0);
  });

  it.each<TaskState>([
    'TASK_STATE_COMPLETED',
    'TASK_STATE_FAILED',
    'TASK_STATE_CANCELED',
    'TASK_STATE_REJECTED',
  ])('are not %s: only the end of the workflow ends a task', (state) => {
    expect(read(status(state))).toEqual({
      updates: [],
      left: [`a2a_update.statusUpdate.status.state is ${state}: only the end of the workflow ends a task`],
    });
  });

  it('take null for absent, as Python writes it for every unset field', () => {
    const nulls = {
      statusUpdate: {
        taskId: null,
        contextId: null,
        status: { state: 'TASK_STATE_INPUT_REQUIRED', message: null, timestamp: null },
        metadata: null,
      },
      artifactUpdate: null,
    };
    expect(read(nulls)).toEqual({ updates: [status('TASK_STATE_INPUT_REQUIRED')], left: [] });
    const part = {
      text: 'hi',
      raw: null,
      url: null,
      data: null,
      metadata: null,
      filename: null,
      mediaType: null,
    };
    const full = {
      artifactUpdate: {
        artifact: {
          artifactId: 'a',
          name: null,
          description: null,
          parts: [part],
          metadata: null,
          extensions: null,
        },
        append: null,
        lastChunk: null,
        metadata: null,
      },
      statusUpdate: null,
    };
    expect(read(full)).toEqual({ updates: [artifact([{ text: 'hi' }])], left: [] });
  });

  it('take data: null for content where there is no other', () => {
    expect(read(artifact([{ data: null }])).updates).toEqual([artifact([{ data: null }])]);
    expect(read(artifact([{ text: null, data: null }])).updates).toEqual([artifact([{ data: null }])]);
    expect(read(artifact([{ text: 'a', raw: '', url: '', data: null }])).updates).toEqual([
      artifact([{ text: 'a' }]),
    ]);
  });

  it('may be written with the names of the proto file, and enums with their numbers', () => {
    const { updates, left } = read([
      {
        status_update: {
          status: {
            state: 6,
            message: {
              message_id: 'm',
              context_id: 'c',
              task_id: 't',
              role: 2,
              parts: [{ url: 'https://a', media_type: 'a/b' }],
              reference_task_ids: ['r'],
            },
          },
        },
      },
      { artifact_update: { artifact: { artifact_id: 'a', parts: [] }, last_chunk: true } },
    ]);
    expect(left).toEqual([]);
    expect(updates).toEqual([
      status('TASK_STATE_INPUT_REQUIRED', {
        message: {
          messageId: 'm',
          contextId: 'c',
          taskId: 't',
          role: 'ROLE_AGENT',
          parts: [{ url: 'https://a', mediaType: 'a/b' }],
          referenceTaskIds: ['r'],
        },
      }),
      { artifactUpdate: { artifact: { artifactId: 'a', parts: [] }, lastChunk: true } },
    ]);
  });

  it('lose no more than the field that is wrong', () => {
    const { updates, left } = read([
      {
        statusUpdate: {
          status: { state: 'TASK_STATE_WORKING', message: { parts: [] }, timestamp: 'yesterday' },
          metadata: 7,
        },
      },
      artifact([{ text: 5 }, { text: 'kept' }, { raw: '*' }, { url: '' }], { name: 7, extensions: ['x', 1] }),
      status('TASK_STATE_WORKING', {
        message: { messageId: 'm', parts: [{ text: 'hi', metadata: [] }], referenceTaskIds: 't' },
      }),
    ]);
    expect(updates).toEqual([
      status('TASK_STATE_WORKING'),
      artifact([{ text: 'kept' }], { extensions: ['x'] }),
      status('TASK_STATE_WORKING', {
        message: { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text: 'hi' }] },
      }),
    ]);
    expect(left).toEqual([
      'a2a_update[0].statusUpdate.status.message.messageId must be a non-empty string, got nothing',
      'a2a_update[0].statusUpdate.status.timestamp must be a timestamp such as "2025-10-28T10:30:00.000Z", got "yesterday"',
      'a2a_update[0].statusUpdate.metadata must be a JSON object, got 7',
      'a2a_update[1].artifactUpdate.artifact.parts[0].text must be a string, got 5',
      'a2a_update[1].artifactUpdate.artifact.parts[2].raw must be base64, got "*"',
      'a2a_update[1].artifactUpdate.artifact.parts[3].url must be a non-empty string, got ""',
      'a2a_update[1].artifactUpdate.artifact.name must be a string, got 7',
      'a2a_update[1].artifactUpdate.artifact.extensions[1] must be a string, got 1',
      'a2a_update[2].statusUpdate.status.message.parts[0].metadata must be a JSON object, got an empty list',
      'a2a_update[2].statusUpdate.status.message.referenceTaskIds must be a list, got "t"',
    ]);
  });

  it('lose a message or an artifact of which no part can be read, and say so', () => {
    const { updates, left } = read([
      artifact([{ text: 5 }]),
      status('TASK_STATE_WORKING', { message: { messageId: 'm', parts: [{ raw: '*' }] } }),
      7,
    ]);
    expect(updates).toEqual([status('TASK_STATE_WORKING')]);
    expect(left).toEqual([
      'a2a_update[0].artifactUpdate.artifact.parts[0].text must be a string, got 5',
      'a2a_update[0].artifactUpdate.artifact has no part that can be read',
      'a2a_update[1].statusUpdate.status.message.parts[0].raw must be base64, got "*"',
      'a2a_update[1].statusUpdate.status.message has no part that can be read',
      'a2a_update[2] has neither a statusUpdate nor an artifactUpdate',
    ]);
  });

  it('are brought into normal form', () => {
    const given = [
      status('TASK_STATE_WORKING', { timestamp: '2025-01-01T02:00:00.123456+01:00' }),
      artifact([{ raw: '-_8' }], { name: '', unknown: 1 }),
    ];
    expect(read(given)).toEqual({
      updates: [
        status('TASK_STATE_WORKING', { timestamp: '2025-01-01T01:00:00.123Z' }),
        artifact([{ raw: '+/8=' }]),
      ],
      left: [],
    });
  });

  it('hold nothing that is nested too deeply', () => {
    const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
    expect(read(artifact([{ data: nested(100) }, { text: 'a' }])).updates).toEqual([
      artifact([{ data: nested(100) }, { text: 'a' }]),
    ]);
    expect(read(artifact([{ data: nested(101) }, { text: 'a' }]))).toEqual({
      updates: [artifact([{ text: 'a' }])],
      left: ['a2a_update.artifactUpdate.artifact.parts[0].data must not be nested more than 100 levels deep'],
    });
  });
});

/** Mostly right, now and then anything. */
const or = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 6, arbitrary },
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.jsonValue() },
  );

const text = fc.string({ maxLength: 5, unit: fc.constantFrom('a', '\u{1F600}', '\uD83D', '\uDE00', '\n') });
const metadata = or(fc.dictionary(text, or(text), { maxKeys: 2 }));
const part = or(
  fc.record(
    {
      text: or(text),
      raw: or(fc.base64String({ maxLength: 8 })),
      url: or(text),
      data: fc.oneof(fc.jsonValue(), fc.dictionary(text, text, { maxKeys: 1 })),
      metadata,
      filename: or(text),
      mediaType: or(text),
    },
    { requiredKeys: [] },
  ),
);
const parts = or(fc.array(part, { maxLength: 3 }));
const texts = or(fc.array(or(text), { maxLength: 2 }));
const message = or(
  fc.record(
    {
      messageId: or(text),
      role: or(fc.constantFrom('ROLE_USER', 'ROLE_AGENT', 1, 2)),
      parts,
      metadata,
      extensions: texts,
    },
    { requiredKeys: [] },
  ),
);
const state = or(fc.constantFrom('TASK_STATE_WORKING', 'TASK_STATE_INPUT_REQUIRED', 2, 6));
const anyStatus = or(
  fc.record(
    { state, message, timestamp: or(fc.date({ noInvalidDate: true }).map((date) => date.toISOString())) },
    { requiredKeys: [] },
  ),
);
const anyArtifact = or(
  fc.record(
    { artifactId: or(text), name: or(text), parts, metadata, extensions: texts },
    { requiredKeys: [] },
  ),
);
const anyTask = fc.record({
  id: or(text),
  contextId: or(text),
  status: anyStatus,
  artifacts: or(fc.array(anyArtifact, { maxLength: 2 })),
  history: or(fc.array(message, { maxLength: 2 })),
  metadata,
});

describe('whatever comes', () => {
  it('an update that is read is as A2A wants it, and is read the same again', () => {
    const update = fc.oneof(
      fc.record({ statusUpdate: or(fc.record({ status: anyStatus, metadata })) }),
      fc.record({
        artifactUpdate: or(fc.record({ artifact: anyArtifact, append: or(fc.boolean()), metadata })),
      }),
    );
    fc.assert(
      fc.property(or(update), (value) => {
        const { updates } = read(value);
        for (const each of updates) {
          if ('statusUpdate' in each)
            expect(statusSchema.parse(each.statusUpdate.status)).toEqual(each.statusUpdate.status);
          if ('artifactUpdate' in each) {
            const { artifact: found } = each.artifactUpdate;
            expect(artifactSchema.parse(found)).toEqual(found);
          }
        }
        expect(read(JSON.parse(JSON.stringify(updates)))).toEqual({ updates, left: [] });
      }),
      { numRuns: 2_000 },
    );
  });

  it('a Task that is read is, too', () => {
    fc.assert(
      fc.property(anyTask, (value) => {
        const task = readTask(value, 'task');
        if (task === undefined) return;
        const shown = { ...task, contextId: 'c' };
        expect(taskSchema.parse(shown)).toEqual(shown);
      }),
      { numRuns: 2_000 },
    );
  });
});
