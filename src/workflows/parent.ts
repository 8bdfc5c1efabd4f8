import { CancellationScope, condition, getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import { isInterrupted, type TaskUpdate } from '../a2a/task-update';
import { CHILD_SIGNAL, type ChildUpdates } from '../contract/agent-call';
import { UPDATE_NAME } from '../contract/contract';
import { MAX_PAYLOAD_BYTES, payloadBytes } from '../contract/limits';
import { smallestGapMs, thinned } from '../contract/signal-pace';
import { hasFlag, WorkflowFlags } from './flags';

/** Temporal ends a workflow whose signal is larger than a payload may be; what is around the updates is small. */
const BATCH_BYTES = MAX_PAYLOAD_BYTES - 1024;

/** From this gap between two signals on, in ms, there is a timer for it. */
const LONG_GAP_MS = 1_000;

/** Signals on their way, one after the other. */
let delivery: Promise<void> = Promise.resolve();

/** Signals that the task has sent, in the runs before this one, too. */
let sent = 0;

/** How many wait until everything is told. */
let waiting = 0;

/** Updates for the parent workflow, which leave with the next signals. */
class Outbox {
  private readonly gathered: TaskUpdate[] = [];

  constructor(private readonly send: (updates: (TaskUpdate | null)[]) => Promise<void>) {}

  add(update: TaskUpdate): void {
    this.gathered.push(update);
    if (this.gathered.length > 1) return;
    delivery = delivery.then(async () => {
      while (this.gathered.length > 0) {
        await this.gap();
        sent += 1;
        await this.send(this.takeBatch());
      }
    });
  }

  /** Gathers, when the task has told very much already, what is not urgent. */
  private async gap(): Promise<void> {
    const ms = smallestGapMs(sent);
    if (ms < LONG_GAP_MS || this.isUrgent() || !hasFlag(WorkflowFlags.pacedUpdates)) return;
    const summary = 'Until the caller is told more';
    await CancellationScope.nonCancellable(() => condition(() => this.isUrgent(), ms, { summary }));
  }

  private isUrgent(): boolean {
    if (waiting > 0) return true;
    return this.gathered.some(
      (update) => 'statusUpdate' in update && isInterrupted(update.statusUpdate.status.state),
    );
  }

  /** As many as one signal holds. */
  private takeBatch(): (TaskUpdate | null)[] {
    // One that is alone need not be measured.
    if (this.gathered.length === 1) return thinned(this.gathered.splice(0), smallestGapMs(sent));
    let bytes = 0;
    let count = 0;
    for (const update of this.gathered) {
      bytes += payloadBytes(update) + 1;
      if (count > 0 && bytes > BATCH_BYTES) break;
      count += 1;
    }
    return thinned(this.gathered.splice(0, count), smallestGapMs(sent));
  }
}

let taskId = '';
const told = new Outbox((updates) => signalParent(CHILD_SIGNAL, ofTask(updates)));
const relayed = new Outbox((updates) => signalParent(UPDATE_NAME, updates));

function ofTask(updates: (TaskUpdate | null)[]): ChildUpdates {
  const { parent } = workflowInfo();
  return { taskId, updates, ...(parent !== undefined && { parentRunId: parent.runId }) };
}

/** Tells the calling workflow an update of the task that it has called. */
export function tellParent(id: string, update: TaskUpdate): void {
  taskId = id;
  told.add(update);
}

/** Adds an update to the task that the parent workflow is (docs/contract.md). */
export function relayToParent(update: TaskUpdate): void {
  relayed.add(update);
}

/** Resolves when the parent workflow has been told everything; a workflow must not end before. */
export async function parentTold(): Promise<void> {
  waiting += 1;
  for (let before: Promise<void> | undefined; before !== delivery; ) {
    before = delivery;
    await before;
  }
  waiting -= 1;
}

/** How many signals the task has sent to its parent: what the next run goes on from. */
export function signalsSent(): number {
  return sent;
}

/** How many signals the runs before this one have sent. */
export function signalsWereSent(count: number): void {
  sent = count;
}

/** Does nothing without a parent, or when it has ended. */
export async function signalParent(signalName: string, argument: unknown): Promise<void> {
  const { parent } = workflowInfo();
  if (parent === undefined) return;
  const { signal } = getExternalWorkflowHandle(parent.workflowId);
  try {
    // Also what a cancelled task still says.
    await CancellationScope.nonCancellable(() => signal(signalName, argument));
  } catch {
    // What becomes of this workflow then, its close policy says.
  }
}
