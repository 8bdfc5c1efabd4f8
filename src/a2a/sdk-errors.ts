import type * as Sdk from '@a2a-js/sdk/errors' with { 'resolution-mode': 'import' };
import * as sdk from '@a2a-js/sdk/errors';

/**
 * The errors of the specification, which are the official SDK's own classes. Their types are written so that a
 * CommonJS project can compile ours: the SDK has types for ES modules alone.
 */

/** Every error that a caller of A2A may see; its `reason` says which (specification section 5.4). */
export const A2AError: typeof Sdk.A2AError = sdk.A2AError;
export type A2AError = Sdk.A2AError;

/** The agent takes no content of that media type: -32005, HTTP 400, INVALID_ARGUMENT. */
export const ContentTypeNotSupportedError: typeof Sdk.ContentTypeNotSupportedError =
  sdk.ContentTypeNotSupportedError;
export type ContentTypeNotSupportedError = Sdk.ContentTypeNotSupportedError;

/** The agent has no extended card: -32007, HTTP 400, FAILED_PRECONDITION. */
export const ExtendedAgentCardNotConfiguredError: typeof Sdk.ExtendedAgentCardNotConfiguredError =
  sdk.ExtendedAgentCardNotConfiguredError;
export type ExtendedAgentCardNotConfiguredError = Sdk.ExtendedAgentCardNotConfiguredError;

/** The agent requires an extension that the request does not name: -32008, HTTP 400, FAILED_PRECONDITION. */
export const ExtensionSupportRequiredError: typeof Sdk.ExtensionSupportRequiredError =
  sdk.ExtensionSupportRequiredError;
export type ExtensionSupportRequiredError = Sdk.ExtensionSupportRequiredError;

/** The agent's answer is none that A2A allows: -32006, HTTP 500, INTERNAL. */
export const InvalidAgentResponseError: typeof Sdk.InvalidAgentResponseError = sdk.InvalidAgentResponseError;
export type InvalidAgentResponseError = Sdk.InvalidAgentResponseError;

/** The agent delivers no push notifications: -32003, HTTP 400, FAILED_PRECONDITION. */
export const PushNotificationNotSupportedError: typeof Sdk.PushNotificationNotSupportedError =
  sdk.PushNotificationNotSupportedError;
export type PushNotificationNotSupportedError = Sdk.PushNotificationNotSupportedError;

/** The parameters of the request are wrong: -32602, HTTP 400, INVALID_ARGUMENT. */
export const RequestMalformedError: typeof Sdk.RequestMalformedError = sdk.RequestMalformedError;
export type RequestMalformedError = Sdk.RequestMalformedError;

/** The task has ended: -32002, HTTP 400, FAILED_PRECONDITION. */
export const TaskNotCancelableError: typeof Sdk.TaskNotCancelableError = sdk.TaskNotCancelableError;
export type TaskNotCancelableError = Sdk.TaskNotCancelableError;

/** There is no such task of this caller and agent: -32001, HTTP 404, NOT_FOUND. */
export const TaskNotFoundError: typeof Sdk.TaskNotFoundError = sdk.TaskNotFoundError;
export type TaskNotFoundError = Sdk.TaskNotFoundError;

/** The agent, or the task in its state, does not do that: -32004, HTTP 400, FAILED_PRECONDITION. */
export const UnsupportedOperationError: typeof Sdk.UnsupportedOperationError = sdk.UnsupportedOperationError;
export type UnsupportedOperationError = Sdk.UnsupportedOperationError;

/** The version of A2A that the request names is not served: -32009, HTTP 400, FAILED_PRECONDITION. */
export const VersionNotSupportedError: typeof Sdk.VersionNotSupportedError = sdk.VersionNotSupportedError;
export type VersionNotSupportedError = Sdk.VersionNotSupportedError;
