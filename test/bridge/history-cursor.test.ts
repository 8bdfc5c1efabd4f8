import { HistoryCursor } from '../../src/bridge/history-cursor';
import { RecentSteps } from '../../src/bridge/recent-steps';
import { ReadCache } from '../../src/bridge/read-cache';
import type { HistoryEvent } from '../../src/bridge/temporal-calls';

/** As Temporal answers while a worker is at a workflow task that was tried before: its two events are not stored. */
const EVENTS = [
  { eventId: 1, workflowExecutionStartedEventAttributes: {} },
  { eventId: 2, workflowExecutionSignaledEventAttributes: { signalName: 'other' } },
  { eventId: 3, workflowTaskScheduledEventAttributes: {} },
  { eventId: 4, workflowTaskStartedEventAttributes: {} },
] as unknown as HistoryEvent[];

it('does not count events whose IDs may be given to others', async () => {
  const recent = new RecentSteps(new ReadCache(1_000_000));
  const cursor = new HistoryCursor({ calls: {} as never, recent }, 'task');
  jest.spyOn(cursor.fold, 'step').mockResolvedValue([]);
  cursor.take({ history: { events: EVENTS } } as never);
  expect(cursor.readLength).toBe(2);
  while (cursor.waiting > 0) await cursor.step();
  expect([cursor.length, cursor.readLength]).toEqual([2, 2]);
});

it.each([
  [0, 0],
  [1_000_000, 1],
])('with a cache of %i bytes, measures each update %i times', async (maxBytes, times) => {
  let measured = 0;
  const toJSON = () => {
    measured += 1;
    return {};
  };
  const recent = new RecentSteps(new ReadCache(maxBytes));
  const cursor = new HistoryCursor({ calls: {} as never, recent }, 'task');
  const step = { sequence: 1, position: {}, update: { toJSON } };
  jest.spyOn(cursor.fold, 'step').mockResolvedValue([step as never]);
  cursor.take({ history: { events: EVENTS.slice(0, 1) } } as never);
  await cursor.step();
  expect(measured).toBe(times);
});
