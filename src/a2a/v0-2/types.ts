import type { Struct } from '../types';
import type { FileV03 } from '../v0-3/types';

/**
 * The data model of A2A before `message/send` (the JSON schema of April 2025), which goes by the name of 0.2 here.
 * The client names the task, parts tell what they are by `type`, and artifacts have a place instead of an ID.
 */

export type TaskStateV02 =
  | 'submitted'
  | 'working'
  | 'input-required'
  | 'completed'
  | 'canceled'
  | 'failed'
  | 'unknown';

export type PartV02 =
  | { type: 'text'; text: string; metadata?: Struct }
  | { type: 'file'; file: FileV03; metadata?: Struct }
  | { type: 'data'; data: Struct; metadata?: Struct };

export interface MessageV02 {
  role: 'user' | 'agent';
  parts: PartV02[];
  metadata?: Struct;
}

export interface TaskStatusV02 {
  state: TaskStateV02;
  message?: MessageV02;
  timestamp?: string;
}

export interface ArtifactV02 {
  name?: string;
  description?: string;
  parts: PartV02[];
  /** Place among the task's artifacts, from 0. */
  index: number;
  append?: boolean;
  lastChunk?: boolean;
  metadata?: Struct;
}

export interface TaskV02 {
  /** As the client chose it. */
  id: string;
  sessionId: string;
  status: TaskStatusV02;
  artifacts?: ArtifactV02[];
  history?: MessageV02[];
  metadata?: Struct;
}

export interface StatusUpdateV02 {
  id: string;
  status: TaskStatusV02;
  /** The stream ends with it. */
  final: boolean;
  metadata?: Struct;
}

export interface ArtifactUpdateV02 {
  id: string;
  artifact: ArtifactV02;
  metadata?: Struct;
}

export interface PushConfigV02 {
  url: string;
  token?: string;
  authentication?: { schemes: string[]; credentials?: string };
}

export interface TaskPushConfigV02 {
  id: string;
  pushNotificationConfig: PushConfigV02;
}

export interface AgentSkillV02 {
  id: string;
  name: string;
  description?: string;
  tags?: string[];
  examples?: string[];
  inputModes?: string[];
  outputModes?: string[];
}

/** Served at `/.well-known/agent.json`. */
export interface AgentCardV02 {
  name: string;
  description: string;
  /** Where its JSON-RPC is. */
  url: string;
  provider?: { organization: string; url: string };
  version: string;
  documentationUrl?: string;
  capabilities: { streaming: boolean; pushNotifications: boolean; stateTransitionHistory: boolean };
  /** Names of the schemes that callers can choose from; none when everybody may call. */
  authentication: { schemes: string[] };
  defaultInputModes: string[];
  defaultOutputModes: string[];
  skills: AgentSkillV02[];
}
