import type { Context } from '@temporalio/activity';
import type { CallProgress } from './call-progress';

/** Ends what a call is doing, on cancellation; a task that is just being started may first get its ID. */
export class CallStop {
  private readonly abort = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  task: CallProgress | undefined;
  /** A later attempt has taken the place of this one. */
  isReplaced = false;

  constructor(
    private readonly context: Context,
    private readonly unknownTaskMs: number,
  ) {
    if (context.cancellationSignal.aborted) this.onCancel();
    else context.cancellationSignal.addEventListener('abort', this.onCancel, { once: true });
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** Whether the workflow wants the work to end, and not only this worker. */
  get isCancelled(): boolean {
    const { cancellationDetails, cancellationSignal } = this.context;
    return (
      cancellationDetails?.cancelRequested ?? (cancellationSignal.reason as Error)?.message === 'CANCELLED'
    );
  }

  taskKnown(task: CallProgress): void {
    this.task = task;
    if (this.context.cancellationSignal.aborted) this.end();
  }

  /** A later attempt begins. */
  replace(reason: Error): void {
    this.isReplaced = true;
    this.abort.abort(reason);
  }

  done(): void {
    clearTimeout(this.timer);
    this.context.cancellationSignal.removeEventListener('abort', this.onCancel);
  }

  private readonly onCancel = () => {
    if (this.task !== undefined || !this.isCancelled) this.end();
    else this.timer = setTimeout(this.end, this.unknownTaskMs);
  };

  private readonly end = () => this.abort.abort(this.context.cancellationSignal.reason);
}
