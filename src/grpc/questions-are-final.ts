/** A StreamResponse of 0.3 as the SDK's service writes it, as far as it matters here. */
interface Event {
  payload?: { $case: string; value: { status?: { state: number }; final: boolean } };
}

/** TASK_STATE_INPUT_REQUIRED in the proto file of 0.3. */
const INPUT_REQUIRED = 6;

/**
 * The stream of a send ends when the agent asks, and in 0.3 the last event of a stream says `final`. The SDK says so
 * of the end of a task alone.
 */
export function questionsAreFinal(event: unknown): unknown {
  const { payload } = event as Event;
  if (payload?.$case !== 'statusUpdate' || payload.value.status?.state !== INPUT_REQUIRED) return event;
  return { ...(event as Event), payload: { ...payload, value: { ...payload.value, final: true } } };
}
