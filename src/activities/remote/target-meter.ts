import type { AgentSet } from '../../config/agent-set';
import type { Meter } from '../../metrics/meter';
import type { CircuitBreaker } from './circuit-breaker';
import { targetNames } from './target-names';

/** What all remote agents are called that have no name. */
const OTHER = 'other';

/** Counts the calls of remote agents. */
export class TargetMeter {
  /** Undefined for an agent that no other names. */
  readonly nameOf: (url: string) => string | undefined;
  /** Origins of the targets that have a name. */
  private readonly called: () => Map<string, Set<string>>;

  constructor(
    private readonly metrics: Meter,
    agents: AgentSet,
    breaker: CircuitBreaker,
  ) {
    const names = agents.view(targetNames);
    this.nameOf = (url) => names()(url);
    this.called = agents.view(() => new Map());
    metrics.gauge('a2a_remote_breaker_open', () =>
      [...this.called()].map(([target, origins]) => ({
        labels: { target },
        value: [...origins].some((origin) => breaker.isOpen(origin)) ? 1 : 0,
      })),
    );
  }

  begin(url: string): { end(outcome: string): void } {
    const name = this.nameOf(url);
    if (name !== undefined) this.note(name, url);
    const target = name ?? OTHER;
    const started = performance.now();
    return {
      end: (outcome) => {
        const seconds = (performance.now() - started) / 1_000;
        this.metrics.observe('a2a_remote_call_duration_seconds', { target, outcome }, seconds);
      },
    };
  }

  private note(name: string, url: string): void {
    const origins = this.called().get(name) ?? new Set();
    this.called().set(name, origins.add(new URL(url).origin));
  }
}
