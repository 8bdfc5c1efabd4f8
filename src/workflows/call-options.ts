import type { Duration } from '@temporalio/common';
import type { RetryPolicy } from '@temporalio/workflow';
import type { Asker } from '../a2a/open-questions';
import type { Content } from '../a2a/parts';
import type { Struct, Task } from '../a2a/types';
import type { Relay, Waiting } from '../contract/agent-call';
import type { AskOptions } from './calling-task';

/** What is sent to an agent. */
export interface MessageInit {
  /** A text, one part, or several. */
  parts: Content;
  /** Made by the call unless set, and the same in all its attempts. */
  messageId?: string;
  metadata?: Struct;
  /** URIs of the extensions that the message uses. */
  extensions?: string[];
  /** Tasks that the message refers to, by the IDs that the called agent knows. */
  referenceTaskIds?: string[];
}

/** How `callAgent()` calls; durations are as Temporal has them, in ms or as `'5 minutes'`. */
export interface CallOptions {
  /** Context of the call; the calling task's own unless set, or a new one when the caller is no task. */
  contextId?: string;
  /**
   * Whether a call of a remote agent goes on in the agent's context that earlier calls in the calling task's context
   * were in: true unless set. It never does while another call of the workflow is in it. For an agent of this bridge,
   * whether its own calls do.
   */
  keepContext?: boolean;
  /** Metadata of the request. */
  metadata?: Struct;
  /** Media types that the caller takes; any unless set. */
  acceptedOutputModes?: string[];
  /** How to wait for a remote agent: `stream` unless set. */
  waiting?: Waiting;
  /** What of the called task the calling task shows while it runs: `all` unless set. */
  relay?: Relay;
  /**
   * Longest time for a call of an agent of this bridge, or for each answer of a remote agent. Default: one day for
   * a remote agent that does not call back, none otherwise.
   */
  timeout?: Duration;
  /** For calls of remote agents; without it they are retried with backoff until the timeout. */
  retry?: RetryPolicy;
  /** What the call is for: Temporal's UI shows it before the agent's name. */
  summary?: string;
  /** What questions to the client say of who asks, beside or instead of `agent` and `taskId`. */
  asker?: Asker;
  /**
   * Answers a question of the called task, which is its status message; for several at once it is called side by side.
   * `asking` is how the calling task would ask it. Unless set, the calling task asks its own client; a caller
   * that is no task fails with A2A_AGENT_INPUT_REQUIRED.
   */
  onInput?: (task: Task, asking: AskOptions) => Promise<Content>;
}
