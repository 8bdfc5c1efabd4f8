import { connectTemporal, createBridge, loadAgents, readTemporalTarget } from 'temporal-a2a';
import { serveWithExpress } from './server';

async function main(): Promise<void> {
  const { client, connection } = await connectTemporal(readTemporalTarget(process.env));
  const bridge = await createBridge({ client, agents: loadAgents(process.env.AGENTS_FILE ?? 'agents.yaml') });
  const { url, server } = await serveWithExpress(bridge, Number(process.env.PORT ?? 4020));
  process.stdout.write(`${bridge.agents.map(({ id }) => `${url}/agents/${id}`).join('\n')}\n`);
  process.once('SIGINT', async () => {
    await bridge.close();
    server.close();
    server.closeAllConnections();
    await connection.close();
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error}\n`);
  process.exitCode = 1;
});
