import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  type CancellationScope,
  isCancellation,
  log,
  proxyActivities,
} from '@temporalio/workflow';
import type { FollowedChild } from '../contract/agent-call';
import { detachedScope } from './detached-scope';

/** The activity that reads what a child does from its history. */
export interface FollowActivities {
  followChild(child: FollowedChild): Promise<void>;
}

/** Type of the failure of an activity that the worker does not have. */
const NOT_REGISTERED = 'NotFoundError';

/** Workflow types that are run by this bundle and tell their caller themselves. */
const reporting = new Set<string>();

/**
 * The workflow types of this bundle that tell their caller what they do.
 *
 * Whether a child is followed decides about commands: what is taken from this list, or put on it, needs a flag.
 */
export function reportThemselves(...types: string[]): void {
  for (const type of types) reporting.add(type);
}

/** Whether a workflow of this type, on the task queue of this very workflow, is known to report itself. */
export function isKnownToReport(type: string): boolean {
  return reporting.has(type);
}

/** Follows a child that is not known to report itself; what it does comes as signals, as if it did. */
export class ChildFollower {
  /** All that was to be read has come. */
  ended = false;
  /** What the caller cannot take. */
  failure: ApplicationFailure | undefined;
  private readonly scope: CancellationScope = detachedScope();

  constructor(taskId: string) {
    const { followChild } = proxyActivities<FollowActivities>({
      // As long as tasks take; the heartbeat tells of lost workers.
      startToCloseTimeout: '90 days',
      heartbeatTimeout: '15 seconds',
      cancellationType: ActivityCancellationType.TRY_CANCEL,
      retry: { initialInterval: '1 second', backoffCoefficient: 1, nonRetryableErrorTypes: [NOT_REGISTERED] },
    });
    this.scope
      .run(() => followChild({ taskId }))
      .catch((error: unknown) => this.failed(error))
      .finally(() => {
        this.ended = true;
      });
  }

  stop(): void {
    if (!this.ended) this.scope.cancel();
  }

  private failed(error: unknown): void {
    if (isCancellation(error)) return;
    const cause = error instanceof ActivityFailure ? error.cause : undefined;
    if (cause instanceof ApplicationFailure && cause.type === NOT_REGISTERED) {
      log.warn('Called tasks are not followed: the worker lacks the activity followChild', { error });
      return;
    }
    this.failure = cause instanceof ApplicationFailure ? cause : undefined;
  }
}
