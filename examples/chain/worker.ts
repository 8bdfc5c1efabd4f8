import { connectTemporal, createA2AWorker, loadAgents, readTemporalTarget } from 'temporal-a2a';

/** Runs the workflow of this folder until Ctrl-C; it calls the agents of agents.yaml by their IDs. */
async function main(): Promise<void> {
  const { connection, namespace } = await connectTemporal(readTemporalTarget(process.env));
  const worker = await createA2AWorker({
    connection,
    namespace,
    taskQueue: 'welcome',
    workflowsPath: require.resolve('./workflows'),
    agents: loadAgents(process.env.AGENTS_FILE ?? 'examples/chain/agents.yaml'),
    // As OUTBOUND_ALLOW does for `npm start`: without it no agent on this machine may be called by URL.
    remote: { outboundAllow: ['127.0.0.1/32'] },
  });
  await worker.run();
  await connection.close();
}

main().catch((error: unknown) => {
  process.stderr.write(`${error}\n`);
  process.exitCode = 1;
});
