import { closeSync, openSync } from 'node:fs';
import type { Logger } from 'pino';

type Cleanup = () => unknown;

const LIMIT_MS = 14_000;

/** Whatever hangs, the process has gone after so many ms; calls, and after them activities, get `graceMs`. */
export function longestStopMs(graceMs: number): number {
  return 2 * graceMs + LIMIT_MS;
}

/** npm hands on a Ctrl-C that the terminal has sent already: that is not a second one. */
const SAME_SIGNAL_MS = 500;

const PARENT_CHECK_MS = 500;

/** The one owner of the way out: what was started last stops first. */
export class Shutdown {
  private readonly steps: { name: string; cleanup: Cleanup }[] = [];
  private readonly abort = new AbortController();
  private readonly lastResorts: Cleanup[] = [];
  private running: Promise<void> | undefined;
  private onHangUp: (() => void) | undefined;

  /** @param graceMs that running calls, and after them activities, get; 3,000 unless set */
  constructor(
    private readonly logger: Logger,
    private readonly graceMs = 3_000,
  ) {}

  /** Aborted when shutting down begins: what is starting gives up. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** Registers how to stop something that was just started. */
  add(name: string, cleanup: Cleanup): void {
    this.steps.push({ name, cleanup });
  }

  /** Registers what must happen even when the process exits at once; it must be synchronous. */
  addLastResort(cleanup: Cleanup): void {
    this.lastResorts.push(cleanup);
  }

  /** Registers what SIGHUP asks for, unless it tells that the terminal is gone. */
  onReload(reload: () => void): void {
    this.onHangUp = reload;
  }

  /**
   * Stops everything on SIGINT or SIGTERM, or when the terminal is closed, then leaves with 0; a second signal leaves at
   * once.
   * @param startup what is starting meanwhile; it is waited for, since it may have something to stop
   */
  listen(startup: Promise<unknown>): void {
    const stop = (reason: string) => {
      if (!this.signal.aborted) this.logger.info({ reason }, 'stopping');
      void this.exit(0, startup);
    };
    let first: number | undefined;
    // Windows knows of no other reason.
    const hadTerminal = process.platform === 'win32' || hasTerminal();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (signal === 'SIGHUP' && !(hadTerminal && !hasTerminal())) return this.onHangUp?.();
        if (first !== undefined && Date.now() - first > SAME_SIGNAL_MS) this.leave(130);
        first ??= Date.now();
        stop(signal);
      });
    }
    // A parent that has ended counts as the first Ctrl-C, never as the second.
    if (process.env.npm_lifecycle_event !== undefined) onParentGone(() => stop('npm has ended'));
  }

  /** Stops everything and ends the process. */
  async exit(code: number, startup: Promise<unknown> = Promise.resolve()): Promise<void> {
    this.abort.abort();
    const limit = setTimeout(() => {
      this.logger.error('stopping took too long');
      this.leave(1);
    }, longestStopMs(this.graceMs));
    this.running ??= startup.then(
      () => this.runSteps(),
      () => this.runSteps(),
    );
    await this.running;
    clearTimeout(limit);
    process.exit(code);
  }

  private async runSteps(): Promise<void> {
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      try {
        this.logger.debug({ step: step.name }, 'stopping');
        await step.cleanup();
      } catch (error) {
        this.logger.warn({ err: error }, `${step.name} did not stop cleanly`);
      }
    }
  }

  private leave(code: number): never {
    for (const cleanup of this.lastResorts) cleanup();
    process.exit(code);
  }
}

/** Whether the process belongs to a terminal that is still there. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

/** npm hands a SIGTERM to the shell between us, which ends and tells us nothing. */
function onParentGone(stop: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, PARENT_CHECK_MS);
  timer.unref();
}
