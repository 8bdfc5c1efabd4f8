import { LRUCache } from 'lru-cache';
import { RemoteFault } from './fault';

/** When an agent that fails again and again is left alone, per origin and process. */
export interface BreakerOptions {
  /** Failures in a row that open the circuit. */
  failures: number;
  /** Time in ms until one call may try again. */
  openMs: number;
}

export const BREAKER: BreakerOptions = { failures: 5, openMs: 30_000 };

/** Time in ms after which an open circuit is no news, when nobody calls. */
const FORGOTTEN_MS = 10 * 60_000;

interface Circuit {
  failures: number;
  openUntil: number;
  /** When one call went through the open circuit to see how things are. */
  probedAt: number;
}

/**
 * Leaves alone who fails again and again, per origin and in this process. After `openMs` one call tries; its
 * success closes the circuit, its failure opens it anew.
 */
export class CircuitBreaker {
  private readonly circuits = new LRUCache<string, Circuit>({ max: 1_000 });

  constructor(private readonly options: BreakerOptions = BREAKER) {}

  /** @throws RemoteFault when the circuit is open */
  assertClosed(origin: string): void {
    const circuit = this.circuits.get(origin);
    if (circuit === undefined || circuit.failures < this.options.failures) return;
    const now = Date.now();
    const probing = circuit.probedAt + this.options.openMs > now;
    const until = probing ? circuit.probedAt + this.options.openMs : circuit.openUntil;
    if (until <= now) {
      circuit.probedAt = now;
      return;
    }
    throw new RemoteFault(
      'A2A_REMOTE_CIRCUIT_OPEN',
      `failed ${circuit.failures} times in a row and is not called again until ${new Date(until).toISOString()}`,
      { retryAfterMs: until - now },
    );
  }

  /** Whether calls are refused, but for one now and then; no more when none has tried for long. */
  isOpen(origin: string): boolean {
    const { failures = 0, openUntil = 0 } = this.circuits.peek(origin) ?? {};
    return failures >= this.options.failures && openUntil > Date.now() - FORGOTTEN_MS;
  }

  succeeded(origin: string): void {
    this.circuits.delete(origin);
  }

  failed(origin: string): void {
    const circuit = this.circuits.get(origin) ?? {
      failures: 0,
      openUntil: 0,
      probedAt: Number.NEGATIVE_INFINITY,
    };
    circuit.failures += 1;
    circuit.openUntil = Date.now() + this.options.openMs;
    circuit.probedAt = Number.NEGATIVE_INFINITY;
    this.circuits.set(origin, circuit);
  }
}
