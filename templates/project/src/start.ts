import { createBridge, loadAgents } from 'temporal-a2a';
import { openTemporal } from './temporal.js';
import { createWorker } from './worker.js';

/** Everything in one process, for development: Temporal unless TEMPORAL_ADDRESS is set, the worker and the API. */
async function main(): Promise<void> {
  const agents = loadAgents('agents.yaml');
  const temporal = await openTemporal({
    dbFile: '.data/temporal.db',
    preferredPort: 7233,
    preferredUiPort: 8233,
  });
  const worker = await createWorker(temporal, agents);
  const bridge = await createBridge({ client: temporal.client, agents });
  const { url } = await bridge.listen({ port: Number(process.env.PORT || 4000) });
  const { server } = temporal;
  if (server !== undefined) console.log(`Temporal is at ${server.address}, its UI at ${server.uiUrl}`);
  for (const { id } of agents) console.log(`The agent ${id} is at ${url}/a2a/${id}`);

  // Until Ctrl-C.
  await worker.run();
  await bridge.close();
  await temporal.close();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
