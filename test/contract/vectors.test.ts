import { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { readMessage, readUpdates } from '../../src/a2a/agent-json';
import { applyUpdate, initialTask } from '../../src/a2a/task-update';
import type { Task } from '../../src/a2a/types';
import { HistoryFold } from '../../src/bridge/history-fold';
import { TemporalCalls } from '../../src/bridge/temporal-calls';
import { readPayload, valueIn } from '../../src/contract/payload';
import { toTaskStart } from '../../src/contract/start';
import { task as taskSchema } from '../a2a/wire-schema';
import { readVectors, toHistory, toPayload, type Vector, type VectorPayload } from './vectors';

/** As the bridge makes it of the history. Beyond that it asks for the first event, and whether the run is the last. */
async function projected(vector: Vector): Promise<Task | undefined> {
  const events = toHistory(vector);
  const calls = new TemporalCalls(new Client({ connection: {} as never }));
  calls.describeRun = async () => ({ runId: 'run-1', historyLength: events.length });
  calls.readHistory = async () => ({ history: { events: events.slice(0, 1) } });
  const fold = new HistoryFold(calls, 'task-1');
  for (const event of events) await fold.step(event);
  return fold.task;
}

/** As a workflow makes it of what it is given and what it says, for its query. */
function reduced({ argument, startedAt, events }: Vector): Task | undefined {
  let task = begun(argument, startedAt);
  for (const each of events) {
    if (task === undefined) return undefined;
    const said = each.memo ?? each.argument;
    if (each.memo || each.signal === 'a2a_update') {
      task = readUpdates(said && read(said)).reduce(applyUpdate, task);
    } else if (each.signal === 'a2a_message') {
      const message = readMessage(said && read(said), 'a2a_message');
      if (message !== undefined) task = applyUpdate(task, { message });
    } else if (each.continuedAsNew) {
      task = begun(each.continuedAsNew, each.at);
    }
  }
  return task;
}

function begun(argument: VectorPayload, at: string): Task | undefined {
  const start = toTaskStart(read(argument));
  if (start === undefined) return undefined;
  return 'status' in start.task ? start.task : initialTask(start.task, start.message, at);
}

const read = (value: VectorPayload) => valueIn(readPayload(toPayload(value), defaultPayloadConverter));

/** The IDs of what the bridge says itself are its own affair. */
function shown(task: Task | undefined): unknown {
  return JSON.parse(JSON.stringify(task ?? null).replaceAll(/"run-\d:\d+"/g, '"*"'));
}

describe.each(readVectors())('%s', (_name, vector) => {
  it('is what the bridge makes of the history', async () => {
    const task = await projected(vector);
    expect(shown(task)).toEqual(vector.task);
    expect(taskSchema.parse(task)).toEqual(task);
  });

  it('is what the workflow answers', () => {
    expect(shown(reduced(vector))).toEqual(vector.query ?? null);
  });
});
