import { randomUUID } from 'node:crypto';
import { connectTemporal, createA2AWorker, loadAgents, readTemporalTarget } from 'temporal-a2a';
import type { Receipt } from './workflows';

const TASK_QUEUE = 'orders';

/** Runs a worker, has it fulfil one order, and prints the receipt. */
async function main(): Promise<void> {
  const { client, connection, namespace } = await connectTemporal(readTemporalTarget(process.env));
  const worker = await createA2AWorker({
    connection,
    namespace,
    taskQueue: TASK_QUEUE,
    workflowsPath: require.resolve('./workflows'),
    // Those that workflows of this worker may call by their ID.
    agents: loadAgents(process.env.AGENTS_FILE ?? 'agents.yaml'),
  });
  const order = { customer: 'Ada', items: [{ sku: 'pen', quantity: 3, unitPrice: 1.5 }] };
  const receipt: Receipt = await worker.runUntil(() =>
    client.workflow.execute('fulfilOrder', {
      taskQueue: TASK_QUEUE,
      workflowId: `order-${randomUUID()}`,
      args: [order],
    }),
  );
  console.log(JSON.stringify(receipt, null, 2));
  await connection.close();
}

main().catch((error: unknown) => {
  process.stderr.write(`${error}\n`);
  process.exitCode = 1;
});
