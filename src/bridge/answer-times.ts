/** How long in ms a blocking send waits for nothing but the end, when it knows nothing of the agent. */
const FIRST_PATIENCE_MS = 100;
const MAX_PATIENCE_MS = 2_000;

/** Weight of the newest answer in the average. */
const WEIGHT = 0.2;

/** Part of an agent's answers from which on its tasks are expected to stop for their client. */
const OFTEN = 0.1;

/**
 * What an agent's answers have lately been like. A blocking send whose task simply ends should not pay for
 * events that nobody reads, so it waits for the closing event alone as long as that is likely to come; a task
 * that may stop for its client has to be followed event by event.
 */
export class AnswerTimes {
  private readonly agents = new Map<string, { averageMs: number; asked: number }>();

  /** @param ms from sending the message to its answer */
  record(agentId: string, ms: number, asked: boolean): void {
    const known = this.agents.get(agentId);
    this.agents.set(agentId, {
      averageMs: average(known?.averageMs, ms),
      asked: average(known?.asked, asked ? 1 : 0),
    });
  }

  /** Time in ms to wait for the closing event before the task is followed. */
  patience(agentId: string): number {
    const known = this.agents.get(agentId);
    if (known === undefined) return FIRST_PATIENCE_MS;
    if (known.asked > OFTEN) return 0;
    return Math.min(Math.max(2 * known.averageMs, FIRST_PATIENCE_MS), MAX_PATIENCE_MS);
  }
}

function average(before: number | undefined, value: number): number {
  return before === undefined ? value : before + WEIGHT * (value - before);
}
