import type { Message, Task } from './types';

/** Options of each call of {@link A2AClient}. */
export interface CallOptions {
  /** Ends waiting, and the stream; the task goes on. */
  signal?: AbortSignal | undefined;
}

/** One way of speaking to an agent. */
export interface Protocol {
  send(message: Message, options: CallOptions): Promise<Task>;
  stream(message: Message, options: CallOptions): AsyncGenerator<Task>;
  get(id: string, options: CallOptions): Promise<Task>;
  cancel(id: string, options: CallOptions): Promise<Task>;
}
