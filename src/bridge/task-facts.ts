import { LRUCache } from 'lru-cache';
import { DIALECT_MEMO } from '../contract/contract';
import { fromKeyword, toKeyword } from '../contract/keyword';
import { valueIn } from '../contract/payload';
import type { KnownTasks } from './known-tasks';
import { SharedCalls } from './shared-calls';
import { taskNotFound } from './task-not-found';
import { readAttribute, readTaskStart } from './task-start';
import {
  fromTemporal,
  GRPC,
  type HistoryEvent,
  type HistoryPage,
  isGrpcError,
  type TemporalCalls,
} from './temporal-calls';
import type { CallContext } from './types';

/** What never changes about a task. */
export interface TaskFacts {
  agentId: string;
  /** As its search attribute holds it. */
  owner: string;
  contextId: string;
  /** A plain workflow takes no further messages and answers no query. */
  plain: boolean;
  taskQueue: string;
  /** See {@link CallContext.dialect}. */
  dialect?: string;
  /** Its workflow has been seen closed, so that a query would be in vain. */
  closed?: boolean;
}

/** Tasks whose facts one node remembers; about 300 bytes each. */
const REMEMBERED = 50_000;

/** Events of the history that are read with the first one: most that have ended hold no more. */
const SHORT_HISTORY = 100;

/** Knows whose task is whose. A workflow that the bridge did not start for that agent and owner is no task. */
export class TaskFactsCache {
  private readonly facts = new LRUCache<string, TaskFacts>({ max: REMEMBERED });
  private readonly loads = new SharedCalls<TaskFacts | undefined>();

  constructor(
    private readonly calls: TemporalCalls,
    private readonly known: KnownTasks,
  ) {}

  forget(taskId: string): void {
    this.facts.delete(taskId);
  }

  remember(taskId: string, facts: TaskFacts): void {
    this.facts.set(taskId, facts);
  }

  /** @throws TaskNotFoundError when there is no such task for this agent and owner */
  async require(taskId: string, call: CallContext): Promise<TaskFacts> {
    const learned = () => this.facts.get(taskId);
    const facts = learned() ?? (await this.loads.run(taskId, async () => learned() ?? this.load(taskId)));
    if (facts?.agentId !== call.agent.id || facts.owner !== toKeyword(call.owner)) throw taskNotFound(taskId);
    return facts;
  }

  private async firstPage(taskId: string): Promise<HistoryPage> {
    const { calls } = this;
    try {
      return await calls.readNewHistory({ workflowId: taskId }, undefined, SHORT_HISTORY);
    } catch (error) {
      if (isGrpcError(error, GRPC.NOT_FOUND, GRPC.INVALID_ARGUMENT) || calls.availability.isAway) throw error;
      // Temporal has no long poll to spare; a Connection repeats what is refused, up to the time limit.
      return calls.readHistory({ workflowId: taskId }, undefined, SHORT_HISTORY);
    }
  }

  private async load(taskId: string): Promise<TaskFacts | undefined> {
    try {
      const page = await this.firstPage(taskId);
      const [first] = page.history?.events ?? [];
      const facts = first && (await readTaskFacts(this.calls, taskId, first));
      if (facts === undefined) return undefined;
      this.facts.set(taskId, facts);
      // Whoever asks for facts mostly wants the task next.
      await this.known.readAhead(taskId, page);
      return facts;
    } catch (error) {
      // Temporal refuses some IDs outright; none of them can be a task's.
      if (isGrpcError(error, GRPC.NOT_FOUND, GRPC.INVALID_ARGUMENT)) return undefined;
      throw fromTemporal(error);
    }
  }
}

/** What a task's first event tells; undefined when its workflow is no task of the bridge. */
export async function readTaskFacts(
  { payloads }: Pick<TemporalCalls, 'payloads'>,
  taskId: string,
  event: HistoryEvent,
): Promise<TaskFacts | undefined> {
  const started = event.workflowExecutionStartedEventAttributes;
  const agentId = readAttribute(event, 'A2aAgent');
  const owner = readAttribute(event, 'A2aOwner');
  const contextId = readAttribute(event, 'A2aContext');
  if (agentId === undefined || owner === undefined || contextId === undefined) return undefined;
  const start = await readTaskStart(payloads, taskId, event);
  const dialect = valueIn(await payloads.read(started?.memo?.fields?.[DIALECT_MEMO], taskId));
  return {
    agentId,
    owner,
    contextId: start.kind === 'value' ? start.start.task.contextId : fromKeyword(contextId),
    plain: start.kind === 'absent' || start.plain,
    taskQueue: started?.taskQueue?.name ?? '',
    ...(typeof dialect === 'string' && { dialect }),
  };
}
