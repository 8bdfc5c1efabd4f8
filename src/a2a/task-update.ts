import { copyWith, copyWithout, type GrowingList, listIn } from './growing-list';
import { openQuestions, PROGRESS_FIELD, withoutQuestions } from './open-questions';
import type { Artifact, Message, Part, Struct, Task, TaskState, TaskStatus } from './types';

/**
 * One step in the life of a task. A task is the fold of its updates: the workflow folds them for its
 * `a2a_task` query, the bridge folds the ones it reads from the history, and both get the same Task.
 *
 * On the wire (memo field and signal `a2a_update`) only `statusUpdate` and `artifactUpdate` occur, shaped as
 * in StreamResponse (specification sections 4.2.1 and 4.2.2); their `taskId` and `contextId` may be left out.
 */
export type TaskUpdate =
  | { task: Task }
  | { message: Message }
  | { statusUpdate: { status: TaskStatus; metadata?: Struct } }
  | { artifactUpdate: ArtifactChunk };

/** A whole artifact, or with `append` a further piece of one that was sent before. */
export interface ArtifactChunk {
  artifact: Artifact;
  append?: boolean;
  lastChunk?: boolean;
  metadata?: Struct;
}

const TERMINAL_STATES: readonly TaskState[] = [
  'TASK_STATE_COMPLETED',
  'TASK_STATE_FAILED',
  'TASK_STATE_CANCELED',
  'TASK_STATE_REJECTED',
];

const INTERRUPTED_STATES: readonly TaskState[] = ['TASK_STATE_INPUT_REQUIRED', 'TASK_STATE_AUTH_REQUIRED'];

/** In the order of their numbers in the proto file, from 1. */
export const TASK_STATES: readonly TaskState[] = [
  'TASK_STATE_SUBMITTED',
  'TASK_STATE_WORKING',
  'TASK_STATE_COMPLETED',
  'TASK_STATE_FAILED',
  'TASK_STATE_CANCELED',
  'TASK_STATE_INPUT_REQUIRED',
  'TASK_STATE_REJECTED',
  'TASK_STATE_AUTH_REQUIRED',
];

/** Whether a task in this state never changes again (specification section 4.1.3). */
export function isTerminal(state: TaskState): boolean {
  return TERMINAL_STATES.includes(state);
}

/** Whether a task in this state waits for its client (specification section 4.1.3). */
export function isInterrupted(state: TaskState): boolean {
  return INTERRUPTED_STATES.includes(state);
}

/** Whether two Tasks are the same task between the same two changes of its status, as far as can be told. */
export function sameStatus({ status: a }: Task, { status: b }: Task): boolean {
  return a.state === b.state && a.timestamp === b.timestamp && a.message?.messageId === b.message?.messageId;
}

/** The Task that a first message makes, before anything has happened to it. */
export function initialTask(
  ids: { id: string; contextId: string },
  message: Message,
  timestamp: string,
): Task {
  return {
    id: ids.id,
    contextId: ids.contextId,
    status: { state: 'TASK_STATE_SUBMITTED', timestamp },
    history: [{ ...message, taskId: ids.id, contextId: ids.contextId }],
  };
}

/**
 * The Task after an update. Neither argument is changed; what did not change is shared, so that an update takes the same
 * time however much the task holds.
 *
 * - A message whose ID the history already holds changes nothing.
 * - The message of a status enters the history when the agent stops for its client or ends: progress
 *   messages of a working task are transient (specification section 3.7) and would let it grow for ever.
 * - Metadata of a status update is merged into the task's.
 * - While questions are open, {@link besideQuestions} says what becomes of a status that asks nothing.
 */
export function applyUpdate(task: Task, given: TaskUpdate): Task {
  const update = besideQuestions(task, given);
  if ('task' in update) return update.task;
  if ('message' in update) return withMessage(task, update.message);
  if ('statusUpdate' in update) {
    const { status: said, metadata } = update.statusUpdate;
    const status = said === task.status ? said : withTaskIds(said, task);
    const next = withMetadata(copyWith(task, { status }), metadata);
    const lasting = isTerminal(status.state) || isInterrupted(status.state);
    return lasting && status.message !== undefined ? withMessage(next, status.message) : next;
  }
  return copyWith(task, {}, { artifacts: withChunk(artifactsOf(task), update.artifactUpdate) });
}

