import { randomUUID } from 'node:crypto';
import type { VersioningBehavior } from '@temporalio/common';
import type { Task } from '../../src/a2a/types';
import { createA2AWorker } from '../../src/worker/worker';
import { startReceiver, told } from '../push/receiver';
import { type Harness, message, SEALING_KEYS, startHarness, taskOf } from '../support/harness';
import { cleanUpAfterAll, eventually } from '../support/temporal';

/** A worker of one build ID of a deployment, and one for push notifications beside it. */
async function startBuild(
  harness: Harness,
  version: { deploymentName: string; buildId: string },
  defaultVersioningBehavior: VersioningBehavior,
): Promise<void> {
  const workflowBundle = { codePath: process.env.TEST_WORKFLOW_BUNDLE ?? '' };
  const worker = await createA2AWorker({
    connection: harness.temporal.connection,
    taskQueue: harness.taskQueue,
    workflowBundle,
    push: { outboundAllow: ['127.0.0.0/8'], sealingKeys: SEALING_KEYS, workflowBundle },
    workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior },
  });
  const run = worker.run();
  cleanUpAfterAll(async () => {
    worker.shutdown();
    await run;
  });
}

/** New tasks go to this build ID; possible once its workers have polled. */
async function makeCurrent(harness: Harness, version: { deploymentName: string; buildId: string }) {
  const { connection, namespace } = harness.temporal;
  await eventually(
    () =>
      connection.workflowService
        .setWorkerDeploymentCurrentVersion({ namespace, ...version, ignoreMissingTaskQueues: false })
        .then(
          () => true,
          () => false,
        ),
    { timeoutMs: 25_000 },
  );
}

/** The build IDs that have run the workflow, in order. */
async function buildsOf(harness: Harness, workflowId: string): Promise<string[]> {
  const { events } = await harness.temporal.client.workflow.getHandle(workflowId).fetchHistory();
  const builds = (events ?? []).flatMap(
    ({ workflowTaskCompletedEventAttributes: completed }) => completed?.deploymentVersion?.buildId ?? [],
  );
  return [...new Set(builds)];
}

it.each([
  ['PINNED', ['1.0'], ['2.0']],
  ['AUTO_UPGRADE', ['1.0', '2.0'], ['2.0']],
] as const)(
  'a task that is %s, and one that begins after the rollout',
  async (behavior, begunBefore, begunAfter) => {
    const harness = await startHarness({ agents: [{ id: 'interview' }], withoutWorker: true, push: true });
    const receiver = await startReceiver();
    const deploymentName = `agents-${randomUUID()}`;
    const call = harness.call('interview');
    const say = async (text: string, taskId?: string): Promise<Task> =>
      taskOf(
        await harness.bridge.sendMessage(
          {
            message: message(text, taskId === undefined ? {} : { taskId }),
            configuration: { taskPushNotificationConfig: { url: receiver.url } },
          },
          call,
        ),
      );

    await startBuild(harness, { deploymentName, buildId: '1.0' }, behavior);
    await makeCurrent(harness, { deploymentName, buildId: '1.0' });
    const before = await say('Hello');
    expect(before.status.state).toBe('TASK_STATE_INPUT_REQUIRED');

    await startBuild(harness, { deploymentName, buildId: '2.0' }, behavior);
    await makeCurrent(harness, { deploymentName, buildId: '2.0' });
    const after = await say('Hello');
    for (const { id } of [before, after]) {
      expect((await say('Ada', id)).status.state).toBe('TASK_STATE_COMPLETED');
    }
    expect(await buildsOf(harness, before.id)).toEqual(begunBefore);
    expect(await buildsOf(harness, after.id)).toEqual(begunAfter);

    await eventually(() => receiver.taken.filter((each) => told(each) === 'completed').length >= 2, {
      timeoutMs: 25_000,
    });
    // The worker for push notifications is of the same version.
    expect(await buildsOf(harness, `a2a-push:${after.id}`)).toEqual(begunAfter);
  },
  90_000,
);
