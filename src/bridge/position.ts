/**
 * A place in the histories of a task's runs: behind update `part` of history event `eventId`. Positions come
 * only from events that stay where they are; the IDs of workflow task events may be used twice.
 */
export interface Position {
  runId: string;
  eventId: number;
  part: number;
}

/** The position as an SSE event ID. */
export function formatPosition({ runId, eventId, part }: Position): string {
  return part === 0 ? `${runId}:${eventId}` : `${runId}:${eventId}.${part}`;
}

/** Undefined when the text is not one of ours. */
export function parsePosition(text: string): Position | undefined {
  const match = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):(\d{1,9})(?:\.(\d{1,6}))?$/.exec(text);
  if (match === null) return undefined;
  const [, runId, eventId, part = '0'] = match;
  return { runId: String(runId), eventId: Number(eventId), part: Number(part) };
}

/** Whether `a` lies behind `b` in the same run. */
export function isBehind(a: Position, b: Position): boolean {
  return a.eventId > b.eventId || (a.eventId === b.eventId && a.part > b.part);
}

/** Of two places in the same run. */
export function latest(a: Position | undefined, b: Position | undefined): Position | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return isBehind(b, a) ? b : a;
}
