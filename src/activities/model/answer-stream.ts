import type { TaskReporter } from '../task-reporter';

/** Smallest time in ms between two chunks of an answer. What comes in between leaves together. */
const GAP_MS = 40;

/** A model's text as it comes, sent as chunks of one artifact. */
export class AnswerStream {
  private pending = '';
  private begun = false;
  private sent = 0;
  private timer: NodeJS.Timeout | undefined;
  private failure: unknown;

  constructor(
    private readonly reporter: TaskReporter,
    private readonly artifactId: string,
  ) {}

  /** @throws what went wrong with an earlier chunk */
  async append(text: string): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.pending += text;
    const wait = this.sent + GAP_MS - Date.now();
    if (wait <= 0) return this.send(false);
    this.timer ??= setTimeout(() => {
      this.send(false).catch((error: unknown) => {
        this.failure = error;
      });
    }, wait);
  }

  /** Sends what is left; nothing when there was no text at all. */
  async end(): Promise<void> {
    if (this.begun || this.pending !== '') await this.send(true);
    this.stop();
  }

  /** Sends nothing more. */
  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private async send(lastChunk: boolean): Promise<void> {
    this.stop();
    const text = this.pending;
    const append = this.begun;
    this.pending = '';
    this.begun = true;
    this.sent = Date.now();
    const { artifactId } = this;
    // The first chunk replaces what an earlier turn, or an attempt that broke off, has said.
    await this.reporter.artifact(
      { artifactId, ...(!append && { name: artifactId }), parts: [{ text }] },
      { ...(append && { append }), ...(lastChunk && { lastChunk }) },
    );
  }
}
