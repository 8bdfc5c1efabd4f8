import type { Context } from '@temporalio/activity';
import { defaultPayloadConverter } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { SCHEDULED_BY_HEADER } from '../contract/contract';

const scheduledBy = new WeakMap<Context, unknown>();

/** Keeps which run has scheduled an activity, for {@link isOfEarlierRun}. */
export const scheduledByInterceptors: ActivityInterceptorsFactory = (context) => ({
  inbound: {
    execute(input, next) {
      const header = input.headers[SCHEDULED_BY_HEADER];
      if (header !== undefined) scheduledBy.set(context, defaultPayloadConverter.fromPayload(header));
      return next(input);
    },
  },
});

/** Whether a reset has happened since the activity was scheduled: then it has begun before, in a run that is over. */
export function isOfEarlierRun(context: Context): boolean {
  const runId = scheduledBy.get(context);
  return runId !== undefined && runId !== context.info.workflowExecution?.runId;
}
