import type * as Sdk from '@a2a-js/sdk/errors' with { 'resolution-mode': 'import' };
import * as sdk from '@a2a-js/sdk/errors';

/**
 * The errors of the specification, which are the official SDK's own classes. Their types are written so that a
 * CommonJS project can compile ours: the SDK has types for ES modules alone.
 */

export const A2AError: typeof Sdk.A2AError = sdk.A2AError;
export type A2AError = Sdk.A2AError;

export const ContentTypeNotSupportedError: typeof Sdk.ContentTypeNotSupportedError =
  sdk.ContentTypeNotSupportedError;
export type ContentTypeNotSupportedError = Sdk.ContentTypeNotSupportedError;

export const ExtendedAgentCardNotConfiguredError: typeof Sdk.ExtendedAgentCardNotConfiguredError =
  sdk.ExtendedAgentCardNotConfiguredError;
export type ExtendedAgentCardNotConfiguredError = Sdk.ExtendedAgentCardNotConfiguredError;

export const ExtensionSupportRequiredError: typeof Sdk.ExtensionSupportRequiredError =
  sdk.ExtensionSupportRequiredError;
export type ExtensionSupportRequiredError = Sdk.ExtensionSupportRequiredError;

export const InvalidAgentResponseError: typeof Sdk.InvalidAgentResponseError = sdk.InvalidAgentResponseError;
export type InvalidAgentResponseError = Sdk.InvalidAgentResponseError;

export const PushNotificationNotSupportedError: typeof Sdk.PushNotificationNotSupportedError =
  sdk.PushNotificationNotSupportedError;
export type PushNotificationNotSupportedError = Sdk.PushNotificationNotSupportedError;

export const RequestMalformedError: typeof Sdk.RequestMalformedError = sdk.RequestMalformedError;
export type RequestMalformedError = Sdk.RequestMalformedError;

export const TaskNotCancelableError: typeof Sdk.TaskNotCancelableError = sdk.TaskNotCancelableError;
export type TaskNotCancelableError = Sdk.TaskNotCancelableError;

export const TaskNotFoundError: typeof Sdk.TaskNotFoundError = sdk.TaskNotFoundError;
export type TaskNotFoundError = Sdk.TaskNotFoundError;

export const UnsupportedOperationError: typeof Sdk.UnsupportedOperationError = sdk.UnsupportedOperationError;
export type UnsupportedOperationError = Sdk.UnsupportedOperationError;

export const VersionNotSupportedError: typeof Sdk.VersionNotSupportedError = sdk.VersionNotSupportedError;
export type VersionNotSupportedError = Sdk.VersionNotSupportedError;
