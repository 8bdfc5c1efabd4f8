import { fileURLToPath } from 'node:url';
import { type AgentConfig, createA2AWorker, type TemporalConnection } from 'temporal-a2a';
import * as activities from './activities.js';

/** Runs the workflows and activities of this project. With `agents`, workflows may call each of them by its ID. */
export function createWorker({ connection, namespace }: TemporalConnection, agents: AgentConfig[]) {
  return createA2AWorker({
    connection,
    namespace,
    taskQueue: 'greeter',
    workflowsPath: fileURLToPath(new URL('./workflows.js', import.meta.url)),
    activities,
    agents,
  });
}
