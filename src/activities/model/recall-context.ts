import { Context } from '@temporalio/activity';
import type { Task } from '../../a2a/types';
import { KnownTasks } from '../../bridge/known-tasks';
import { isoTime } from '../../bridge/projection';
import { GRPC, isGrpcError, TemporalCalls } from '../../bridge/temporal-calls';
import { PerClient } from '../../temporal/per-client';
import { estimateTokens, type ModelMessage, type RecallRequest } from '../../contract/model-call';
import { modelText } from '../../contract/model-text';

/** Executions of a context that are looked at, the latest first as visibility gives them. */
const MAX_LISTED = 1_000;

/** Tasks that are read. */
const MAX_READ = 50;

/** Of the tasks that a worker remembers, so that it reads none again for the next task of their context. */
const REMEMBERED_BYTES = 16 * 1024 ** 2;

/**
 * What was said in earlier tasks of a context, oldest first, as much of the latest as the tokens allow.
 *
 * Earlier are tasks of the same agent and caller that have completed; a task leaves its messages and its artifact
 * `answer`, or all its artifacts when it has none of that name. Visibility may tell of a task a moment late.
 */
export function createRecallContext() {
  const readers = new PerClient((client) => {
    const calls = new TemporalCalls(client);
    return { calls, tasks: new KnownTasks(calls, REMEMBERED_BYTES) };
  });
  return (request: RecallRequest) => recall(request, readers.of(Context.current().client));
}

interface Reader {
  calls: TemporalCalls;
  tasks: KnownTasks;
}

async function recall(request: RecallRequest, { calls, tasks }: Reader): Promise<ModelMessage[]> {
  const context = Context.current();
  const earlier = await listEarlier(calls, request);
  const remembered: ModelMessage[][] = [];
  let left = request.tokens;
  for (const workflowId of earlier.slice(0, MAX_READ)) {
    context.heartbeat();
    const task = await readTask(tasks, workflowId);
    if (task?.status.state !== 'TASK_STATE_COMPLETED') continue;
    const messages = messagesOf(task);
    left -= estimateTokens(messages);
    if (left < 0) break;
    remembered.push(messages);
  }
  return remembered.reverse().flat();
}

async function listEarlier(calls: TemporalCalls, request: RecallRequest): Promise<string[]> {
  const { agentId, contextId, owner, taskId } = request;
  // They are values of search attributes already, which have nothing in them that a query must escape.
  if ([agentId, contextId, owner].some((value) => /['"\\]/.test(value))) return [];
  const query = `A2aContext = '${contextId}' AND A2aAgent = '${agentId}' AND A2aOwner = '${owner}' AND ExecutionStatus = 'Completed'`;
  // The client's own list would decode memos, and fail for one that it cannot read.
  const { executions } = await calls.call((service) =>
    service.listWorkflowExecutions({ namespace: calls.namespace, query, pageSize: MAX_LISTED }),
  );
  return (executions ?? [])
    .map(({ execution, closeTime }) => ({
      workflowId: execution?.workflowId ?? '',
      closedAt: isoTime(closeTime),
    }))
    .filter(({ workflowId }) => workflowId !== taskId)
    .sort((a, b) => b.closedAt.localeCompare(a.closedAt))
    .map(({ workflowId }) => workflowId);
}

async function readTask(tasks: KnownTasks, workflowId: string): Promise<Task | undefined> {
  try {
    return ((await tasks.current(workflowId)) ?? (await tasks.fold(workflowId))).task;
  } catch (error) {
    // Its retention has just ended.
    if (isGrpcError(error, GRPC.NOT_FOUND)) return undefined;
    throw error;
  }
}

function messagesOf({ history = [], artifacts = [] }: Task): ModelMessage[] {
  const said = history.map(
    ({ role, parts }): ModelMessage => ({
      role: role === 'ROLE_AGENT' ? 'assistant' : 'user',
      content: modelText(parts),
    }),
  );
  const answers = artifacts.filter(({ name }) => name === 'answer');
  const answer = modelText((answers.length > 0 ? answers : artifacts).flatMap(({ parts }) => parts));
  return answer === '' ? said : [...said, { role: 'assistant', content: answer }];
}
