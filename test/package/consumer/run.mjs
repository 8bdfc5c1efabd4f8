// Runs the greeter of this project with its own worker, holds a conversation and prints the task.
import { fileURLToPath } from 'node:url';
import { connectTemporal, createA2AWorker, createBridge, loadAgents, readTemporalTarget } from 'temporal-a2a';
import { textOf, toParts } from 'temporal-a2a/workflow';
import * as activities from './greeter/lib/activities.js';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const { client, connection, namespace } = await connectTemporal(readTemporalTarget(process.env));
const worker = await createA2AWorker({
  connection,
  namespace,
  taskQueue: process.argv[2],
  workflowsPath: file('greeter/lib/workflows.js'),
  activities,
});
const [greeter] = loadAgents(file('greeter/agents.yaml'));
const agent = { ...greeter, workflow: { ...greeter.workflow, taskQueue: process.argv[2] } };
const bridge = await createBridge({ client, agents: [agent] });
await worker.runUntil(async () => {
  const call = { agent, owner: 'anna' };
  const say = (messageId, text, taskId) => {
    const message = { messageId, role: 'ROLE_USER', parts: toParts(text), ...(taskId && { taskId }) };
    return bridge.operations.sendMessage({ message }, call);
  };
  const { task: asked } = await say('esm-1', 'Hello!');
  process.stderr.write(`${textOf(asked.status.message)}\n`);
  const { task } = await say('esm-2', 'Ada', asked.id);
  process.stdout.write(JSON.stringify({ task }));
});
await bridge.close();
await connection.close();
