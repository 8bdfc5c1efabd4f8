import type { RemoteCall } from '../../contract/agent-call';
import type { CallProgress } from './call-progress';
import type { TaskRelay } from './relay';
import type { RemoteClient } from './wire/remote-client';

/** How a task is waited for; times in ms. */
/** How the task of a remote agent is waited for; times in ms. */
export interface WaitingOptions {
  /** Between looks at a task that is polled, growing from the first to the most. */
  poll: { firstMs: number; mostMs: number };
  /** Between looks at a task whose end a webhook will tell. */
  webhook: { firstMs: number; mostMs: number };
  /** Streams in a row that broke early, after which the rest is polled. */
  brokenStreams: number;
  /** A stream that lasted this long did not break early. */
  lastingStreamMs: number;
  /** Failed looks in a row, after which the attempt fails. */
  failedPolls: number;
  /** How long the next event is waited for once a task has ended without an answer, or a Message has come. */
  restOfStreamMs: number;
}

export const WAITING: WaitingOptions = {
  poll: { firstMs: 200, mostMs: 10_000 },
  webhook: { firstMs: 5_000, mostMs: 60_000 },
  brokenStreams: 4,
  lastingStreamMs: 10_000,
  failedPolls: 5,
  restOfStreamMs: 2_000,
};

export interface ConversationOptions {
  call: RemoteCall;
  client: RemoteClient;
  /** Whether the card offers streams. */
  streaming: boolean;
  /** The agent is to call back here; then an answer is the Task as it is. */
  push: { url: string; token: string } | undefined;
  relay: TaskRelay;
  waiting: WaitingOptions;
  signal: AbortSignal;
  /** Something became known that a retry should start from. */
  onProgress: (progress: CallProgress) => void;
}
