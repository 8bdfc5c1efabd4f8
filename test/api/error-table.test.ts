import * as errors from '../../src/a2a/errors';
import { jsonRpcErrorBody, statusBody } from '../../src/api/error-body';
import { ERROR_TABLE, type ErrorReason, toWireError } from '../../src/api/error-table';

// Specification section 5.4.
const SPECIFIED = [
  [errors.TaskNotFoundError, -32001, 'NOT_FOUND', 404],
  [errors.TaskNotCancelableError, -32002, 'FAILED_PRECONDITION', 400],
  [errors.PushNotificationNotSupportedError, -32003, 'FAILED_PRECONDITION', 400],
  [errors.UnsupportedOperationError, -32004, 'FAILED_PRECONDITION', 400],
  [errors.ContentTypeNotSupportedError, -32005, 'INVALID_ARGUMENT', 400],
  [errors.InvalidAgentResponseError, -32006, 'INTERNAL', 500],
  [errors.ExtendedAgentCardNotConfiguredError, -32007, 'FAILED_PRECONDITION', 400],
  [errors.ExtensionSupportRequiredError, -32008, 'FAILED_PRECONDITION', 400],
  [errors.VersionNotSupportedError, -32009, 'FAILED_PRECONDITION', 400],
] as const;

test.each(SPECIFIED)('%p is what section 5.4 says', (A2AErrorClass, jsonRpcCode, grpcStatus, httpStatus) => {
  expect(toWireError(new A2AErrorClass())).toMatchObject({
    jsonRpcCode,
    grpcStatus,
    httpStatus,
    unexpected: false,
  });
});

test.each(Object.keys(ERROR_TABLE) as ErrorReason[])('%s is written in both bindings', (reason) => {
  const { jsonRpcCode, httpStatus, grpcStatus } = ERROR_TABLE[reason];
  expect(httpStatus).toBeGreaterThanOrEqual(400);
  expect(jsonRpcCode).toBeLessThanOrEqual(-32000);
  expect(jsonRpcCode).toBeGreaterThanOrEqual(-32700);

  const error = Object.assign(new errors.A2AError({ message: 'no', metadata: { a: 'b' } }), { reason });
  const info = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason,
    domain: 'a2a-protocol.org',
    metadata: { a: 'b' },
  };
  const wire = toWireError(error);
  expect(jsonRpcErrorBody(wire, 1)).toEqual({
    jsonrpc: '2.0',
    id: 1,
    error: { code: jsonRpcCode, message: 'no', data: [info] },
  });
  expect(statusBody(wire)).toEqual({
    error: { code: httpStatus, status: grpcStatus, message: 'no', details: [info] },
  });
});

test('violations become a BadRequest', () => {
  const violation = { field: 'id', description: 'is required' };
  expect(statusBody(toWireError(new errors.InvalidParamsError([violation])))).toMatchObject({
    error: {
      message: 'id: is required',
      details: [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [violation] }, {}],
    },
  });
});

test.each([new Error('secret'), 'secret', undefined, { reason: 'TASK_NOT_FOUND', message: 'secret' }])(
  'nothing of an unexpected error is shown: %p',
  (error) => {
    expect(toWireError(error)).toMatchObject({
      message: 'Internal error',
      httpStatus: 500,
      unexpected: true,
    });
  },
);
