import { A2AError, RequestMalformedError } from './sdk-errors';

/**
 * Every error that a caller may see is an A2AError of the official SDK, so that servers built on it treat ours
 * as their own; its `reason` is what the tables of the bindings map to codes (specification section 5.4).
 * The ten errors of the specification are the SDK's; the ones below are ours.
 */
export {
  A2AError,
  ContentTypeNotSupportedError,
  ExtendedAgentCardNotConfiguredError,
  ExtensionSupportRequiredError,
  InvalidAgentResponseError,
  PushNotificationNotSupportedError,
  TaskNotCancelableError,
  TaskNotFoundError,
  UnsupportedOperationError,
  VersionNotSupportedError,
} from './sdk-errors';

/** A field that is wrong (`google.rpc.BadRequest.FieldViolation`). */
export interface FieldViolation {
  /** Path in the request, as in `message.parts[0].text`. */
  field: string;
  description: string;
}

/** A request whose parameters are wrong; says which and why. */
export class InvalidParamsError extends RequestMalformedError {
  readonly violations: readonly FieldViolation[];

  constructor(violations: readonly FieldViolation[]) {
    super({ message: violations.map(({ field, description }) => `${field}: ${description}`).join('; ') });
    // The SDK's tables look errors up by this name.
    this.name = 'RequestMalformedError';
    this.violations = violations;
  }
}

/** Reasons of our own errors, in the UPPER_SNAKE_CASE of `google.rpc.ErrorInfo`. */
export type BridgeErrorReason =
  | 'PARSE_ERROR'
  | 'INVALID_REQUEST'
  | 'METHOD_NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'NOT_FOUND'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
  | 'RESOURCE_EXHAUSTED'
  | 'UNAVAILABLE'
  | 'INTERNAL_ERROR';

/** An error that the specification has no name for. */
export class BridgeError extends A2AError {
  override readonly reason: BridgeErrorReason;
  /** Response headers that belong to the error, such as `Retry-After` or `Allow`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    reason: BridgeErrorReason,
    message: string,
    options: {
      cause?: unknown;
      headers?: Record<string, string>;
      metadata?: Record<string, string>;
    } = {},
  ) {
    super({ message, cause: options.cause, ...(options.metadata && { metadata: options.metadata }) });
    this.name = 'BridgeError';
    this.reason = reason;
    this.headers = options.headers ?? {};
  }
}

/**
 * A call that is refused because too much was asked for.
 * @param quota what is limited, by its name in agents.yaml
 * @param retryAfterMs when it makes sense to come again
 */
export function overQuota(message: string, quota: string, limit: number, retryAfterMs: number): BridgeError {
  return new BridgeError('RESOURCE_EXHAUSTED', message, {
    headers: { 'Retry-After': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) },
    metadata: { quota, limit: String(limit) },
  });
}

/** The caller should go to another node, or come again. */
export function shuttingDown(message = 'The server is shutting down'): BridgeError {
  return new BridgeError('UNAVAILABLE', message, { headers: { 'Retry-After': '1' } });
}

/** Temporal cannot be reached, or is too busy; the caller should come again. */
export function unavailable(message: string, cause?: unknown): BridgeError {
  return new BridgeError('UNAVAILABLE', message, { cause, headers: { 'Retry-After': '2' } });
}
