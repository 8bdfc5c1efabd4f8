import type { TaskPushNotificationConfig } from '../a2a/types';

/**
 * What the bridge, the delivery workflow and its activity say to each other. JSON only, as everything that
 * crosses Temporal is.
 */

/** Type of the workflow that delivers the push notifications of one task. */
export const PUSH_WORKFLOW = 'a2aPush';
/** Query: {@link PushState}. */
export const PUSH_QUERY = 'a2a_push';
/** Update and signal: a {@link PushDelivery} to begin, or to replace the one of the same ID. */
export const PUSH_SET = 'a2a_push_set';
/** Signal: the ID of an update of {@link PUSH_SET} whose caller has heard that it failed, so that it must have no effect. */
export const PUSH_WITHDRAW = 'a2a_push_withdraw';
/** Update: the ID of the config to delete. */
export const PUSH_DELETE = 'a2a_push_delete';
/** Type of the failure of an update that would exceed {@link MAX_PUSH_CONFIGS}. */
export const PUSH_LIMIT_FAILURE = 'A2A_PUSH_LIMIT';

/** Configs that one task may have: each is a delivery of its own. */
export const MAX_PUSH_CONFIGS = 10;

/** The error message for one more. */
export function tooManyPushConfigs(taskId: string): string {
  return `Task ${taskId} has ${MAX_PUSH_CONFIGS} push notification configs, which is the most; delete one first`;
}

/** ID of the delivery workflow of a task. */
export function pushWorkflowId(taskId: string): string {
  return `a2a-push:${taskId}`;
}

/** A place in the task's history; see src/bridge/position.ts. */
export interface PushPosition {
  runId: string;
  eventId: number;
  part: number;
}

/** Task queue of the push worker that belongs to a worker of agents. */
export function pushTaskQueue(taskQueue: string): string {
  return `${taskQueue}-push`;
}

/** How far a delivery has come: the heartbeat of its activity. */
export interface PushProgress {
  /** Of the config. */
  id?: string;
  /** Behind the last event that the receiver has taken; absent before the first. */
  position?: PushPosition;
  /** Events that the receiver has taken. */
  delivered: number;
  /** Attempts in a row that have failed. */
  failures: number;
  /** Time of the first of them, in ms since 1970. */
  failingSince?: number;
  /** Why the last of them failed. Names no more of the URL than its origin. */
  lastError?: string;
  /** Time of the last success, in ms since 1970. */
  lastDeliveredAt?: number;
}

/** How a delivery ended. */
export type PushOutcome =
  /** The receiver has taken everything, to the task's end. */
  | 'delivered'
  /** It was given up; `lastError` says why. */
  | 'failed'
  /** The receiver wants no more: it answered 410. */
  | 'gone';

/** A config with its ID and its task's. */
export type PushConfig = TaskPushNotificationConfig & { id: string; taskId: string };

/** A config as Temporal holds it: sealed, or as its client has written it when nothing in it is secret. */
export interface StoredPushConfig extends PushConfig {
  /**
   * All of it but its IDs, encrypted; `url` is then the origin alone, and `token` and `authentication` are not there.
   * Sealed again with the same key, the same config is the same text.
   */
  sealed?: { keyId: string; data: string };
}

/** One config, and what has become of it. */
export interface PushDelivery {
  config: StoredPushConfig;
  /** Version of A2A that the config was made in, and that its notifications are written in. */
  version: string;
  /** The task's beginning, or where its history was when the config was made. */
  from: 'start' | PushPosition;
  /** The agent answers with a Message: nothing is told before that. */
  holdsForMessage?: boolean;
  /** The agent's answers are repeated in the status: `repeatAnswer` in agents.yaml. */
  repeatsAnswer?: boolean;
  progress?: PushProgress;
  outcome?: PushOutcome;
  /** The task has been quiet for so long that a lost worker may be noticed later. */
  quiet?: boolean;
}

export interface PushState {
  deliveries: PushDelivery[];
}

/** Result of the delivery workflow: nothing secret once more. */
export type PushEnd = { id: string; outcome: PushOutcome | undefined }[];

/** Argument of the delivery workflow. */
export interface PushStart {
  taskId: string;
  /** Those of a run before this one. */
  state?: PushState;
  /** See {@link PushTimes}. */
  times?: Partial<PushTimes>;
  /** Goes on as new after so many history events; when Temporal suggests it, unless set. */
  maxEvents?: number;
}

/** Times in ms. */
export interface PushTimes {
  /** Without a heartbeat for so long, a worker is taken for lost, and another one goes on. */
  heartbeat: number;
  /** The same for tasks that have been quiet for {@link quietAfter}. */
  quietHeartbeat: number;
  quietAfter: number;
}

export const PUSH_TIMES: PushTimes = {
  heartbeat: 30_000,
  quietHeartbeat: 5 * 60_000,
  quietAfter: 5 * 60_000,
};

/** Argument of the activity `deliverPush`. */
export interface PushJob extends Omit<PushDelivery, 'outcome'> {
  /** Hand back after so long without an event, in ms; without it, never. */
  quietAfter?: number;
  /** Of the delivery workflow: its very first run, before any reset. */
  firstRunId?: string;
}

/** Result of the activity `deliverPush`. */
export interface PushResult {
  /** `quiet`: go on with a longer heartbeat; `stopped`: the config was deleted or replaced. */
  outcome: PushOutcome | 'quiet' | 'stopped';
  progress: PushProgress;
}

/** How a delivery stands, for the owner of the task. */
export interface PushStatus {
  taskId: string;
  /** ID of the push notification config. */
  id: string;
  /** `pending`: nothing to tell so far; `delivering`; `retrying`: the receiver does not take it now. */
  state: 'pending' | 'delivering' | 'retrying' | PushOutcome;
  /** Notifications that the receiver has taken. */
  delivered: number;
  /** ISO 8601. */
  lastDeliveredAt?: string;
  /** Attempts in a row that have failed. */
  failures?: number;
  /** When the first of these was, in ISO 8601. */
  failingSince?: string;
  /** Why the last of these has failed. */
  lastError?: string;
  /** When it will be tried again, in ISO 8601. */
  nextAttemptAt?: string;
}
