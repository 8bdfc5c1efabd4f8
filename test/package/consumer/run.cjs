// Serves the built-in echo agent with its worker in this process, sends it a message and prints the task.
const {
  connectTemporal,
  createA2AWorker,
  createBridge,
  defineAgents,
  readTemporalTarget,
} = require('temporal-a2a');

async function main() {
  const taskQueue = process.argv[2];
  const { client, connection, namespace } = await connectTemporal(readTemporalTarget(process.env));
  const worker = await createA2AWorker({ connection, namespace, taskQueue });
  const skills = [{ id: 'echo', name: 'Echo', description: 'Echo' }];
  const workflow = { type: 'echo', taskQueue };
  const agents = defineAgents([
    { id: 'echo', default: true, name: 'Echo', description: 'Echo', skills, workflow },
  ]);
  const bridge = await createBridge({ client, agents, eagerTaskQueues: [taskQueue] });
  await worker.runUntil(async () => {
    const { url } = await bridge.listen({ port: 0 });
    const message = { messageId: 'cjs-1', role: 'ROLE_USER', parts: [{ text: 'from cjs' }] };
    const headers = { 'A2A-Version': '1.0', 'Content-Type': 'application/json' };
    const response = await fetch(`${url}/message:send`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ message }),
    });
    process.stdout.write(await response.text());
    await bridge.close();
  });
  await connection.close();
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
