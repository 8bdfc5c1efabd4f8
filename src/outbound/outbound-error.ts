/** Why a request to another server failed. */
export type OutboundFailure =
  /** The URL or an address behind it is not to be called; nothing was sent there. */
  | 'refused'
  /** No connection, or it broke. */
  | 'network'
  | 'timeout'
  /** The answer is larger than the limit. */
  | 'too-large'
  /** A redirect that is not followed. */
  | 'redirect';

/** The message names the origin, never a path, a query or a header: they may hold secrets. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError';

  constructor(
    readonly failure: OutboundFailure,
    message: string,
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
  }
}

/** By name, since an error may come from another realm. */
export function isOutboundError(error: unknown): error is OutboundError {
  return typeof error === 'object' && error !== null && (error as Error).name === 'OutboundError';
}
