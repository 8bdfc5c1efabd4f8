import type { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { MAX_COMMAND_BYTES, payloadBytes, tooLarge, utf8Bytes, withBeginning } from '../contract/limits';
import { withCauses } from '../contract/failure';
import { assertPayloadFits } from '../contract/payload-limit';
import { isBytes } from '../contract/payload';
import { payloadModeOf } from '../temporal/payload-mode';

/**
 * A result or a failure that Temporal would refuse for its size fails the activity, saying so: a result for good, a
 * failure as it would have failed otherwise. Without it the worker drops such a failure, and nobody hears of the
 * activity until it times out.
 */
export const sendableEnds: ActivityInterceptorsFactory = (context) => ({
  inbound: {
    async execute(input, next) {
      let result: unknown;
      try {
        result = await next(input);
      } catch (error) {
        throw sendable(error, context);
      }
      if (modeOf(context) === 'inline' && !isBytes(result)) {
        assertPayloadFits(
          result,
          `the result of the activity ${context.info.activityType}`,
          MAX_COMMAND_BYTES,
        );
      }
      return result;
    },
  },
});

function modeOf({ client }: Context) {
  return payloadModeOf(client.options.loadedDataConverter);
}

function sendable(error: unknown, context: Context): unknown {
  if (!(error instanceof Error)) return error;
  const bytes = sizeOf(error, modeOf(context) === 'inline');
  if (bytes <= MAX_COMMAND_BYTES) return error;
  const { message, name } = error;
  const { type, nonRetryable, category } = error instanceof ApplicationFailure ? error : { type: name };
  const text = tooLarge(`the failure of the activity ${context.info.activityType}`, bytes, {
    unit: 'bytes',
    max: MAX_COMMAND_BYTES,
  });
  return ApplicationFailure.create({
    message: withBeginning(text, message),
    ...(type && { type }),
    nonRetryable: nonRetryable === true,
    ...(category && { category }),
  });
}

/** About the size of its protobuf. Details can be stored externally; texts cannot. */
function sizeOf(error: Error, withDetails: boolean): number {
  const causeOf = ({ cause }: Error) => (cause instanceof Error ? cause : undefined);
  return withCauses<Error>(error, causeOf)
    .map((each) => {
      const details =
        withDetails && each instanceof ApplicationFailure ? payloadBytes(each.details ?? []) : 0;
      return utf8Bytes(each.message) + utf8Bytes(each.stack ?? '') + details;
    })
    .reduce((sum, bytes) => sum + bytes, 0);
}
