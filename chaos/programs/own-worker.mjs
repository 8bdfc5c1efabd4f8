// A worker of the agents in a file of workflows, as users write one.
//   node own-worker.mjs WORKFLOWS TASK_QUEUE [BUILD_ID]   at TEMPORAL_ADDRESS; with a build ID its tasks are pinned
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

const require = createRequire(import.meta.url);
const { Context } = require('@temporalio/activity');
const { NativeConnection } = require('@temporalio/worker');
const { createA2AWorker } = require('../../dist/index.js');
const { withTaskReporter } = require('../../dist/activity.js');

/** Between two updates, in ms. */
const PAUSE_MS = 2;

const [workflowsPath, taskQueue, buildId] = process.argv.slice(2);

const activities = {
  /** Says each number behind `from`, up to `to`. */
  async count(from, to) {
    await withTaskReporter(async (reporter) => {
      for (let number = from + 1; number <= to; number++) {
        const { replaying } = reporter;
        await reporter.working(String(number));
        Context.current().heartbeat();
        if (!replaying) await sleep(PAUSE_MS);
      }
    });
  },
};

const connection = await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS });
const worker = await createA2AWorker({
  ...{ connection, taskQueue, workflowsPath, activities },
  ...(buildId && {
    workerDeploymentOptions: {
      version: { deploymentName: 'chaos', buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'PINNED',
    },
  }),
});
const running = worker.run();
process.stderr.write('worker is ready\n');
// However its parent ends.
process.stdin.on('end', () => process.exit()).resume();
await running;
process.exit();
