import type { z } from 'zod';
import { InvalidParamsError } from '../../src/a2a/errors';
import {
  cancelTaskRequest,
  getTaskRequest,
  listTasksRequest,
  parseRequest,
  sendMessageRequest,
  type subscribeToTaskRequest,
} from '../../src/a2a/schema';
import type {
  CancelTaskRequest,
  GetTaskRequest,
  ListTasksRequest,
  SendMessageRequest,
  SubscribeToTaskRequest,
} from '../../src/a2a/types';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Mutual assignability under exactOptionalPropertyTypes: the shapes are equal, however they were written. */
type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? Same<keyof A, keyof B> : false) : false;

// The compiler is the test: an output that differs from types.ts is an error here.
const shapesAreEqual: [
  Equal<z.output<typeof getTaskRequest>, GetTaskRequest>,
  Equal<z.output<typeof listTasksRequest>, ListTasksRequest>,
  Equal<z.output<typeof cancelTaskRequest>, CancelTaskRequest>,
  Equal<z.output<typeof subscribeToTaskRequest>, SubscribeToTaskRequest>,
  // A message of a client comes from a user; the model knows agents too.
  [z.output<typeof sendMessageRequest>] extends [SendMessageRequest] ? true : false,
] = [true, true, true, true, true];

const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }] };

function send(over: object = {}) {
  return parseRequest(sendMessageRequest, { message: { ...message, ...over } }).message;
}

function part(value: unknown) {
  return send({ parts: [value] }).parts[0];
}

function violations(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof InvalidParamsError)
      return error.violations.map((v) => `${v.field} ${v.description}`);
    throw error;
  }
  return [];
}

test('the shapes equal those of the model', () => {
  expect(shapesAreEqual).not.toContain(false);
});

describe('ProtoJSON', () => {
  test.each([
    ['standard, padded', '+/8=', '+/8='],
    ['URL-safe, padded', '-_8=', '+/8='],
    ['URL-safe, not padded', '-_8', '+/8='],
    ['empty', '', ''],
  ])('bytes: %s', (_name, raw, expected) => {
    expect(part({ raw })).toEqual({ raw: expected });
  });

  test.each(['a', 'YQ=', 'Y===', 'Y Q=', 'Y=Q=', '"%"', 42, {}, ['YQ==']])('no bytes: %j', (raw) => {
    expect(violations(() => part({ raw }))).toEqual([
      expect.stringMatching(/^message\.parts\[0]\.raw must be base64, got /),
    ]);
  });

  test.each([
    ['2025-10-28T10:30:00Z', '2025-10-28T10:30:00.000Z'],
    ['2025-10-28T10:30:00.123456789Z', '2025-10-28T10:30:00.123Z'],
    ['2025-10-28T10:30:00.5+02:00', '2025-10-28T08:30:00.500Z'],
    ['2024-02-29T23:59:59-00:30', '2024-03-01T00:29:59.000Z'],
  ])('timestamp %s', (statusTimestampAfter, expected) => {
    expect(parseRequest(listTasksRequest, { statusTimestampAfter })).toEqual({
      statusTimestampAfter: expected,
    });
  });

  test.each([
    "x' OR '1'='1",
    '2025-02-29T00:00:00Z',
    '2025-13-01T00:00:00Z',
    '2025-04-31T00:00:00Z',
    '2025-01-01T24:00:00Z',
    '2025-01-01T00:00:60Z',
    '2025-01-01T00:00:00',
    '2025-01-01',
    '0000-01-01T00:00:00Z',
    '2025-01-01T00:00:00+99:00',
    '2025-01-01T00:00:00Z\n',
    1735689600,
  ])('no timestamp: %j', (statusTimestampAfter) => {
    expect(violations(() => parseRequest(listTasksRequest, { statusTimestampAfter }))).toEqual([
      expect.stringContaining('statusTimestampAfter must be a timestamp'),
    ]);
  });

  test('enums by name and by number, and zero is unset', () => {
    expect(send({ role: 1 }).role).toBe('ROLE_USER');
    expect(parseRequest(listTasksRequest, { status: 6 })).toEqual({ status: 'TASK_STATE_INPUT_REQUIRED' });
    expect(parseRequest(listTasksRequest, { status: 'TASK_STATE_UNSPECIFIED' })).toEqual({});
  });

  test('numbers as strings', () => {
    expect(parseRequest(listTasksRequest, { pageSize: '1e1', historyLength: '3.0' })).toEqual({
      pageSize: 10,
      historyLength: 3,
    });
  });

  test('null is unset, except as data', () => {
    expect(send({ taskId: null, metadata: null, extensions: null })).toEqual(message);
    expect(part({ data: null, text: null })).toEqual({ data: null });
  });

  test('names as in the proto file', () => {
    expect(send({ context_id: 'c' }).contextId).toBe('c');
  });

  test('unknown fields are left out, but kept in data and metadata', () => {
    expect(send({ extra: 1, metadata: { extra: 1 }, parts: [{ data: { extra: 1 }, extra: 1 }] })).toEqual({
      ...message,
      metadata: { extra: 1 },
      parts: [{ data: { extra: 1 } }],
    });
  });

  test('__proto__ is a name like any other', () => {
    const evil = JSON.parse(
      '{"__proto__":{"polluted":true},"id":"t","metadata":{"__proto__":{"polluted":true}}}',
    );
    const request = parseRequest(cancelTaskRequest, evil);
    expect(Object.getPrototypeOf(request)).toBe(Object.prototype);
    expect('polluted' in request || 'polluted' in (request.metadata ?? {}) || 'polluted' in {}).toBe(false);
  });
});

