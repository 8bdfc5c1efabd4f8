/**
 * The A2A 1.0 data model as it travels in JSON (ProtoJSON of `lf.a2a.v1`, specification section 4):
 * camelCase names, enums by name, bytes as base64, timestamps as ISO 8601 in UTC.
 *
 * Workflows, the bridge and the API all speak these shapes; nothing here runs.
 */

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** A `google.protobuf.Struct`: a JSON object. */
export type Struct = { [key: string]: JsonValue };

/** Section 4.1.3. */
export type TaskState =
  | 'TASK_STATE_SUBMITTED'
  | 'TASK_STATE_WORKING'
  | 'TASK_STATE_COMPLETED'
  | 'TASK_STATE_FAILED'
  | 'TASK_STATE_CANCELED'
  | 'TASK_STATE_INPUT_REQUIRED'
  | 'TASK_STATE_REJECTED'
  | 'TASK_STATE_AUTH_REQUIRED';

/** Section 4.1.5. */
export type Role = 'ROLE_USER' | 'ROLE_AGENT';

/** Section 4.1.6. Exactly one of `text`, `raw`, `url` and `data` is present. */
export interface Part {
  text?: string;
  /** File content, base64. */
  raw?: string;
  url?: string;
  data?: JsonValue;
  metadata?: Struct;
  filename?: string;
  mediaType?: string;
}

/** Section 4.1.4. */
export interface Message {
  messageId: string;
  contextId?: string;
  taskId?: string;
  role: Role;
  parts: Part[];
  metadata?: Struct;
  extensions?: string[];
  referenceTaskIds?: string[];
}

/** Section 4.1.2. */
export interface TaskStatus {
  state: TaskState;
  message?: Message;
  /** ISO 8601, UTC, milliseconds. */
  timestamp?: string;
}

/** Section 4.1.7. */
export interface Artifact {
  artifactId: string;
  name?: string;
  description?: string;
  parts: Part[];
  metadata?: Struct;
  extensions?: string[];
}

/** Section 4.1.1. */
export interface Task {
  id: string;
  contextId: string;
  status: TaskStatus;
  artifacts?: Artifact[];
  history?: Message[];
  metadata?: Struct;
}

/** Section 4.2.1. */
export interface TaskStatusUpdateEvent {
  taskId: string;
  contextId: string;
  status: TaskStatus;
  metadata?: Struct;
}

/** Section 4.2.2. */
export interface TaskArtifactUpdateEvent {
  taskId: string;
  contextId: string;
  artifact: Artifact;
  append?: boolean;
  lastChunk?: boolean;
  metadata?: Struct;
}

/** Section 3.2.3. Exactly one member is present. */
export interface StreamResponse {
  task?: Task;
  message?: Message;
  statusUpdate?: TaskStatusUpdateEvent;
  artifactUpdate?: TaskArtifactUpdateEvent;
}

/** Section 4.3.2. */
export interface AuthenticationInfo {
  scheme: string;
  credentials?: string;
}

/** Section 4.3.1. */
export interface TaskPushNotificationConfig {
  tenant?: string;
  id?: string;
  taskId?: string;
  url: string;
  token?: string;
  authentication?: AuthenticationInfo;
}

/** Section 3.2.2. */
export interface SendMessageConfiguration {
  acceptedOutputModes?: string[];
  taskPushNotificationConfig?: TaskPushNotificationConfig;
  historyLength?: number;
  returnImmediately?: boolean;
}

/** Section 3.2.1. */
export interface SendMessageRequest {
  tenant?: string;
  message: Message;
  configuration?: SendMessageConfiguration;
  metadata?: Struct;
}

/** Section 3.1.1. Exactly one member is present. */
export interface SendMessageResponse {
  task?: Task;
  message?: Message;
}

/** Section 3.1.3. */
export interface GetTaskRequest {
  tenant?: string;
  id: string;
  historyLength?: number;
}

/** Section 3.1.4. */
export interface ListTasksRequest {
  tenant?: string;
  contextId?: string;
  status?: TaskState;
  /** 1 to 100; 50 when unset. */
  pageSize?: number;
  pageToken?: string;
  historyLength?: number;
  /** ISO 8601; inclusive. */
  statusTimestampAfter?: string;
  includeArtifacts?: boolean;
}

/** Section 3.1.4. */
export interface ListTasksResponse {
  tasks: Task[];
  /** Empty on the last page. */
  nextPageToken: string;
  pageSize: number;
  totalSize: number;
}

/** Section 3.1.5. */
export interface CancelTaskRequest {
  tenant?: string;
  id: string;
  metadata?: Struct;
}

/** Section 3.1.6. */
export interface SubscribeToTaskRequest {
  tenant?: string;
  id: string;
}

/** Sections 3.1.8 and 3.1.10. */
export interface PushConfigRequest {
  tenant?: string;
  taskId: string;
  id: string;
}

/** Section 3.1.9. */
export interface ListTaskPushNotificationConfigsRequest {
  tenant?: string;
  taskId: string;
  pageSize?: number;
  pageToken?: string;
}

/** Section 3.1.9. */
export interface ListTaskPushNotificationConfigsResponse {
  configs: TaskPushNotificationConfig[];
  /** Empty on the last page. */
  nextPageToken: string;
}

/** Section 4.4.4. */
export interface AgentExtension {
  uri: string;
  description?: string;
  required?: boolean;
  params?: Struct;
}

/** Section 4.4.3. */
export interface AgentCapabilities {
  streaming?: boolean;
  pushNotifications?: boolean;
  extensions?: AgentExtension[];
  extendedAgentCard?: boolean;
}

/** Section 4.4.5. */
export interface AgentSkill {
  id: string;
  name: string;
  description: string;
  tags: string[];
  examples?: string[];
  inputModes?: string[];
  outputModes?: string[];
}

/** Section 4.4.6. */
export interface AgentInterface {
  url: string;
  protocolBinding: string;
  tenant?: string;
  protocolVersion: string;
}

/** Section 4.4.1. */
export interface AgentCard {
  name: string;
  description: string;
  supportedInterfaces: AgentInterface[];
  provider?: { url: string; organization: string };
  version: string;
  documentationUrl?: string;
  capabilities: AgentCapabilities;
  securitySchemes?: Struct;
  securityRequirements?: Struct[];
  defaultInputModes: string[];
  defaultOutputModes: string[];
  skills: AgentSkill[];
  iconUrl?: string;
}
