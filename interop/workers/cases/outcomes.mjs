// How workflows end.
import { failure, names, result } from './shapes.mjs';

export const RESULTS = [
  result('an object', 'object', { data: { a: 1, list: [1, 'two', null], deep: { yes: true } } }),
  result('a record with unset fields', 'record', { data: { title: 'a note', body: null, tags: null } }),
  result('a model of pydantic', undefined, undefined, {
    agent: 'pydantic',
    data: { title: 'a note' },
    only: ['python'],
    expected: { artifacts: { result: [{ data: { title: 'a note', body: null } }] } },
  }),
  result('a string', 'string', { text: 'héllo ✓ 🎉' }),
  result('an empty string', 'empty', { text: '' }),
  result('a list', 'list', { data: [1, 'two', null] }),
  result('a number', 'number', { data: 42 }),
  result('a boolean', 'boolean', { data: false }),
  result('nothing', 'none'),
  result('bytes', 'bytes', {
    raw: Buffer.from('\x00\xffbytes', 'latin1').toString('base64'),
    mediaType: 'application/octet-stream',
  }),
  result('a protobuf message', 'protobuf', { data: { workflowId: 'w', runId: 'r' } }),
  result('a binary protobuf message', 'protobuf-binary', undefined, {
    expected: { says: names('binary/protobuf') },
  }),
  result(
    'NaN and Infinity',
    'nan',
    { data: { x: 'NaN', most: 'Infinity', least: '-Infinity' } },
    {
      but: { go: { expected: { state: 'FAILED', says: /unable to encode/, artifacts: {} } } },
    },
  ),
  result('large numbers', 'big', { data: { integer: 2 ** 64, float: 1e300 } }),
  result('an encoding of others', 'foreign', undefined, { expected: { says: names('binary/foreign') } }),
  result('no encoding', 'no-encoding', undefined, { expected: { says: /encoding/ } }),
  result('JSON that breaks off', 'truncated', undefined, { expected: { says: names('json/plain') } }),
  result('a Message', 'message', undefined, { answers: 'the answer', expected: { says: 'the answer' } }),
  result('a Task full of nulls', 'task-of-nulls', undefined, { expected: { state: 'FAILED', says: null } }),
];

export const FAILURES = [
  failure('an application error', { raise: 'application' }, 'card declined'),
  failure('with details', { raise: 'details' }, 'card declined'),
  failure('with a protobuf message in it', { raise: 'details-protobuf' }, 'card declined'),
  failure('with bytes in it', { raise: 'details-bytes' }, 'card declined'),
  failure('with an encoding of others in it', { raise: 'details-foreign' }, 'card declined'),
  failure('with JSON that breaks off in it', { raise: 'details-truncated' }, 'card declined'),
  failure('without a message', { raise: 'empty' }, /./),
  failure('with a cause', { cause: 'details-protobuf' }, 'the outer reason'),
  failure('of an activity', { activity: 'details-protobuf' }, 'card declined'),
  failure('an activity that times out', { activity: 'timeout' }, /time/i),
  failure('of a child workflow', { child: 'details-protobuf' }, 'card declined'),
  failure('rejected', { raise: 'rejected' }, 'not my business', { expected: { state: 'REJECTED' } }),
  failure('rejected by an activity', { activity: 'rejected' }, 'not my business', {
    expected: { state: 'REJECTED' },
  }),
];
