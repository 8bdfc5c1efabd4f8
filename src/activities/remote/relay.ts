import { type ArtifactChunk, applyUpdate, type TaskUpdate } from '../../a2a/task-update';
import type { Artifact, Message, StreamResponse, Task, TaskStatus } from '../../a2a/types';
import { ownArtifactId, type Relay, type TakenIds } from '../../contract/agent-call';
import { payloadBytes } from '../../contract/limits';
import { maxActivityPayload } from '../payload-limit';
import type { TaskReporter } from '../task-reporter';
import { RemoteFault } from './fault';
import { newIn, newParts, saySomething } from './growth';

/** Bytes of updates that may wait for their signals before the stream has to. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** What the result of the activity takes along at most: each update is an event there, where one signal holds many. */
const MAX_REST = { updates: 2, bytes: 64 * 1024 };

/** Bytes of messages that are remembered; the oldest are forgotten first. */
const MAX_SAID_BYTES = 512 * 1024;

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
  /** What the called task has said while it worked. */
  private readonly said = new SaidWhileWorking();
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
    this.reporter = await createReporter((update) => this.remember(update));
  }

  /** The messages of the called task while it worked, oldest first, those that earlier attempts heard among them. */
  get saidWhileWorking(): readonly Message[] {
    return this.said.messages;
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

  /** Ends the relay: what no signal has told yet, or nothing when that is too much for the result of the activity. */
  async takeRest(): Promise<TaskUpdate[]> {
    const { waitingBytes, reporter } = this;
    if (reporter === undefined) return [];
    if (waitingBytes > MAX_REST.bytes || reporter.waiting > MAX_REST.updates) await this.flush();
    return reporter.takeRest();
  }

  async status({ status }: Pick<StatusUpdate, 'status'>): Promise<void> {
    if (status.state !== 'TASK_STATE_WORKING' || !saySomething(status.message?.parts)) return;
    await this.send({ statusUpdate: { status: withoutIds(status) } });
  }

  /** A Message in the stream of a task, which is no answer by itself. */
  async message(message: Message): Promise<void> {
    await this.status({
      status: { state: 'TASK_STATE_WORKING', message, timestamp: new Date().toISOString() },
    });
  }

  async artifact({ taskId, artifact, append, lastChunk }: ArtifactUpdate): Promise<void> {
    // There is nothing to show, and an artifact must have parts.
    if (artifact.parts.length === 0) return;
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
    const message = status.message && this.said.newIn(status.message);
    if (message !== undefined) await this.status({ status: { ...status, message } });
    for (const theirs of artifacts) {
      const artifact = this.named(theirs, task.id);
      const chunk = newIn(
        artifact,
        this.shown.artifacts?.find(({ artifactId }) => artifactId === artifact.artifactId),
      );
      if (chunk !== undefined && artifact.parts.length > 0) await this.chunk(chunk);
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

  private remember(update: TaskUpdate): void {
    this.shown = applyUpdate(this.shown, update);
    const message = 'statusUpdate' in update ? update.statusUpdate.status.message : undefined;
    if (message !== undefined) this.said.add(message);
  }

  private async send(update: TaskUpdate): Promise<void> {
    if (this.reporter === undefined) {
      this.remember(update);
      return;
    }
    const bytes = payloadBytes(update);
    const max = maxActivityPayload();
    if (bytes > max) {
      throw new RemoteFault(
        'A2A_REMOTE_TOO_LARGE',
        `sent an update of ${bytes} bytes; the limit is ${max} bytes`,
      );
    }
    if (!this.reporter.replaying) {
      this.remember(update);
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

/** Messages of a working task, the latest of them; each piece of one whose text grows counts as a message. */
class SaidWhileWorking {
  readonly messages: Message[] = [];
  private bytes = 0;

  add(message: Message): void {
    this.messages.push(message);
    this.bytes += payloadBytes(message);
    while (this.bytes > MAX_SAID_BYTES && this.messages.length > 1) {
      this.bytes -= payloadBytes(this.messages.shift());
    }
  }

  /** What of a message was not said yet: all of it, what has been added to it, or nothing. */
  newIn(message: Message): Message | undefined {
    const pieces = this.messages.filter(({ messageId }) => messageId === message.messageId);
    const parts = newParts(
      message.parts,
      pieces.flatMap((piece) => piece.parts),
    );
    if (parts === undefined) return message;
    return parts.length === 0 ? undefined : { ...message, parts };
  }
}
