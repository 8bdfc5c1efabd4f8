import type { AgentExtension, AgentSkill, Struct } from '../types';

/**
 * The data model of A2A 0.3 as it travels in JSON-RPC (specification 0.3.0, section 6): objects tell what they are
 * by `kind`, enums are words in lower case. Nothing here runs.
 */

export type TaskStateV03 =
  | 'submitted'
  | 'working'
  | 'input-required'
  | 'completed'
  | 'canceled'
  | 'failed'
  | 'rejected'
  | 'auth-required'
  | 'unknown';

/** Section 6.6.2: exactly one of `bytes` (base64) and `uri` is present. */
export interface FileV03 {
  name?: string;
  mimeType?: string;
  bytes?: string;
  uri?: string;
}

/** Section 6.5. */
export type PartV03 =
  | { kind: 'text'; text: string; metadata?: Struct }
  | { kind: 'file'; file: FileV03; metadata?: Struct }
  | { kind: 'data'; data: Struct; metadata?: Struct };

/** Section 6.4. */
export interface MessageV03 {
  kind: 'message';
  messageId: string;
  role: 'user' | 'agent';
  parts: PartV03[];
  contextId?: string;
  taskId?: string;
  metadata?: Struct;
  extensions?: string[];
  referenceTaskIds?: string[];
}

/** Section 6.2. */
export interface TaskStatusV03 {
  state: TaskStateV03;
  message?: MessageV03;
  timestamp?: string;
}

/** Section 6.7. */
export interface ArtifactV03 {
  artifactId: string;
  name?: string;
  description?: string;
  parts: PartV03[];
  metadata?: Struct;
  extensions?: string[];
}

/** Section 6.1. */
export interface TaskV03 {
  kind: 'task';
  id: string;
  contextId: string;
  status: TaskStatusV03;
  history?: MessageV03[];
  artifacts?: ArtifactV03[];
  metadata?: Struct;
}

/** Section 7.2.2. */
export interface StatusUpdateV03 {
  kind: 'status-update';
  taskId: string;
  contextId: string;
  status: TaskStatusV03;
  /** The last event of its stream. */
  final: boolean;
  metadata?: Struct;
}

/** Section 7.2.3. */
export interface ArtifactUpdateV03 {
  kind: 'artifact-update';
  taskId: string;
  contextId: string;
  artifact: ArtifactV03;
  append?: boolean;
  lastChunk?: boolean;
  metadata?: Struct;
}

/** What a stream carries, and what a push notification holds. */
export type EventV03 = TaskV03 | MessageV03 | StatusUpdateV03 | ArtifactUpdateV03;

/** Section 6.8. */
export interface PushConfigV03 {
  id?: string;
  url: string;
  token?: string;
  authentication?: { schemes: string[]; credentials?: string };
}

/** Section 6.10. */
export interface TaskPushConfigV03 {
  taskId: string;
  pushNotificationConfig: PushConfigV03;
}

/** Section 5.5. */
export interface AgentCardV03 {
  name: string;
  description: string;
  version: string;
  protocolVersion: string;
  url: string;
  preferredTransport: string;
  additionalInterfaces: { url: string; transport: string }[];
  provider?: { organization: string; url: string };
  iconUrl?: string;
  documentationUrl?: string;
  capabilities: { streaming?: boolean; pushNotifications?: boolean; extensions?: AgentExtension[] };
  securitySchemes?: Struct;
  security?: Struct[];
  defaultInputModes: string[];
  defaultOutputModes: string[];
  skills: AgentSkill[];
  supportsAuthenticatedExtendedCard: boolean;
}
