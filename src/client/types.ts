import type { Struct } from '../a2a/types';

/** What tasks and messages are to users of the client, whatever the agent speaks. */

/** State of a task, as A2A 0.3 writes it; `unknown` for one that the client does not know. */
export type TaskState =
  | 'submitted'
  | 'working'
  | 'input-required'
  | 'completed'
  | 'canceled'
  | 'failed'
  | 'rejected'
  | 'auth-required'
  | 'unknown';

/** A part that is text. */
export interface TextPart {
  type: 'text';
  text: string;
  metadata?: Struct;
}

/** A part that is a file, in it or at a URL. */
export interface FilePart {
  type: 'file';
  /** `bytes` are base64; one of `bytes` and `uri`. */
  file: { name?: string; mimeType?: string; bytes?: string; uri?: string };
  metadata?: Struct;
}

/** A part that is a JSON object. */
export interface DataPart {
  type: 'data';
  data: Struct;
  metadata?: Struct;
}

/** What messages and artifacts are made of. */
export type Part = TextPart | FilePart | DataPart;

/** A message to an agent. */
export interface Message {
  role: 'user';
  parts: Part[];
  /** The same for every attempt to send it; a new one unless set. */
  messageId?: string;
  /** The conversation that it belongs to. */
  contextId?: string;
  /** The task that asked for it. */
  taskId?: string;
  metadata?: Struct;
}

/** A message in a task. */
export interface TaskMessage {
  role: 'user' | 'agent';
  parts: Part[];
  messageId?: string;
  metadata?: Struct;
}

/** The state of a task, and what the agent says of it. */
export interface TaskStatus {
  state: TaskState;
  /** The answer of a completed task, the question of one that asks. */
  message?: TaskMessage;
  /** ISO 8601. */
  timestamp?: string;
}

/** What a task has made. */
export interface Artifact {
  artifactId?: string;
  name?: string;
  description?: string;
  parts: Part[];
  metadata?: Struct;
}

/** A task as the client has seen it last. */
export interface Task {
  id: string;
  contextId?: string;
  status: TaskStatus;
  artifacts?: Artifact[];
  history?: TaskMessage[];
  metadata?: Struct;
}

/** A card as the agent gives it; what else it holds depends on its version. */
export interface AgentCard {
  name: string;
  description?: string;
  version?: string;
  url?: string;
  protocolVersion?: string;
  skills?: { id: string; name: string; description?: string; tags?: string[]; examples?: string[] }[];
  [more: string]: unknown;
}
