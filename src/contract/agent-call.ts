import { isObject } from '../a2a/is-object';
import type { InputMapping } from '../a2a/parts';
import type { TaskUpdate } from '../a2a/task-update';
import type { JsonValue, Message, Struct, Task } from '../a2a/types';

/**
 * What crosses between `callAgent()` in a workflow and the activities that serve it. No secret is in it: what
 * a call needs to authenticate is named (`env:NAME`, `file:PATH`) and read where it is used.
 */

/** How an agent is called. */
export type ResolvedAgent =
  | {
      kind: 'local';
      agentId: string;
      workflow: LocalWorkflow;
      /** What a built-in workflow is to do, from agents.yaml: its chain, its remote agent, its model. */
      definition?: JsonValue;
      /** The worker that has looked it up encodes payloads by a codec. */
      encodesPayloads?: boolean;
    }
  | { kind: 'remote'; agent: RemoteAgent };

/**
 * Whether a workflow is plain: it does not use A2A, and its only argument is what `input:` makes of the message.
 * Any other is a contract workflow, whose argument 0 is the TaskStart (docs/contract.md).
 */
export function isPlain(workflow: { input?: unknown }): boolean {
  return workflow.input !== undefined;
}

/** How the workflow of a local agent is started; durations as in "30s". */
export interface LocalWorkflow {
  type: string;
  taskQueue: string;
  input?: InputMapping;
  executionTimeout?: string;
  runTimeout?: string;
  taskTimeout?: string;
  retry?: Struct;
}

/** A remote A2A agent. */
export interface RemoteAgent {
  /** URL of its card, or of what the card's well-known path is appended to. */
  url: string;
  /** Credentials by reference, for the card's security schemes. */
  credentials?: CredentialRef[];
  /** Refuse a card without a valid signature. */
  requireSignature?: boolean;
  /** Bindings in order of preference; the card's own order when left out. */
  bindings?: ('JSONRPC' | 'HTTP+JSON' | 'GRPC')[];
}

/** Where the secret of one security scheme is read; never the secret itself. */
export interface CredentialRef {
  /** Name of the security scheme in the card; the first that fits when left out. */
  scheme?: string;
  /** API key, bearer token, or `user:password` for basic authentication. */
  value?: string;
  /** OAuth2 client credentials, or OpenID Connect. */
  clientId?: string;
  clientSecret?: string;
  scopes?: string[];
  tokenUrl?: string;
  /** Mutual TLS. */
  certificate?: string;
  key?: string;
  ca?: string;
}

/** How a call waits for a remote agent's task: by its stream, by asking again, or by being called back. */
export type Waiting = 'stream' | 'poll' | 'webhook';

/** What of the called task its caller's task shows while it runs. */
export type Relay = 'all' | 'status' | 'none';

/** Artifact IDs that the calling task uses already; `all` when it cannot be told which these will be. */
export type TakenIds = string[] | 'all';

/** The ID that an artifact of a called task gets in the calling task when its own is taken there. */
export function ownArtifactId(artifactId: string, taskId: string): string {
  return `${artifactId}-${taskId}`;
}

/** A remote task that a call has begun; the activity's heartbeats tell of it. */
export interface KnownTask {
  taskId: string;
  contextId: string;
}

/** The task that the details of a heartbeat name. */
export function readKnownTask(details: unknown): KnownTask | undefined {
  if (!isObject(details) || typeof details.taskId !== 'string') return undefined;
  return { taskId: details.taskId, contextId: String(details.contextId ?? '') };
}

/** A context of this bridge in which agents are called, as the search attributes of its tasks have it. */
export interface LocalContext {
  contextId: string;
  owner: string;
  /** No task before this one has called an agent in it. */
  isNew: boolean;
}

/** The context that an agent has given to a call. */
export interface AgentContext {
  /** See {@link agentKey}. */
  agent: string;
  contextId: string;
}

/** What tells agents apart whose contexts are kept: the same agent, called as the same caller of it. */
export function agentKey({ url, credentials = [] }: RemoteAgent): string {
  return JSON.stringify([url, credentials]);
}

/** Argument of the activity `callRemoteAgent`: one message and the wait for what it brings. */
export interface RemoteCall {
  agent: RemoteAgent;
  /** Its messageId is the same for every attempt, so that no attempt starts the work twice. */
  message: Message;
  metadata?: Struct;
  acceptedOutputModes?: string[];
  waiting: Waiting;
  relay: Relay;
  /** Artifacts with these IDs are shown as {@link ownArtifactId} says. */
  takenIds?: TakenIds;
  /**
   * The call goes on in the agent's context that belongs to this one. A message without a contextId gets that of the
   * last call of an earlier task, if there was one; an agent that does not know it any more gets the message without.
   */
  localContext?: LocalContext;
  /** With `waiting: 'webhook'`: the agent is asked to call back, and the activity answers with the Task as it is. */
  callback?: { workflowId: string; callId: string };
  /** Look at this task again instead of sending the message. */
  known?: KnownTask;
  /** With `known`: cancel that task, and answer with what became of it. */
  cancel?: boolean;
  /** With `known`: answer with that task as it is, and leave it alone whatever becomes of this call. */
  look?: boolean;
  /** The workflow takes `updates` of the result; without it they all come as signals. */
  takesUpdates?: boolean;
}

/**
 * The remote Task, ended or waiting for its client, or still at work when the agent will call back; or the Message
 * that the agent answered with.
 */
export type RemoteAnswer = { task: Task; message?: never } | { message: Message; task?: never };

/**
 * Result of the activity: the answer, and with `localContext` the context that later calls are to go on in; and with
 * `takesUpdates` what no signal has told of the called task when the answer was there, in order.
 */
export type RemoteResult = RemoteAnswer & { context?: AgentContext; updates?: TaskUpdate[] };

/** `type` of the ApplicationFailure of a call whose task did not complete. */
export const CALL_FAILURES = {
  TASK_STATE_FAILED: 'A2A_AGENT_FAILED',
  TASK_STATE_REJECTED: 'A2A_AGENT_REJECTED',
  TASK_STATE_CANCELED: 'A2A_AGENT_CANCELED',
  TASK_STATE_INPUT_REQUIRED: 'A2A_AGENT_INPUT_REQUIRED',
  TASK_STATE_AUTH_REQUIRED: 'A2A_AGENT_AUTH_REQUIRED',
} as const;

/** `details[0]` of such a failure. */
export interface CallFailureDetails {
  /** Agent ID, or URL of a remote agent. */
  agent: string;
  task: Task;
}

/** Signal by which the API tells a workflow that one of its calls, by its ID, was called back. */
export const CALLBACK_SIGNAL = 'a2a_callback';

/** Signal by which a called task tells the calling workflow what happens: its ID and its TaskUpdates. */
export const CHILD_SIGNAL = 'a2a_child';

export interface ChildUpdates {
  taskId: string;
  updates: unknown[];
  /** The run that has started the task. */
  parentRunId?: string;
  /**
   * Set for updates that were read from the task's history: how many there were before these. Then there may be a
   * `{"task": Task}` among them, where a reset has made the Task anew.
   */
  readFrom?: number;
}

/** Argument of the activity `followChild`, which tells a workflow what the task does that it has called. */
export interface FollowedChild {
  taskId: string;
}
