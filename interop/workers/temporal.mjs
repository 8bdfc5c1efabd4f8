// What operators do to workflows, behind the bridge's back.
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { eventually } from './eventually.mjs';

const require = createRequire(import.meta.url);
const { Client, Connection } = require('@temporalio/client');
const { temporal } = require('@temporalio/proto');

const { EventType, ResetReapplyType, TaskQueueType } = temporal.api.enums.v1;
const namespace = 'default';

/** Fields whose payloads no codec encodes. */
const IN_CLEAR = ['searchAttributes', 'header'];

export class Operator {
  static async connect(address) {
    return new Operator(await Connection.connect({ address }));
  }

  constructor(connection) {
    this.connection = connection;
    this.client = new Client({ connection, namespace });
    this.service = connection.workflowService;
  }

  close() {
    return this.connection.close();
  }

  handle(workflowId) {
    return this.client.workflow.getHandle(workflowId);
  }

  terminate(workflowId, reason) {
    return this.handle(workflowId).terminate(reason);
  }

  /** Ends what a case has left; does nothing to what has ended. */
  async tidyUp(workflowId) {
    if (workflowId !== undefined) await this.terminate(workflowId, 'the case is over').catch(() => {});
  }

  delete(workflowId) {
    return this.service.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } });
  }

  async pause(workflowId, reason) {
    const identity = 'an operator';
    await this.service.pauseWorkflowExecution({
      namespace,
      workflowId,
      identity,
      reason,
      requestId: randomUUID(),
    });
  }

  async unpause(workflowId) {
    const identity = 'an operator';
    await this.service.unpauseWorkflowExecution({ namespace, workflowId, identity, requestId: randomUUID() });
  }

  /**
   * Resets the workflow, as `temporal workflow reset` does.
   * @param pick of the IDs of all completed workflow tasks, the one to go back to
   * @returns the run that goes on
   */
  async reset(workflowId, pick = (tasks) => tasks.at(0)) {
    const handle = this.handle(workflowId);
    // handle.describe() would decode the memo, which may be in a codec.
    const { workflowExecutionInfo } = await this.service.describeWorkflowExecution({
      namespace,
      execution: { workflowId },
    });
    const { runId } = workflowExecutionInfo.execution;
    const { events } = await handle.fetchHistory();
    const tasks = events
      .filter(({ eventType }) => eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED)
      .map(({ eventId }) => eventId);
    const answer = await this.service.resetWorkflowExecution({
      namespace,
      workflowExecution: { workflowId, runId },
      workflowTaskFinishEventId: pick(tasks),
      resetReapplyType: ResetReapplyType.RESET_REAPPLY_TYPE_ALL_ELIGIBLE,
      reason: 'a reset',
      requestId: randomUUID(),
    });
    return answer.runId;
  }

  /** A Nexus endpoint of the name of the task queue that it leads to. */
  async createEndpoint(taskQueue) {
    const target = { worker: { namespace, taskQueue } };
    await this.connection.operatorService.createNexusEndpoint({ spec: { name: taskQueue, target } });
  }

  /** The encodings of the payloads in the history, but for what Temporal or workflow code has to read. */
  async encodings(workflowId) {
    const { events } = await this.handle(workflowId).fetchHistory();
    return [...new Set(events.flatMap((event) => encodingsIn(event)))];
  }

  /** Fails until a worker has completed a workflow task. */
  async begun(workflowId) {
    const { events } = await this.handle(workflowId).fetchHistory();
    const completed = ({ eventType }) => eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED;
    if (!events.some(completed)) throw new Error('no workflow task is completed');
  }

  /** Whether a worker polls the task queue for workflows. */
  async polled(name) {
    const { pollers } = await this.#taskQueue(name);
    return pollers.length > 0;
  }

  /**
   * Makes a build of a worker the one that new workflows go to, once its worker is there, and waits until the task queue
   * knows of it.
   * @param deploymentName also the name of the task queue
   */
  async setCurrentBuild(deploymentName, buildId) {
    await eventually(() =>
      this.service.setWorkerDeploymentCurrentVersion({
        namespace,
        deploymentName,
        buildId,
        identity: 'an operator',
      }),
    );
    await eventually(async () => {
      const { versioningInfo } = await this.#taskQueue(deploymentName);
      const { buildId: current } = versioningInfo?.currentDeploymentVersion ?? {};
      if (current !== buildId) throw new Error(`the task queue goes to build ${current}`);
    });
  }

  #taskQueue(name) {
    return this.service.describeTaskQueue({
      namespace,
      taskQueue: { name },
      taskQueueType: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    });
  }
}

function encodingsIn(value) {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  const encoding = value.metadata?.encoding;
  if (encoding instanceof Uint8Array) return [Buffer.from(encoding).toString()];
  return Object.entries(value).flatMap(([name, each]) => (IN_CLEAR.includes(name) ? [] : encodingsIn(each)));
}
