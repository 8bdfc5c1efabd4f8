/** An empty line, whichever way lines end; and how long that is at most. */
const END = /\r\n\r\n|\n\n|\r\r/g;
const END_LENGTH = 4;

/**
 * Cuts the text of a stream of server-sent events into its events, as the text comes
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 */
export class EventBlocks {
  /** What has come behind the last whole event, put together only at its end: a long event comes in many pieces. */
  private pieces: string[] = [];
  /** The end of that, in which an empty line may have begun. */
  private tail = '';
  /** Characters that have come behind the last whole event. */
  pending = 0;

  /** Each event that is whole with this text, without the empty line that ends it. */
  add(text: string): string[] {
    this.pieces.push(text);
    this.pending += text.length;
    const unseen = this.tail + text;
    this.tail = unseen.slice(1 - END_LENGTH);
    if (unseen.search(END) < 0) return [];
    const blocks = this.rest.split(END);
    const rest = blocks.pop() ?? '';
    this.pieces = [rest];
    this.pending = rest.length;
    this.tail = rest.slice(1 - END_LENGTH);
    return blocks;
  }

  /** The beginning of an event whose end has not come. */
  get rest(): string {
    return this.pieces.join('');
  }
}

/** The lines of one event. */
export function linesOf(block: string): string[] {
  return block.split(/\r\n|\n|\r/);
}
