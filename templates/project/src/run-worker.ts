import { connectTemporal, loadAgents, readTemporalTarget } from 'temporal-a2a';
import { createWorker } from './worker.js';

/** The worker alone, for the Temporal server that TEMPORAL_ADDRESS names; any number of them may run. */
async function main(): Promise<void> {
  const temporal = await connectTemporal(readTemporalTarget(process.env));
  const worker = await createWorker(temporal, loadAgents('agents.yaml'));
  await worker.run();
  await temporal.connection.close();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