/** Whether the task has a message with that ID in its history. */
export function hasMessage(task: Task, messageId: string): boolean {
  return historyOf(task).find(messageId) >= 0;
}

/** The artifacts that came first, and the number of all. */
export function firstArtifacts(task: Task, most: number): { first: Artifact[]; count: number } {
  const artifacts = artifactsOf(task);
  return { first: artifacts.toArray(Math.min(most, artifacts.length)), count: artifacts.length };
}

/**
 * An update as readers see it. While the task has open questions, a status that asks nothing and ends nothing is
 * progress: the status stays, and the metadata tell what was said.
 */
export function besideQuestions(task: Task, update: TaskUpdate): TaskUpdate {
  if (!('statusUpdate' in update) || !isInterrupted(task.status.state)) return update;
  const { status, metadata } = update.statusUpdate;
  if (isTerminal(status.state) || isInterrupted(status.state)) return update;
  if (openQuestions({ ...task.metadata, ...metadata }).length === 0) return update;
  const { state: _, ...said } = withTaskIds(status, task);
  const progress = status.message === undefined ? {} : { [PROGRESS_FIELD]: said as unknown as Struct };
  return { statusUpdate: { status: task.status, metadata: { ...metadata, ...progress } } };
}

/** Merged into the task's; what is said of questions goes with the last of them. */
function withMetadata(task: Task, news: Struct | undefined): Task {
  const merged = news === undefined ? task.metadata : { ...task.metadata, ...news };
  if (merged === undefined) return task;
  const asks = !isTerminal(task.status.state) && openQuestions(merged).length > 0;
  const metadata = asks ? merged : withoutQuestions(merged);
  if (metadata === merged || Object.keys(metadata).length > 0) return copyWith(task, { metadata });
  return copyWithout(task, 'metadata');
}

/** The status as readers get it: its message says which task it belongs to. */
export function withTaskIds(status: TaskStatus, task: Pick<Task, 'id' | 'contextId'>): TaskStatus {
  if (status.message === undefined) return status;
  return { ...status, message: { ...status.message, taskId: task.id, contextId: task.contextId } };
}

function historyOf(task: Task): GrowingList<Message> {
  return listIn<Message>(task, 'history', ({ messageId }) => messageId);
}

function artifactsOf(task: Task): GrowingList<Artifact> {
  return listIn<Artifact>(task, 'artifacts', ({ artifactId }) => artifactId);
}

function withMessage(task: Task, message: Message): Task {
  const history = historyOf(task);
  if (history.find(message.messageId) >= 0) return task;
  return copyWith(
    task,
    {},
    { history: history.push({ ...message, taskId: task.id, contextId: task.contextId }) },
  );
}

function withChunk(artifacts: GrowingList<Artifact>, chunk: ArtifactChunk): GrowingList<Artifact> {
  const { artifact } = chunk;
  const index = artifacts.find(artifact.artifactId);
  const known = artifacts.at(index);
  if (known === undefined) return artifacts.push(artifact);
  return artifacts.with(index, chunk.append === true ? appended(known, artifact) : artifact);
}

function appended(known: Artifact, { parts: chunk, ...head }: Artifact): Artifact {
  const metadata = { ...known.metadata, ...head.metadata };
  const fields = Object.keys(metadata).length > 0 ? { ...head, metadata } : head;
  return copyWith(known, fields, {
    parts: joinParts(
      listIn<Part>(known, 'parts', () => ''),
      chunk,
    ),
  });
}

/** Joins a streamed text into one part again, so that a thousand chunks do not leave a thousand parts. */
function joinParts(before: GrowingList<Part>, chunk: readonly Part[]): GrowingList<Part> {
  const { last } = before;
  const [first, ...rest] = chunk;
  if (last === undefined || first === undefined || !isPlainText(last) || !isPlainText(first)) {
    return chunk.reduce((parts, part) => parts.push(part), before);
  }
  const joined: Part = { ...last, text: `${last.text}${first.text}` };
  return rest.reduce((parts, part) => parts.push(part), before.with(before.length - 1, joined));
}

function isPlainText(part: Part): part is Part & { text: string } {
  return Object.keys(part).every((key) => key === 'text') && typeof part.text === 'string';
}
