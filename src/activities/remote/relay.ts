import { type ArtifactChunk, applyUpdate, type TaskUpdate } from '../../a2a/task-update';
import type { Artifact, Part, StreamResponse, Task, TaskStatus } from '../../a2a/types';
import { ownArtifactId, type Relay, type TakenIds } from '../../contract/agent-call';
import { MAX_PAYLOAD_BYTES, payloadBytes } from '../../contract/limits';
import type { TaskReporter } from '../task-reporter';
import { RemoteFault } from './fault';

/** Bytes of updates that may wait for their signals before the stream has to. */
const MAX_WAITING_BYTES = 1024 * 1024;

type StatusUpdate = NonNullable<StreamResponse['statusUpdate']>;
type ArtifactUpdate = NonNullable<StreamResponse['artifactUpdate']>;

/**
 * Shows in the calling task what the called one does: the messages of a working task, and pieces of artifacts.
 * The state of the calling task is its own: nothing here ends or interrupts it.
 *
 * What was relayed is remembered, so that of a Task which comes as a whole (from a poll, or at the start of a
 * stream) only what is new goes out.
 */
export class TaskRelay {
  /** What the calling task shows of the called one. */
  private shown: Task = { id: '', contextId: '', status: { state: 'TASK_STATE_SUBMITTED' } };
  private waitingBytes = 0;
  private reporter: TaskReporter | undefined;

  /** @param takenIds artifact IDs that the called task cannot have in the calling one */
  constructor(
    private readonly mode: Relay,
    private readonly takenIds: TakenIds = [],
  ) {}

  /** @param createReporter is given what takes each update that earlier attempts relayed */
  async start(
    createReporter: (onStored: (update: TaskUpdate) => void) => Promise<TaskReporter>,
  ): Promise<void> {
    if (this.mode === 'none') return;
    this.reporter = await createReporter((update) => {
      this.shown = applyUpdate(this.shown, update);
    });
  }

  /** How many updates have been relayed, and how many of them are safe. */
  get count(): number {
    return this.reporter?.count ?? 0;
  }

  get settled(): number {
    return this.reporter?.settled ?? 0;
  }

  /** A stream goes on behind the update with this number; without one, behind all that was relayed. */
  resumeAt(count?: number): void {
    this.reporter?.resumeAt(count);
  }

  async flush(): Promise<void> {
    await this.reporter?.flush();
    this.waitingBytes = 0;
  }

  async status({ status }: Pick<StatusUpdate, 'status'>): Promise<void> {
    if (status.state !== 'TASK_STATE_WORKING' || status.message === undefined) return;
    await this.send({ statusUpdate: { status: withoutIds(status) } });
  }

  async artifact({ taskId, artifact, append, lastChunk }: ArtifactUpdate): Promise<void> {
    await this.chunk({
      artifact: this.named(artifact, taskId),
      ...(append === true && { append }),
      ...(lastChunk === true && { lastChunk }),
    });
  }

  /** What a whole Task shows that was not relayed yet. */
  async snapshot(task: Task): Promise<void> {
    const { status, artifacts = [] } = task;
    // A task that has only begun says nothing, and its updates are still to come, also those relayed before.
    if (artifacts.length === 0 && status.message === undefined) return;
    this.reporter?.resumeAt();
    if (status.message?.messageId !== this.shown.status.message?.messageId) await this.status({ status });
    for (const theirs of artifacts) {
      const artifact = this.named(theirs, task.id);
      const chunk = newIn(
        artifact,
        this.shown.artifacts?.find(({ artifactId }) => artifactId === artifact.artifactId),
      );
      if (chunk !== undefined) await this.chunk(chunk);
    }
  }

  private async chunk(artifactUpdate: ArtifactChunk): Promise<void> {
    if (this.mode === 'all') await this.send({ artifactUpdate });
  }

  /** The artifact as the calling task has it. */
  private named(artifact: Artifact, taskId: string): Artifact {
    const { artifactId } = artifact;
    if (this.takenIds !== 'all' && !this.takenIds.includes(artifactId)) return artifact;
    return { ...artifact, artifactId: ownArtifactId(artifactId, taskId) };
  }

  private async send(update: TaskUpdate): Promise<void> {
    if (this.reporter === undefined) return;
    const bytes = payloadBytes(update);
    if (bytes > MAX_PAYLOAD_BYTES) {
      throw new RemoteFault(
        'A2A_REMOTE_TOO_LARGE',
        `sent an update of ${bytes} bytes; the limit is ${MAX_PAYLOAD_BYTES} bytes`,
      );
    }
    if (!this.reporter.replaying) {
      this.shown = applyUpdate(this.shown, update);
      this.waitingBytes += bytes;
    }
    await this.reporter.report(update);
    if (this.waitingBytes > MAX_WAITING_BYTES) await this.flush();
  }
}

/** The message belongs to the calling task now. */
function withoutIds(status: TaskStatus): TaskStatus {
  if (status.message === undefined) return status;
  const { taskId: _, contextId: __, ...message } = status.message;
  return { ...status, message: { ...message, role: 'ROLE_AGENT' } };
}

/** What of an artifact is not in `known` yet: all of it, the rest of it, or nothing. */
function newIn(
  artifact: Artifact,
  known: Artifact | undefined,
): { artifact: Artifact; append?: boolean } | undefined {
  if (known === undefined) return { artifact };
  const whole = joined(artifact.parts);
  const before = joined(known.parts);
  const rest: Part[] = whole.slice(before.length);
  for (const [index, part] of before.entries()) {
    const now = whole[index];
    if (JSON.stringify(part) === JSON.stringify(now)) continue;
    const grown = index === before.length - 1 && now !== undefined && isText(now) && isText(part);
    if (!grown || !now.text.startsWith(part.text)) return { artifact };
    rest.unshift({ text: now.text.slice(part.text.length) });
  }
  if (rest.length === 0) return undefined;
  return { artifact: { artifactId: artifact.artifactId, parts: rest }, append: true };
}

/** Plain texts next to each other are one: where a text was cut on its way means nothing. */
function joined(parts: readonly Part[]): Part[] {
  const result: Part[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (last !== undefined && isText(last) && isText(part))
      result[result.length - 1] = { text: last.text + part.text };
    else result.push(part);
  }
  return result;
}

function isText(part: Part): part is { text: string } {
  return part.text !== undefined && Object.keys(part).length === 1;
}