describe('what is refused', () => {
  const id = (value: unknown) => () => parseRequest(getTaskRequest, { id: value });
  const cases: [string, () => unknown, string][] = [
    ['no object', () => parseRequest(getTaskRequest, []), 'request must be a JSON object, got an empty list'],
    ['no message', () => parseRequest(sendMessageRequest, {}), 'message is required'],
    ['parts missing', () => send({ parts: undefined }), 'message.parts is required'],
    ['parts empty', () => send({ parts: [] }), 'message.parts must be a non-empty list, got an empty list'],
    ['parts a text', () => send({ parts: 'hello' }), 'message.parts must be a non-empty list, got "hello"'],
    [
      'too many parts',
      () => send({ parts: Array(1001).fill(null) }),
      'message.parts must be a list of at most 1000',
    ],
    ['part null', () => part(null), 'message.parts[0] must be a JSON object, got null'],
    [
      'no content',
      () => part({ filename: 'a' }),
      'message.parts[0] must have exactly one of text, raw, url, data, got none',
    ],
    ['two contents', () => part({ text: 'a', data: null }), 'got text and data'],
    ['text a number', () => part({ text: 1 }), 'message.parts[0].text must be a string, got 1'],
    ['half a character', () => part({ text: '\ud800' }), 'message.parts[0].text must be a string'],
    ['url empty', () => part({ url: '' }), 'message.parts[0].url must be a non-empty string'],
    [
      'infinite data',
      () => part({ data: [JSON.parse('1e400')] }),
      'message.parts[0].data must be a JSON value',
    ],
    ['messageId empty', () => send({ messageId: '' }), 'message.messageId must be a non-empty string'],
    [
      'role unknown',
      () => send({ role: 'ROLE_WIZARD' }),
      'message.role must be one of ROLE_USER, got "ROLE_WIZARD"',
    ],
    ['role unspecified', () => send({ role: 0 }), 'message.role'],
    ['role of the agent', () => send({ role: 'ROLE_AGENT' }), 'message.role'],
    ['role inherited', () => send({ role: 'constructor' }), 'message.role'],
    ['metadata a list', () => send({ metadata: [] }), 'message.metadata must be a JSON object'],
    [
      'id an object',
      id({}),
      'id must be a non-empty string of at most 255 characters without control characters, got an object',
    ],
    ['id with a control character', id('a\u0000b'), 'id must be'],
    ['id with a C1 control character', id('a\u0085b'), 'id must be'],
    ['id too long', id('x'.repeat(256)), 'got a string of 256 characters'],
    ['id missing', id(undefined), 'id is required'],
    ['reference null', () => send({ referenceTaskIds: [null] }), 'message.referenceTaskIds[0] must be'],
    ...[-1, 1.5, 2 ** 31, Number.POSITIVE_INFINITY, 'ten', '', ' 1', '0x1', true].map(
      (historyLength): [string, () => unknown, string] => [
        `historyLength ${JSON.stringify(historyLength)}`,
        () => parseRequest(getTaskRequest, { id: 'a', historyLength }),
        'historyLength must be a whole number of at least 0',
      ],
    ),
    ...[0, 101, -1, '0'].map((pageSize): [string, () => unknown, string] => [
      `pageSize ${JSON.stringify(pageSize)}`,
      () => parseRequest(listTasksRequest, { pageSize }),
      'pageSize must be a whole number from 1 to 100',
    ]),
    ...['TASK_STATE_RUNNING', 9, -1, 1.5, {}].map((status): [string, () => unknown, string] => [
      `status ${JSON.stringify(status)}`,
      () => parseRequest(listTasksRequest, { status }),
      'status must be one of TASK_STATE_SUBMITTED,',
    ]),
    [
      'returnImmediately a text',
      () => parseRequest(sendMessageRequest, { message, configuration: { returnImmediately: 'yes' } }),
      'configuration.returnImmediately must be true or false, got "yes"',
    ],
  ];

  test.each(cases)('%s', (_name, run, expected) => {
    const found = violations(run);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  test('every wrong field is named, up to a limit', () => {
    expect(violations(() => send({ messageId: '', role: 'x' }))).toHaveLength(2);
    expect(violations(() => send({ parts: Array(500).fill({}) }))).toHaveLength(20);
  });

  test('large values are not repeated', () => {
    const [found] = violations(() => part({ raw: '%'.repeat(100_000) }));
    expect(found).toBe('message.parts[0].raw must be base64, got a string of 100000 characters');
  });
});
