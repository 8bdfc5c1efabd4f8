import { TaskQueues } from '../bridge/task-queues';
import { TemporalCalls } from '../bridge/temporal-calls';
import type { AgentConfig } from '../config/agents';
import type { TemporalConnection } from '../temporal/connection';
import { error, type Finding, ok } from './finding';

/**
 * Whether workers poll the task queues of the agents, and that of push notifications.
 * @throws a gRPC error
 */
export async function checkWorkers(
  { client }: TemporalConnection,
  agents: readonly AgentConfig[],
  pushQueue: string,
): Promise<Finding[]> {
  const calls = new TemporalCalls(client);
  try {
    const queues = new TaskQueues(calls);
    const users = new Map<string, string[]>();
    for (const { id, workflow } of agents) {
      users.set(workflow.taskQueue, [...(users.get(workflow.taskQueue) ?? []), id]);
    }
    const offersPush = agents.some(({ pushNotifications }) => pushNotifications);
    if (offersPush) users.set(pushQueue, [...(users.get(pushQueue) ?? []), 'push notifications']);
    return await Promise.all(
      [...users].map(async ([queue, waiting]) => {
        const about = `task queue ${JSON.stringify(queue)}`;
        const why = await whyUnserved(queues, queue);
        if (why === undefined) return ok(about, `workers poll it, for ${waiting.join(', ')}`);
        const remedy = 'start a worker on it: npx temporal-a2a worker, or your own for workflows of yours';
        return error(about, `${why} Waiting: ${waiting.join(', ')}`, remedy);
      }),
    );
  } finally {
    calls.availability.close();
  }
}

/** A workflow task that had waited for a minute would tell. */
async function whyUnserved(queues: TaskQueues, queue: string): Promise<string | undefined> {
  if (!(await queues.isPolled(queue))) return 'No worker polls it.';
  return queues.versionFault(queue);
}
