import { defaultPayloadConverter, type Payload } from '@temporalio/common';

/**
 * Value of the header field `a2a_questions` of a signal `a2a_message`: IDs of the questions that were open when the
 * bridge took the message. Header fields are not encoded by codecs, so that workflow code can read them.
 */
export function writeSeenQuestions(ids: readonly string[]): Payload {
  return defaultPayloadConverter.toPayload(ids);
}

/** Undefined when there are none, or somebody else has written them. */
export function readSeenQuestions(payload: Payload | null | undefined): string[] | undefined {
  if (!payload) return undefined;
  try {
    const ids: unknown = defaultPayloadConverter.fromPayload(payload);
    return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : undefined;
  } catch {
    return undefined;
  }
}
