import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import { MAX_WORKFLOW_TASK_BYTES, maxPayloadBytes, tooMuchAtOnce } from '../contract/limits';
import { assertPayloadFits } from '../contract/payload-limit';
import { asStored } from './command-size';
import { payloadMode } from './payload-mode';

/** What Temporal stores around a payload, in bytes, and a little more. */
const ENVELOPE_BYTES = 256;

/** Counts bytes that the workflow sends with the end of a workflow task, anew in each. */
export class WorkflowTaskBytes {
  private sent = 0;
  /** The workflow task that `sent` counts: each has a longer history before it. */
  private historyLength = 0;

  /** What it would be with so many more. */
  with(bytes: number): number {
    const { historyLength } = workflowInfo();
    if (historyLength !== this.historyLength) {
      this.historyLength = historyLength;
      this.sent = 0;
    }
    return this.sent + bytes;
  }

  /** @param bytes what it is now, as `with` has said */
  set(bytes: number): void {
    this.sent = bytes;
  }
}

/** Each workflow has modules, and so variables, of its own. */
const sent = new WorkflowTaskBytes();

/**
 * Counts what goes to Temporal with the end of this workflow task. Too much ends the task: Temporal would refuse
 * that end, the worker would try it again for ever, and no reader would hear why.
 * @param times how often it is sent
 * @throws ApplicationFailure, not retryable, that names what is too large, its size and the limit
 */
export function assertSendable(value: unknown, what: string, times = 1): void {
  const size = asStored(assertPayloadFits(value, what, maxPayloadBytes(payloadMode())));
  const bytes = sent.with(times * (size + ENVELOPE_BYTES));
  if (bytes > MAX_WORKFLOW_TASK_BYTES) {
    throw ApplicationFailure.nonRetryable(tooMuchAtOnce(what, bytes), 'A2A_PAYLOAD_TOO_LARGE');
  }
  sent.set(bytes);
}
