import { applyUpdate, isInterrupted, isTerminal, type TaskUpdate } from '../../a2a/task-update';
import type { Artifact, StreamResponse, Task, TaskStatus } from '../../a2a/types';
import { payloadBytes } from '../../contract/limits';
import { maxActivityPayload } from '../payload-limit';
import { RemoteFault } from './fault';
import { newParts } from './growth';

/** Growth in bytes after which the size of a task is measured anew. */
const MEASURE_EVERY = 256 * 1024;

type Event = NonNullable<StreamResponse['statusUpdate'] | StreamResponse['artifactUpdate']>;

/** What a call has heard of its task. What was heard once is not lost because a later answer leaves it out. */
export class HeardTask {
  private current: Task | undefined;
  /** All events since the beginning of the task, or since our message to it, have been read. */
  private unbroken = false;
  /** Pieces of artifacts have come, and not only what a Task showed. */
  private streamed = false;
  /** A Task has come, which tells more than updates do. */
  private hasSnapshot = false;
  /** Something was not read, or a snapshot knew less than what had been heard. */
  private uncertain = false;
  private growth = 0;

  /** @param approximate whether streams leave something to be guessed: see RemoteClient */
  constructor(private readonly approximate: () => boolean) {}

  get task(): Task | undefined {
    return this.current;
  }

  /** Whether nothing is missing, so that a further look would tell nothing new. */
  get complete(): boolean {
    return this.hasSnapshot && this.unbroken && !this.uncertain && !this.approximate();
  }

  /** Whether everything that the agent has said was heard, in one way or another. */
  get heardAll(): boolean {
    return this.unbroken;
  }

  /** A stream begins: with the beginning of the task, or where the last one has stopped, or somewhere later. */
  begins(at: 'start' | 'position' | 'later'): void {
    if (at === 'start') this.unbroken = true;
    if (at === 'later') this.unbroken = false;
  }

  /** An event could not be read. */
  missed(): void {
    this.uncertain = true;
  }

  /** @throws RemoteFault when the task has become larger than any workflow could take */
  update(response: StreamResponse, event: Event): void {
    const task = this.current ?? {
      id: event.taskId,
      contextId: event.contextId,
      status: { state: 'TASK_STATE_SUBMITTED' },
    };
    this.current = applyUpdate(task, withoutIds(response));
    if (response.artifactUpdate !== undefined) this.streamed = true;
    this.measure(payloadBytes(event));
  }

  /**
   * The Task as a stream or a look shows it. A field that is missing deletes nothing, and neither does an artifact
   * that is only the beginning of the one that was streamed.
   * @throws RemoteFault when the task has become larger than any workflow could take
   */
  snapshot(task: Task, from: 'stream' | 'look'): Task {
    const known = this.current;
    const believed = from === 'look' && (!this.streamed || this.approximate());
    const { artifacts, knewLess } = mergeArtifacts(known?.artifacts, task.artifacts, believed);
    const { history = known?.history, metadata = known?.metadata } = withoutEmptyLists(task);
    this.current = {
      id: task.id,
      contextId: task.contextId || (known?.contextId ?? ''),
      status: mergeStatus(known?.status, task.status),
      ...(artifacts.length > 0 && { artifacts }),
      ...(history !== undefined && { history }),
      ...(metadata !== undefined && { metadata }),
    };
    this.hasSnapshot = true;
    if (from === 'look') this.unbroken = true;
    this.uncertain = from === 'stream' && (this.uncertain || knewLess);
    this.growth = Number.POSITIVE_INFINITY;
    this.measure(0);
    return this.current;
  }

  /** A task that has stopped is not at work again because a look was faster than what it looked at. */
  hasStopped(status: TaskStatus): void {
    if (this.current === undefined || stops(this.current.status)) return;
    this.current = { ...this.current, status };
  }

  private measure(bytes: number): void {
    this.growth += bytes;
    if (this.growth < MEASURE_EVERY || this.current === undefined) return;
    this.growth = 0;
    fitting(this.current);
  }
}

/** Whether a task has ended, or waits for its client. */
export function stops({ state }: TaskStatus): boolean {
  return isTerminal(state) || isInterrupted(state);
}

/** The task as the workflow gets it: without its history when that is what makes it too large. */
export function fitting(task: Task): Task {
  const max = maxActivityPayload();
  if (payloadBytes(task) <= max) return task;
  const { history: _, ...rest } = task;
  const bytes = payloadBytes(rest);
  if (bytes <= max) return rest;
  throw new RemoteFault(
    'A2A_REMOTE_TOO_LARGE',
    `has made a task of ${bytes} bytes; the limit is ${max} bytes`,
  );
}

function mergeArtifacts(
  known: readonly Artifact[] = [],
  shown: readonly Artifact[] = [],
  believed: boolean,
): { artifacts: Artifact[]; knewLess: boolean } {
  let knewLess = false;
  const merged = known.map((before) => {
    const now = shown.find(({ artifactId }) => artifactId === before.artifactId);
    const isLess = now === undefined || (!believed && isBeginning(now, before));
    knewLess ||= isLess;
    return isLess ? before : now;
  });
  const isNew = ({ artifactId }: Artifact) => known.every((before) => before.artifactId !== artifactId);
  return { artifacts: [...merged, ...shown.filter(isNew)], knewLess };
}

/** Whether an artifact is the beginning of the other, and not all of it. */
function isBeginning({ parts }: Artifact, other: Artifact): boolean {
  return (newParts(other.parts, parts)?.length ?? 0) > 0;
}

/** What a status says is not taken back by the same status without it. */
function mergeStatus(known: TaskStatus | undefined, shown: TaskStatus): TaskStatus {
  if (known?.message === undefined || shown.message !== undefined || known.state !== shown.state)
    return shown;
  const isSame = known.timestamp === undefined || known.timestamp === (shown.timestamp ?? known.timestamp);
  return isSame && stops(known) ? { ...shown, message: known.message } : shown;
}

function withoutEmptyLists({ history, ...task }: Task): Pick<Task, 'history' | 'metadata'> {
  return { ...task, ...(history !== undefined && history.length > 0 && { history }) };
}

function withoutIds({ statusUpdate, artifactUpdate }: StreamResponse): TaskUpdate {
  if (statusUpdate !== undefined) return { statusUpdate };
  return { artifactUpdate } as TaskUpdate;
}
