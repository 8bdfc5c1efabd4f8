import { CancellationScope, getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import { CHILD_SIGNAL, type ChildUpdates } from '../a2a/agent-call';
import type { TaskUpdate } from '../a2a/task-update';

/** Updates of this workflow task, which leave in one signal. */
let gathered: TaskUpdate[] = [];

/** Signals on their way, one after the other. */
let delivery: Promise<void> = Promise.resolve();

/** Tells the calling workflow an update of the task that it has called. */
export function tellParent(taskId: string, update: TaskUpdate): void {
  gathered.push(update);
  if (gathered.length > 1) return;
  delivery = delivery.then(async () => {
    const updates = gathered;
    gathered = [];
    await signalParent({ taskId, updates });
  });
}

/** Resolves when the calling workflow has been told everything; a workflow must not end before. */
export function parentTold(): Promise<void> {
  return delivery;
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
