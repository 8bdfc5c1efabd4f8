import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
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

/**
 * Time in ms before which no task is not found: more than Temporal needs to say that there is none, or to give the
 * history of another's.
 */
const NOT_FOUND_MS = 50;

/** Events of the history that are read with the first one: most that have ended hold no more. */
const SHORT_HISTORY = 100;

/** Whose a task is; empty for a workflow that is no task. */
type Ownership = Pick<TaskFacts, 'agentId' | 'owner'>;

/**
 * Knows whose task is whose. A workflow that the bridge did not start for that agent and owner is no task.
 *
 * Neither what is asked of Temporal nor the time of the answer tells a caller whether a task of others exists, whose ID
 * can be computed: it is looked for as one that does not exist, whatever this node knows.
 */
export class TaskFactsCache {
  private readonly facts = new LRUCache<string, TaskFacts>({ max: REMEMBERED });
  /** Of tasks that others have asked for in vain. */
  private readonly owners = new LRUCache<string, Ownership>({ max: REMEMBERED });
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
    const caller = { agentId: call.agent.id, owner: toKeyword(call.owner) };
    const facts = this.facts.get(taskId);
    if (facts !== undefined && isSame(facts, caller)) return facts;
    const began = Date.now();
    const key = JSON.stringify([taskId, caller.agentId, caller.owner]);
    const loaded = await this.loads.run(key, () => this.load(taskId, caller));
    if (loaded !== undefined) return loaded;
    await sleep(Math.max(0, began + NOT_FOUND_MS - Date.now()));
    throw taskNotFound(taskId);
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

  /** Undefined when there is no such task for the caller. */
  private async load(taskId: string, caller: Ownership): Promise<TaskFacts | undefined> {
    const facts = this.facts.get(taskId);
    // Another call has learned them meanwhile.
    if (facts !== undefined && isSame(facts, caller)) return facts;
    const ownership = facts ?? this.owners.get(taskId);
    const isOthers = ownership !== undefined && !isSame(ownership, caller);
    try {
      const page = await this.firstPage(isOthers ? nobodysId() : taskId);
      const [first] = page.history?.events ?? [];
      return first && !isOthers ? await this.learn(taskId, caller, page, first) : undefined;
    } catch (error) {
      // Temporal refuses some IDs outright; none of them can be a task's.
      if (isGrpcError(error, GRPC.NOT_FOUND, GRPC.INVALID_ARGUMENT)) return undefined;
      throw fromTemporal(error);
    }
  }

  private async learn(
    taskId: string,
    caller: Ownership,
    page: HistoryPage,
    first: HistoryEvent,
  ): Promise<TaskFacts | undefined> {
    const ownership = ownershipOf(first);
    // Nothing of it is decoded.
    if (!isSame(ownership, caller)) {
      this.owners.set(taskId, ownership);
      return undefined;
    }
    const facts = await readTaskFacts(this.calls, taskId, first);
    if (facts === undefined) return undefined;
    this.facts.set(taskId, facts);
    // Whoever asks for facts mostly wants the task next.
    await this.known.readAhead(taskId, page);
    return facts;
  }
}

function ownershipOf(first: HistoryEvent): Ownership {
  return { agentId: readAttribute(first, 'A2aAgent') ?? '', owner: readAttribute(first, 'A2aOwner') ?? '' };
}

function isSame(a: Ownership, b: Ownership): boolean {
  return a.agentId === b.agentId && a.owner === b.owner;
}

/** ID of no workflow, of the length of a task's. */
function nobodysId(): string {
  return randomUUID();
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
