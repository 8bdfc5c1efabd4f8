import type { StreamEvent, TaskStream } from '../../bridge/types';

/** How an event is told in another version. */
export interface ToldEvent {
  data: object;
  /** Its name on an SSE stream; most have none. */
  name?: string;
}

/** The same stream, its events told otherwise; their IDs stay, so that a client can resume after any of them. */
export function mapStream(
  stream: TaskStream,
  tell: (event: StreamEvent) => ToldEvent | Promise<ToldEvent>,
): TaskStream {
  const next = async (): Promise<IteratorResult<StreamEvent>> => {
    const result = await stream.next();
    if (result.done === true) return result;
    const { id, response } = result.value;
    const { data, name } = await tell(result.value);
    return {
      done: false,
      value: { id, response, json: JSON.stringify(data), ...(name !== undefined && { name }) },
    };
  };
  const mapped: TaskStream = { next, return: () => stream.return(), [Symbol.asyncIterator]: () => mapped };
  return mapped;
}
