import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import { MAX_WORKFLOW_TASK_BYTES, maxPayloadBytes, tooMuchAtOnce } from '../contract/limits';
import { assertPayloadFits } from '../contract/payload-limit';
import { asStored } from './command-size';
import { payloadMode } from './payload-mode';

/** What Temporal stores around a payload, in bytes, and a little more. */
const ENVELOPE_BYTES = 256;

let sent = 0;
/** The workflow task that `sent` counts: each has a longer history before it. */
let historyLength = 0;

/**
 * Counts what goes to Temporal with the end of this workflow task. Too much ends the task: Temporal would refuse
 * that end, the worker would try it again for ever, and no reader would hear why.
 * @param times how often it is sent
 * @throws ApplicationFailure, not retryable, that names what is too large, its size and the limit
 */
export function assertSendable(value: unknown, what: string, times = 1): void {
  const size = asStored(assertPayloadFits(value, what, maxPayloadBytes(payloadMode())));
  const info = workflowInfo();
  if (info.historyLength !== historyLength) {
    historyLength = info.historyLength;
    sent = 0;
  }
  const bytes = sent + times * (size + ENVELOPE_BYTES);
  if (bytes <= MAX_WORKFLOW_TASK_BYTES) {
    sent = bytes;
    return;
  }
  throw ApplicationFailure.nonRetryable(tooMuchAtOnce(what, bytes), 'A2A_PAYLOAD_TOO_LARGE');
}
