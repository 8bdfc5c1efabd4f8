import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { WorkflowStreamClient } from '@temporalio/workflow-streams/client';
import reporter from '../dist/activities/task-reporter.js';
import { nowNs } from './lib/measure.mjs';

/** Pause in ms before a tick: irregular, the same for all, so that no reader's own rhythm falls in with it. */
const pause = (n) => sleep(30 + ((n * 37) % 61));

/** The same activity three times: it tells the time that it is, in three ways. */
export const tickers = {
  reporterTick: (count) =>
    reporter.withTaskReporter(async (task) => {
      for (let n = 0; n < count; n++) {
        await pause(n);
        await task.working([{ data: { n, sentNs: nowNs() } }]);
      }
    }),

  plainTick: async (count) => {
    const { client, info } = Context.current();
    const handle = client.workflow.getHandle(info.workflowExecution.workflowId);
    for (let n = 0; n < count; n++) {
      await pause(n);
      await handle.signal('tick', { n, sentNs: nowNs() });
    }
  },

  streamsTick: async (count) => {
    const client = WorkflowStreamClient.fromWithinActivity();
    const topic = client.topic('ticks');
    for (let n = 0; n < count; n++) {
      await pause(n);
      topic.publish({ n, sentNs: nowNs() }, { forceFlush: true });
    }
    await client[Symbol.asyncDispose]();
  },
};
