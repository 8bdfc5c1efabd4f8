import { Message as SdkMessage, Task as SdkTask, taskStateToJSON } from '@a2a-js/sdk';
import { isObject } from '../a2a/is-object';
import { noteContent, noteIds } from '../api/request-facts';
import type { RunningCall } from './running-call';

/** Notes which task and context a request, an answer or an event of the SDK is about. */
export function noteSdkMessage({ facts, span, content }: RunningCall, message: object): void {
  const { payload } = message as { payload?: { value?: unknown } };
  const value: unknown = payload?.value ?? message;
  if (!isObject(value)) return;
  noteIds(facts, { ...value, status: undefined });
  const state = isObject(value.status) ? value.status.state : undefined;
  if (typeof state === 'number') facts.state = taskStateToJSON(state);
  if (!content) return;
  if (isObject(value.message)) {
    noteContent(span, { message: SdkMessage.toJSON(value.message as unknown as SdkMessage) });
  } else if (value.messageId !== undefined) {
    noteContent(span, undefined, { message: SdkMessage.toJSON(value as unknown as SdkMessage) });
  } else if (value.artifacts !== undefined) {
    noteContent(span, undefined, { task: SdkTask.toJSON(value as unknown as SdkTask) });
  }
}
