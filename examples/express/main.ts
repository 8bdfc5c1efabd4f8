import { connectTemporal, createBridge, loadAgents, readTemporalTarget } from 'temporal-a2a';
import { serveWithExpress } from './server';

async function main(): Promise<void> {
  const { client, connection } = await connectTemporal(readTemporalTarget(process.env));
  const bridge = await createBridge({ client, agents: loadAgents(process.env.AGENTS_FILE ?? 'agents.yaml') });
  const { url, server } = await serveWithExpress(bridge, Number(process.env.PORT ?? 4020));
  process.stdout.write(`${bridge.agents.map(({ id }) => `${url}/agents/${id}`).join('\n')}\n`);
  const stop = async () => {
    await bridge.close();
    server.close();
    server.closeAllConnections();
    await connection.close();
  };
  // Temporal's SDK listens to both, so that neither ends the process by itself.
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error}\n`);
  process.exitCode = 1;
});
