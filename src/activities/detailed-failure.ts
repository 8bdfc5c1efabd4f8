import { ApplicationFailure, type ApplicationFailureOptions } from '@temporalio/common';
import { DETAIL_FAILURE } from '../contract/failure';

/**
 * A failure whose message clients may read.
 * @param detail what they must not; without secrets, since the history holds it
 */
export function detailedFailure(
  shown: Omit<ApplicationFailureOptions, 'cause'>,
  detail: string,
): ApplicationFailure {
  const cause = ApplicationFailure.create({ message: detail, type: DETAIL_FAILURE });
  cause.stack = '';
  return ApplicationFailure.create({ ...shown, cause });
}
