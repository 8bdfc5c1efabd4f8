import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import { hasFlag, WorkflowFlags } from './flags';

/** Type of the failure of a chain that has done as much as one workflow can; no `onError` takes it. */
const CHAIN_TOO_LONG = 'A2A_CHAIN_TOO_LONG';

/** Temporal's limits are 51,200 events and 50 MB; what is left is for the end of the calls that are open. */
const LIMITS = { events: 50_000, bytes: 45 * 1024 * 1024 };

/** Events that a call may still bring once it has begun. */
const EVENTS_PER_CALL = 40;

export interface ChainLimits {
  events?: number | undefined;
  bytes?: number | undefined;
}

/** Whether there is room for one more call in the history of this run. */
export class ChainRoom {
  private open = 0;

  constructor(private readonly limits: ChainLimits = {}) {}

  /** @throws ApplicationFailure A2A_CHAIN_TOO_LONG instead of making the call */
  async forCall<T>(call: () => Promise<T>): Promise<T> {
    this.assertLeft();
    this.open += 1;
    try {
      return await call();
    } finally {
      this.open -= 1;
    }
  }

  private assertLeft(): void {
    const { historyLength, historySize } = workflowInfo();
    const { events = LIMITS.events, bytes = LIMITS.bytes } = this.limits;
    const full = historySize > bytes ? `${historySize} bytes, of ${bytes}` : undefined;
    const long =
      historyLength + this.open * EVENTS_PER_CALL > events
        ? `${historyLength} events, of ${events}`
        : undefined;
    const why = full ?? long;
    // Asked only here: a run of before may have gone on.
    if (why === undefined || !hasFlag(WorkflowFlags.chainRoom)) return;
    throw ApplicationFailure.nonRetryable(
      `the history of the chain has ${why} that one task may have: give the steps of a large forEach to a chain of ` +
        'their own, and call that',
      CHAIN_TOO_LONG,
    );
  }
}

/** Whether the chain is over whatever its steps say. */
export function isTooLong(error: unknown): boolean {
  return error instanceof ApplicationFailure && error.type === CHAIN_TOO_LONG;
}
