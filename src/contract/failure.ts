/** What is said of a failure that says nothing itself. */
export const NO_MESSAGE = 'The workflow failed without a message.';

/**
 * The failure, of one and its causes, whose message and type a task tells: the outermost ApplicationFailure, which is
 * what somebody has said on purpose; else the innermost cause. Activities and child workflows wrap what went wrong.
 */
export function decidingFailure<Failure>(
  failure: Failure,
  isApplicationFailure: (each: Failure) => boolean,
  causeOf: (each: Failure) => Failure | null | undefined,
): Failure {
  let innermost = failure;
  for (let each: Failure | null | undefined = failure; each; each = causeOf(each)) {
    if (isApplicationFailure(each)) return each;
    innermost = each;
  }
  return innermost;
}
