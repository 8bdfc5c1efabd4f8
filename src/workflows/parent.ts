import { CancellationScope, getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import type { TaskUpdate } from '../a2a/task-update';
import { CHILD_SIGNAL, type ChildUpdates } from '../contract/agent-call';
import { MAX_PAYLOAD_BYTES, payloadBytes } from '../contract/limits';

/** Updates that leave with the next signals. */
const gathered: TaskUpdate[] = [];

/** Temporal ends a workflow whose signal is larger than a payload may be; what is around the updates is small. */
const BATCH_BYTES = MAX_PAYLOAD_BYTES - 1024;

/** Signals on their way, one after the other. */
let delivery: Promise<void> = Promise.resolve();

/** Tells the calling workflow an update of the task that it has called. */
export function tellParent(taskId: string, update: TaskUpdate): void {
  gathered.push(update);
  if (gathered.length > 1) return;
  delivery = delivery.then(async () => {
    while (gathered.length > 0) await signalParent({ taskId, updates: takeBatch() });
  });
}

/** Resolves when the calling workflow has been told everything; a workflow must not end before. */
export async function parentTold(): Promise<void> {
  for (let told: Promise<void> | undefined; told !== delivery; ) {
    told = delivery;
    await told;
  }
}

/** As many as one signal holds. */
function takeBatch(): TaskUpdate[] {
  let bytes = 0;
  let count = 0;
  for (const update of gathered) {
    bytes += payloadBytes(update) + 1;
    if (count > 0 && bytes > BATCH_BYTES) break;
    count += 1;
  }
  return gathered.splice(0, count);
}

async function signalParent(updates: ChildUpdates): Promise<void> {
  const { parent } = workflowInfo();
  if (parent === undefined) return;
  const { signal } = getExternalWorkflowHandle(parent.workflowId);
  try {
    // Also what a cancelled task still says.
    await CancellationScope.nonCancellable(() => signal(CHILD_SIGNAL, updates));
  } catch {
    // The caller has ended; this task lives on or is cancelled as its close policy says.
  }
}
