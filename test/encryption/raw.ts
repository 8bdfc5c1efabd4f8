import type { Client } from '@temporalio/client';
import type { HistoryPage } from '../../src/bridge/temporal-calls';

/** A place in what Temporal holds, and the text there as the server has it: no codec has touched it. */
export interface Stored {
  /** As in `echo.history.events.0.workflowExecutionStartedEventAttributes.input.payloads.0.data`. */
  path: string;
  text: string;
}

/**
 * All that Temporal holds of the workflows of these task queues: histories, descriptions (memo, search attributes,
 * summary and details, pending activities and their heartbeats), and what visibility lists.
 */
export async function storedIn(
  { workflowService, options }: Client,
  taskQueues: string[],
): Promise<Stored[]> {
  const { namespace } = options;
  const query = taskQueues.map((queue) => `TaskQueue = '${queue}'`).join(' OR ');
  const { executions } = await workflowService.listWorkflowExecutions({ namespace, query, pageSize: 1_000 });
  const found: Stored[] = [];
  for (const listed of executions) {
    const { execution = null, type } = listed;
    const described = await workflowService.describeWorkflowExecution({ namespace, execution });
    const read = { namespace, execution, maximumPageSize: 10_000 };
    const { history } = await (workflowService.getWorkflowExecutionHistory(read) as Promise<HistoryPage>);
    found.push(...texts({ listed, described, history }, type?.name ?? ''));
  }
  return found;
}

/** Every text and every bytes in a value, and every name in it. */
function* texts(value: unknown, path: string): Generator<Stored> {
  if (typeof value === 'string') yield { path, text: value };
  else if (value instanceof Uint8Array) yield { path, text: Buffer.from(value).toString('utf8') };
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      yield { path: `${path}.${key}`, text: key };
      yield* texts(inner, `${path}.${key}`);
    }
  }
}
