import type { Logger } from 'pino';

/** Where it is logged, in pino's manner. */
export type OutageLogger = Pick<Logger, 'info' | 'warn'>;

const EVERY_MS = 30_000;

/** Tells of an outage without flooding the log: when it begins, every 30 s, and when it is over. */
export class OutageLog {
  private began: number | undefined;
  private said = 0;
  private message = '';

  constructor(
    private readonly logger: OutageLogger,
    private readonly everyMs = EVERY_MS,
  ) {}

  /**
   * It has failed (again). Another message is told at once.
   * @param reason told along, when it is known by then
   */
  failed(message: string, reason = ''): void {
    const now = Date.now();
    const goesOn = message === this.message;
    if (goesOn && now - this.said < this.everyMs) return;
    this.began ??= now;
    this.said = now;
    this.message = message;
    const why = reason === '' ? '' : ` (${reason})`;
    const since = goesOn ? `, for ${seconds(now - this.began)} now` : '';
    this.logger.warn(`${message}${why}${since}`);
  }

  /** It works. Told when it had failed. */
  ended(message: string): void {
    if (this.began === undefined) return;
    this.logger.info(`${message} after ${seconds(Date.now() - this.began)}`);
    this.began = undefined;
    this.message = '';
  }
}

function seconds(ms: number): string {
  return `${Math.max(1, Math.round(ms / 1000))} s`;
}
