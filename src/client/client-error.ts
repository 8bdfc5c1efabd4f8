import type { Task } from './types';

/** A call that brought no answer. */
export class A2AClientError extends Error {
  override readonly name = 'A2AClientError';
  /** HTTP status of the answer, when it is what went wrong. */
  readonly status: number | undefined;
  /** JSON-RPC code of the agent's error. */
  readonly code: number | undefined;
  /** The task, when it came to an end that is no answer, or to none in time. */
  readonly task: Task | undefined;

  constructor(message: string, more: { status?: number; code?: number; task?: Task; cause?: unknown } = {}) {
    super(message, { cause: more.cause });
    this.status = more.status;
    this.code = more.code;
    this.task = more.task;
  }
}
