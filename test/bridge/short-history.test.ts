import { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { foldShortHistory } from '../../src/bridge/short-history';
import { type HistoryEvent, TemporalCalls } from '../../src/bridge/temporal-calls';

const task = {
  id: 'task-1',
  contextId: 'context-1',
  status: { state: 'TASK_STATE_SUBMITTED' as const, timestamp: '2026-01-01T00:00:00.000Z' },
};
const beginning = { runId: 'run-1', agentId: 'a', task };

/** No call leaves it: what is folded here is in the arguments. */
const calls = new TemporalCalls(new Client({ connection: {} as never }));

function completed(
  eventId: number,
  workflowTaskCompletedEventId: number,
  newExecutionRunId = '',
): HistoryEvent {
  return {
    eventId: eventId as never,
    eventTime: { seconds: 1_800_000_000 as never, nanos: 5_000_000 },
    workflowExecutionCompletedEventAttributes: {
      result: { payloads: [defaultPayloadConverter.toPayload({ total: 3 })] },
      workflowTaskCompletedEventId: workflowTaskCompletedEventId as never,
      newExecutionRunId,
    },
  };
}

const ended = {
  task: {
    ...task,
    status: { state: 'TASK_STATE_COMPLETED', timestamp: '2027-01-15T08:00:00.005Z' },
    artifacts: [{ artifactId: 'result', name: 'result', parts: [{ data: { total: 3 } }] }],
  },
};

describe('foldShortHistory', () => {
  test.each([5, 6])('a run that ends with event %d holds nothing else', async (eventId) => {
    expect(await foldShortHistory(calls, beginning, completed(eventId, 4))).toEqual(ended);
  });

  test.each([
    ['has room for an update', completed(7, 4)],
    ['took a second workflow task', completed(9, 8)],
    ['goes on in another run', completed(6, 4, 'run-2')],
    ['did not complete', { eventId: 6 as never, workflowExecutionFailedEventAttributes: {} }],
  ])('a run that %s has to be read', async (_, closing) => {
    expect(await foldShortHistory(calls, beginning, closing)).toBeUndefined();
  });
});
