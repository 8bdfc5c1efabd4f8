import { randomUUID } from 'node:crypto';
import { Client, type WorkflowHandle } from '@temporalio/client';
import { ensureNexusEndpoint } from '../../src/temporal/nexus-endpoint';
import { eventually } from '../support/eventually';
import { type Harness, type HarnessOptions, startHarness } from '../support/harness';
import type { NexusCall, NexusReport } from '../support/nexus-workflows';
import { randomTaskQueue, startTestWorker } from '../support/temporal';

export interface NexusHarness extends Harness {
  endpoint: string;
  /** The namespace of the callers. */
  namespace: string;
  /** Starts a workflow there that calls operations one after the other. */
  startCaller(calls: NexusCall[]): Promise<WorkflowHandle>;
  callAll(...calls: NexusCall[]): Promise<NexusReport[]>;
  /** One operation, and what it brings. */
  operate(operation: string, input: unknown, more?: Partial<NexusCall>): Promise<NexusReport>;
}

/** Agents that are served over Nexus, an endpoint, and a worker for callers in a namespace of their own. */
export async function startNexusHarness(options: HarnessOptions): Promise<NexusHarness> {
  const harness = await startHarness({ nexus: true, ...options });
  const { connection } = harness.temporal;
  const namespace = `callers-${randomUUID()}`;
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 } as never,
  });
  const endpoint = `a2a-${randomUUID()}`;
  await ensureNexusEndpoint(connection, {
    name: endpoint,
    namespace: 'default',
    taskQueue: harness.taskQueue,
  });
  const client = new Client({ connection, namespace });
  // A namespace is known everywhere some seconds after it was made.
  await eventually(() => client.workflow.count().then(() => true), { timeoutMs: 30_000, intervalMs: 250 });
  const { taskQueue } = await startTestWorker({ connection, namespace, taskQueue: randomTaskQueue() });
  const startCaller = (calls: NexusCall[]) =>
    client.workflow.start('nexusCaller', {
      taskQueue,
      workflowId: `caller-${randomUUID()}`,
      args: [{ endpoint, calls }],
    });
  const callAll = async (...calls: NexusCall[]) =>
    (await (await startCaller(calls)).result()) as NexusReport[];
  const operate = async (operation: string, input: unknown, more: Partial<NexusCall> = {}) => {
    const [report] = await callAll({ operation, input, ...more });
    if (report === undefined) throw new Error('the caller has reported nothing');
    return report;
  };
  return { ...harness, endpoint, namespace, startCaller, callAll, operate };
}
