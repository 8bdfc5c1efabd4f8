import { asyncLocalStorage } from '@temporalio/activity';
import { maxPayloadBytes } from '../contract/limits';
import { payloadModeOf } from '../temporal/payload-mode';

/** The largest payload that the activity may hand to Temporal, in bytes of JSON. */
export function maxActivityPayload(): number {
  return maxPayloadBytes(payloadModeOf(ofActivity()));
}

/** The largest answer of a remote agent, in bytes: more than fits, since JSON may be written with a lot of space. */
export function maxRemoteAnswer(): number {
  return maxActivityPayload() + 6 * 1024 * 1024;
}

/** Undefined outside of a worker. */
function ofActivity() {
  try {
    return asyncLocalStorage.getStore()?.client.options.loadedDataConverter;
  } catch {
    return undefined;
  }
}
