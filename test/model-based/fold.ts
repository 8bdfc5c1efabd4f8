import { isDeepStrictEqual } from 'node:util';
import type { Artifact, Message, Part, StreamResponse, Task, TaskStatus } from '../../src/a2a/types';

/** What a client knows of a task by its stream. */
export interface Seen {
  status: TaskStatus;
  artifacts: Artifact[];
}

/** What the test's own client makes of an event: not what the bridge does. */
export function after(before: Seen, { task, statusUpdate, artifactUpdate }: StreamResponse): Seen {
  if (task) return { status: task.status, artifacts: task.artifacts ?? [] };
  if (statusUpdate) return { ...before, status: statusUpdate.status };
  if (!artifactUpdate) return before;
  const { artifact, append } = artifactUpdate;
  const known = before.artifacts.find(({ artifactId }) => artifactId === artifact.artifactId);
  const next =
    known === undefined || append !== true
      ? artifact
      : { ...known, ...artifact, parts: [...known.parts, ...artifact.parts] };
  const artifacts =
    known === undefined
      ? [...before.artifacts, next]
      : before.artifacts.map((each) => (each === known ? next : each));
  return { ...before, artifacts };
}

/** Whether both are the same JSON, whatever parser has made them. */
export function sameJson(a: unknown, b: unknown): boolean {
  const plain = (value: unknown) => (value === undefined ? value : JSON.parse(JSON.stringify(value)));
  return isDeepStrictEqual(plain(a), plain(b));
}

/** What the bridge says for want of a worker. */
const isProblem = ({ text }: Part) => text?.includes('No worker') === true;

export function tellsProblem({ message }: TaskStatus): boolean {
  return message?.parts.some(isProblem) === true;
}

/** Whether both say the same. A status that says too what is wrong is the same otherwise, but for its message's ID. */
export function sameStatus(a: TaskStatus, b: TaskStatus): boolean {
  if (a.state !== b.state) return false;
  // Of a task that nobody has begun, its start is known to the millisecond at best.
  if (a.state !== 'TASK_STATE_SUBMITTED' && a.timestamp !== b.timestamp) return false;
  const problem = tellsProblem(a) || tellsProblem(b);
  const said = ({ message }: TaskStatus) => {
    const parts = message?.parts.filter((part) => !isProblem(part)) ?? [];
    return parts.length === 0 ? undefined : { parts, ...(!problem && { id: message?.messageId }) };
  };
  return sameJson(said(a), said(b));
}

export function sameArtifacts(a: readonly Artifact[] = [], b: readonly Artifact[] = []): boolean {
  return sameJson(a.map(joined), b.map(joined));
}

function joined({ artifactId, name, parts }: Artifact) {
  const all: Part[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (last?.text !== undefined && part.text !== undefined) {
      all[all.length - 1] = { text: last.text + part.text };
    } else {
      all.push(part.text === undefined ? part : { text: part.text });
    }
  }
  return { artifactId, name, parts: all };
}

export function sameMessage(a: Message | undefined, b: Message | undefined): boolean {
  const said = (message: Message | undefined) =>
    message && [message.messageId, message.role, message.parts, message.taskId, message.contextId];
  return sameJson(said(a), said(b));
}

/** Whether two answers show the same Task. */
export function sameTask(a: Task, b: Task): boolean {
  const history = (task: Task) => task.history ?? [];
  return (
    a.id === b.id &&
    a.contextId === b.contextId &&
    sameStatus(a.status, b.status) &&
    sameArtifacts(a.artifacts, b.artifacts) &&
    history(a).length === history(b).length &&
    history(a).every((message, index) => sameMessage(message, history(b)[index])) &&
    sameJson(a.metadata ?? {}, b.metadata ?? {})
  );
}
