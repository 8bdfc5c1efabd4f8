import type { StreamResponse, Task } from '../../a2a/types';
import { EventsV02, type EventV02 } from '../../a2a/v0-2/to-v0-2-events';
import type { StreamEvent, TaskStream } from '../../bridge/types';

/**
 * A stream as 0.2 tells it, which ends with the event that is `final`.
 *
 * Of the events that one becomes, only the last has its position: an empty ID makes a client that is cut off between
 * them begin anew instead of missing the rest.
 */
export class StreamV02 implements TaskStream {
  private readonly told: StreamEvent[] = [];
  private ended = false;

  constructor(
    private readonly stream: TaskStream,
    private readonly events: EventsV02,
  ) {}

  async next(): Promise<IteratorResult<StreamEvent>> {
    for (;;) {
      const told = this.told.shift();
      if (told !== undefined) return { done: false, value: told };
      if (this.ended) return { done: true, value: undefined };
      const result = await this.stream.next();
      if (result.done === true) this.ended = true;
      else await this.tell(result.value);
    }
  }

  async return(): Promise<IteratorResult<StreamEvent>> {
    this.told.length = 0;
    this.ended = true;
    await this.stream.return();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private async tell({ id, response }: StreamEvent): Promise<void> {
    const told = this.events.tell(response);
    this.told.push(...toEvents(told, response, id));
    if (!told.some((event) => 'final' in event && event.final)) return;
    this.ended = true;
    await this.stream.return();
  }
}

/** The stream of a task that has ended: how it stands, and nothing after. */
export function endedStream(task: Task, clientTaskId: string): TaskStream {
  const response = { task };
  const told = toEvents(new EventsV02(clientTaskId).tell(response), response, '');
  const next = async (): Promise<IteratorResult<StreamEvent>> => {
    const value = told.shift();
    return value === undefined ? { done: true, value } : { done: false, value };
  };
  const stream: TaskStream = {
    next,
    return: async () => ({ done: true, value: undefined }),
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}

function toEvents(told: readonly EventV02[], response: StreamResponse, id: string): StreamEvent[] {
  return told.map((event, index) => ({
    id: index === told.length - 1 ? id : '',
    response,
    json: JSON.stringify(event),
  }));
}
