/** What is said of a failure that says nothing itself, and whose type tells nothing. */
export const NO_MESSAGE = 'The workflow failed without a message.';

/**
 * Type of the cause that holds what clients must not read of a failed activity: addresses, paths, settings, and what is
 * no answer of an agent. It is for operators, in the history and in the log of the worker.
 */
export const DETAIL_FAILURE = 'A2A_DETAIL';

/** What the type of a failure tells. */
export interface FailureKind {
  end?: 'was canceled' | 'timed out' | 'was terminated';
  /** What has failed, of a failure that wraps its cause, as in `activity charge`. */
  of?: string;
}

/**
 * What is said of a failure that says nothing itself, as in `The child workflow interview was canceled.`
 * @param kinds of the failure and its causes, the outermost first
 */
export function wordsOfKinds(kinds: readonly FailureKind[]): string {
  const end = kinds.findLast((kind) => kind.end !== undefined)?.end;
  const of = kinds.findLast((kind) => kind.of !== undefined)?.of ?? 'workflow';
  return end === undefined ? NO_MESSAGE : `The ${of} ${end}.`;
}

/**
 * The failure, of one and its causes, whose message and type a task tells: the outermost ApplicationFailure, which is
 * what somebody has said on purpose; else the innermost cause. Activities and child workflows wrap what went wrong.
 */
export function decidingFailure<Failure>(
  failure: Failure,
  isApplicationFailure: (each: Failure) => boolean,
  causeOf: (each: Failure) => Failure | null | undefined,
): Failure {
  const chain = withCauses(failure, causeOf);
  return chain.find(isApplicationFailure) ?? chain.at(-1) ?? failure;
}

/** The failure and its causes, the outermost first. */
export function withCauses<Failure>(
  failure: Failure,
  causeOf: (each: Failure) => Failure | null | undefined,
): Failure[] {
  const cause = causeOf(failure);
  return cause ? [failure, ...withCauses(cause, causeOf)] : [failure];
}
