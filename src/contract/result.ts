import { fieldOf, type OnLeftOut, readMessage, readRole, readState, readTask } from '../a2a/agent-json';
import { isDeeper, MAX_NESTING, wellFormed } from '../a2a/proto-json';
import { isTerminal, type TaskUpdate } from '../a2a/task-update';
import type { Artifact, JsonValue, Message, Part, Task, TaskState, TaskStatus } from '../a2a/types';
import { isBytes, type Reading, type Unreadable, unreadableText } from './payload';

/** ID and name of the artifact that holds the result of a workflow that returns plain JSON. */
const RESULT_ARTIFACT = 'result';

/** The terminal state of a workflow's result that is a Task; undefined when it is something else. */
export function stateOfResult(result: unknown): TaskState | undefined {
  const id = fieldOf(result, 'id');
  if (typeof id !== 'string' || id === '') return undefined;
  const state = readState(fieldOf(fieldOf(result, 'status'), 'state'));
  return state !== undefined && isTerminal(state) ? state : undefined;
}

/** Whether a result tells more of its task than how it has ended and its artifacts. */
export function saysMore(result: unknown): boolean {
  if (stateOfResult(result) !== undefined) {
    return (
      fieldOf(fieldOf(result, 'status'), 'message') !== undefined || fieldOf(result, 'metadata') !== undefined
    );
  }
  return readAnswer(result, () => {}) !== undefined || (!isBytes(result) && isDeeper(result, MAX_NESTING));
}

/** The Message that a workflow's result is; undefined when it is something else. */
function readAnswer(result: unknown, onLeftOut: OnLeftOut): Message | undefined {
  if (readRole(fieldOf(result, 'role')) !== 'ROLE_AGENT') return undefined;
  return readMessage(result, 'result') && readMessage(result, 'result', onLeftOut);
}

/** When a workflow ended, and what the bridge calls the words that it adds. */
export interface WorkflowEnd {
  /** ISO 8601. */
  timestamp: string;
  messageId: string;
}

/** What a workflow's result makes of its task. */
export interface Outcome {
  /** They end the task. */
  updates: TaskUpdate[];
  /** The Message that the agent answers with, instead of a Task. */
  answer?: Message;
}

/**
 * A workflow returns a Task, whose terminal status ends the task and whose artifacts are added; a Message, with which
 * the agent answers; or anything else, which becomes an artifact.
 */
export function outcomeOf(result: Reading, end: WorkflowEnd, onLeftOut: OnLeftOut = () => {}): Outcome {
  if (result.kind === 'unreadable') return { updates: [completed(end, unreadableMessage(result, end))] };
  const value = result.kind === 'value' ? result.value : undefined;
  const task = stateOfResult(value) && readTask(value, 'result', onLeftOut);
  if (task) return { updates: taskUpdates(task, end) };
  const answer = readAnswer(value, onLeftOut);
  if (answer !== undefined) return { updates: [completed(end, answer)], answer };
  if (!isBytes(value) && isDeeper(value, MAX_NESTING)) {
    const unreadable: Unreadable = { kind: 'unreadable', encoding: 'json/plain', why: 'too-deep' };
    return { updates: [completed(end, unreadableMessage(unreadable, end))] };
  }
  const artifact = resultArtifact(value);
  return { updates: [...(artifact ? [wholeArtifact(artifact)] : []), completed(end)] };
}

function taskUpdates({ artifacts = [], status, metadata }: Task, { timestamp }: WorkflowEnd): TaskUpdate[] {
  const end = { status: { ...status, timestamp }, ...(metadata && { metadata }) };
  return [...artifacts.map(wholeArtifact), { statusUpdate: end }];
}

function completed({ timestamp }: WorkflowEnd, message?: Message): TaskUpdate {
  const status: TaskStatus = { state: 'TASK_STATE_COMPLETED', ...(message && { message }), timestamp };
  return { statusUpdate: { status } };
}

function unreadableMessage(result: Unreadable, { messageId }: WorkflowEnd): Message {
  const text = unreadableText('The result of the workflow', result);
  return { messageId, role: 'ROLE_AGENT', parts: [{ text }] };
}

function wholeArtifact(artifact: Artifact): TaskUpdate {
  return { artifactUpdate: { artifact, lastChunk: true } };
}

/** The artifact `result` of any other result; undefined when the workflow returned nothing. */
function resultArtifact(result: unknown): Artifact | undefined {
  if (result === undefined || result === null) return undefined;
  return { artifactId: RESULT_ARTIFACT, name: RESULT_ARTIFACT, parts: [resultPart(result)] };
}

function resultPart(result: unknown): Part {
  if (typeof result === 'string') return { text: wellFormed(result) };
  if (isBytes(result)) return { raw: toBase64(result), mediaType: 'application/octet-stream' };
  return { data: wellFormed(result as JsonValue) };
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The workflow sandbox has neither Buffer nor btoa. */
function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < bytes.length; index += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(index, index + 3);
    const bits = (a << 16) | (b << 8) | c;
    for (const shift of [18, 12, 6, 0]) text += BASE64[(bits >> shift) & 63];
  }
  const padding = (3 - (bytes.length % 3)) % 3;
  return text.slice(0, text.length - padding) + '='.repeat(padding);
}
