import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { isObject } from '../../a2a/is-object';
import { msOf } from '../../bridge/projection';
import {
  type ExecutionRef,
  GRPC,
  type HistoryEvent,
  isGrpcError,
  TemporalCalls,
} from '../../bridge/temporal-calls';
import type { LocalContext } from '../../contract/agent-call';

type Execution = temporal.api.workflow.v1.IWorkflowExecutionInfo;

/** Executions of a context that are listed, and those whose histories are read. */
const MAX_LISTED = 100;
const MAX_READ = 20;

/** Events of a history that are read, from its end on: an answer stands near it. */
const PAGE = 100;
const MAX_PAGES = 5;

/** The workflow type that calls agents for workflows in other languages. */
const CALL_WORKFLOW = 'a2aCall';

/**
 * The context that an agent has given to the latest call of it in a context of this bridge, as the histories of its
 * tasks tell. Visibility may tell of a task a moment late.
 * @param agent see `agentKey`
 * @param runId the run that asks, which knows its own calls
 */
export async function findAgentContext(
  client: Client,
  { contextId, owner }: LocalContext,
  agent: string,
  runId: string | undefined,
): Promise<string | undefined> {
  const calls = new TemporalCalls(client);
  const listed = await listTasks(calls, contextId, owner);
  const earlier = listed.filter((execution) => execution.runId !== runId);
  for (const execution of earlier.slice(0, MAX_READ)) {
    const found = await readContext(calls, execution, agent);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The latest first. */
async function listTasks(
  calls: TemporalCalls,
  contextId: string,
  owner: string,
): Promise<Required<ExecutionRef>[]> {
  // They are values of search attributes already, which have nothing in them that a query must escape.
  if ([contextId, owner].some((value) => /['"\\]/.test(value))) return [];
  const query = `A2aContext = '${contextId}' AND A2aOwner = '${owner}'`;
  // The SDK's list would decode the memo of each, and get it from external storage.
  const { executions } = await calls.call((service) =>
    service.listWorkflowExecutions({ namespace: calls.namespace, query, pageSize: MAX_LISTED }),
  );
  const end = ({ closeTime }: Execution) => (closeTime ? msOf(closeTime) : Number.POSITIVE_INFINITY);
  const start = ({ startTime }: Execution) => (startTime ? msOf(startTime) : 0);
  return (
    executions
      // Infinity less Infinity is no order.
      .sort((a, b) => (end(a) === end(b) ? start(b) - start(a) : end(b) - end(a)))
      .map(({ execution }) => ({ workflowId: execution?.workflowId ?? '', runId: execution?.runId ?? '' }))
  );
}

async function readContext(
  calls: TemporalCalls,
  { workflowId, runId }: ExecutionRef,
  agent: string,
): Promise<string | undefined> {
  const execution = { workflowId, ...(runId !== undefined && { runId }) };
  let nextPageToken: Uint8Array | undefined;
  try {
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const page = await calls.call((service) =>
        service.getWorkflowExecutionHistoryReverse({
          namespace: calls.namespace,
          execution,
          maximumPageSize: PAGE,
          ...(nextPageToken !== undefined && { nextPageToken }),
        }),
      );
      for (const event of page.history?.events ?? []) {
        const found = await contextIn(calls, event, workflowId, agent);
        if (found !== undefined) return found;
      }
      nextPageToken = page.nextPageToken ?? undefined;
      if (nextPageToken === undefined || nextPageToken.length === 0) break;
    }
    return undefined;
  } catch (error) {
    // Its retention has just ended.
    if (isGrpcError(error, GRPC.NOT_FOUND)) return undefined;
    throw error;
  }
}

async function contextIn(
  calls: TemporalCalls,
  event: HistoryEvent,
  workflowId: string,
  agent: string,
): Promise<string | undefined> {
  const child = event.childWorkflowExecutionCompletedEventAttributes;
  if (child?.workflowType?.name === CALL_WORKFLOW) {
    const { workflowId: id = '', runId } = child.workflowExecution ?? {};
    return readContext(calls, { workflowId: id ?? '', ...(runId && { runId }) }, agent);
  }
  const payload = event.activityTaskCompletedEventAttributes?.result?.payloads?.[0];
  const result = payload && (await calls.payloads.read(payload, workflowId));
  if (result?.kind !== 'value' || !isObject(result.value)) return undefined;
  const { context } = result.value;
  if (!isObject(context) || context.agent !== agent || typeof context.contextId !== 'string')
    return undefined;
  return context.contextId;
}
