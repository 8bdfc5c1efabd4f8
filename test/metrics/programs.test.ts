import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { createA2AWorker, createBridge, createMetrics, defineAgents } from '../../src';
import { message } from '../support/harness';
import { cleanUpAfterAll, connectTestTemporal, eventually, randomTaskQueue } from '../support/temporal';
import { samplesIn } from './samples';

it('a program gives its metrics to bridge and worker, and has all that they count', async () => {
  const { address } = await connectTestTemporal();
  const connection = await NativeConnection.connect({ address });
  cleanUpAfterAll(() => connection.close());
  const client = new Client({ connection });
  const taskQueue = randomTaskQueue();
  const skills = [{ id: 'x', name: 'x', description: 'x' }];
  const common = { description: 'x', skills };
  const agents = defineAgents([
    { ...common, id: 'echo', name: 'Echo', default: true, workflow: { type: 'echo', taskQueue } },
    { ...common, id: 'gone', name: 'Gone', proxy: { url: 'http://127.0.0.1:9/', taskQueue } },
  ]);
  const metrics = await createMetrics();
  const workflowBundle = { codePath: process.env.TEST_WORKFLOW_BUNDLE ?? '' };
  const worker = await createA2AWorker({
    connection,
    taskQueue,
    agents,
    metrics,
    remote: { outboundAllow: ['127.0.0.0/8'], breaker: { failures: 1 } },
    workflowBundle,
    push: { outboundAllow: ['127.0.0.0/8'], workflowBundle },
  });
  const run = worker.run();
  cleanUpAfterAll(async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await run;
  });
  const bridge = await createBridge({ client, agents, metrics });
  cleanUpAfterAll(() => bridge.close());
  const { url } = await bridge.listen({ port: 0 });
  const scrape = await metrics.listen({ port: 0 });
  cleanUpAfterAll(() => scrape.close());
  const send = (agent: string, configuration: object = {}) =>
    fetch(`${url}/a2a/${agent}/message:send`, {
      method: 'POST',
      headers: { 'A2A-Version': '1.0', 'Content-Type': 'application/json' },
      body: JSON.stringify({ message: message('x'), configuration }),
    });
  await send('echo');
  const called = await send('gone', { returnImmediately: true });
  const { task } = (await called.json()) as { task: { id: string } };
  await eventually(
    async () => {
      const samples = samplesIn(await (await fetch(`${scrape.url}/metrics`)).text());
      const of = (name: string, labels: object) => {
        const found = samples.find(
          (each) =>
            each.name === name &&
            Object.entries(labels).every(([label, value]) => each.labels[label] === value),
        );
        return found?.value;
      };
      const request = { operation: 'SendMessage', binding: 'HTTP+JSON', agent: 'echo', outcome: 'OK' };
      expect(of('a2a_request_duration_seconds_count', request)).toBe(1);
      expect(of('a2a_task_queue_pollers', { task_queue: taskQueue, type: 'workflow' })).toBeGreaterThan(0);
      expect(of('a2a_remote_breaker_open', { target: 'gone' })).toBe(1);
      expect(of('a2a_push_deliveries', {})).toBe(0);
      return true;
    },
    { timeoutMs: 60_000, intervalMs: 500 },
  );
  await client.workflow.getHandle(task.id).terminate();
}, 120_000);
