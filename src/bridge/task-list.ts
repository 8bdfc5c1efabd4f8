import { isGrpcServiceError } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { BridgeError, TaskNotFoundError } from '../a2a/errors';
import type { ListTasksRequest, ListTasksResponse, Task } from '../a2a/types';
import { CodecUnavailable } from '../temporal/codecs';
import { foldHistory } from './history';
import { limitHistory } from './history-length';
import { formatPageToken, type PageEnd, parsePageToken } from './page-token';
import { withProblem } from './problem';
import type { StuckTasks } from './stuck-tasks';
import { fromTemporal, GRPC, isGrpcError, type TemporalCalls } from './temporal-calls';
import type { CallContext } from './types';
import { type TaskFilter, type TimeWindow, visibilityQuery } from './visibility-query';
import { visibleTask } from './visible-task';

/** Tasks on a page when the client does not say. */
const DEFAULT_PAGE_SIZE = 50;

/** Executions that one window may hold: they are all read and sorted. */
const WINDOW_LIMIT = 1_000;

/**
 * Tasks at work whose histories are read to put them in order, as many as a page has. When there are more, none is: each
 * then stands where visibility has it, at the time when its state last changed.
 */
const AT_WORK_LIMIT = 50;

/** Histories read at once for one page. */
const CONCURRENT_READS = 8;

const SECOND = 1_000_000_000n;
/** Before Temporal was. */
const BEGINNING = 1_500_000_000n * SECOND;
/** Clocks of other machines may be ahead. */
const CLOCK_SKEW = 3_600n * SECOND;

type Execution = temporal.api.workflow.v1.IWorkflowExecutionInfo;

/** A task as visibility tells it: enough to put it in order. */
interface Entry {
  taskId: string;
  runId: string;
  updatedAt: bigint;
  execution: Execution;
}

/** A task at work: visibility does not hear of its reports, which leave its state as it is. */
interface AtWork extends Entry {
  /** Where visibility has it. */
  listedAt: bigint;
  task: Task;
}

/**
 * List Tasks (specification section 3.1.4), newest first.
 *
 * Temporal's list cannot be ordered, so it is read in windows of time, from now backwards: a window is made
 * narrow enough by counting to be read whole, and sorted. Tasks at work are put where their histories say.
 */
export class TaskList {
  /** @param windowLimit executions that one window may hold */
  constructor(
    private readonly calls: TemporalCalls,
    private readonly stuck: StuckTasks,
    private readonly windowLimit = WINDOW_LIMIT,
  ) {}

  /** @throws InvalidParamsError for a page token that is not ours */
  async list(request: ListTasksRequest, call: CallContext): Promise<ListTasksResponse> {
    const { contextId, status, pageSize = DEFAULT_PAGE_SIZE, pageToken, statusTimestampAfter } = request;
    const filter: TaskFilter = {
      agentId: call.agent.id,
      owner: call.owner,
      ...(contextId !== undefined && { contextId }),
      ...(status !== undefined && { status }),
    };
    const end = pageToken ? parsePageToken(pageToken, filter) : undefined;
    const earliest =
      statusTimestampAfter === undefined ? BEGINNING : maxOf(BEGINNING, nanosOf(statusTimestampAfter));
    const now = BigInt(Date.now()) * 1_000_000n + CLOCK_SKEW;
    try {
      const atWork = await this.readAtWork(filter, request, now, call);
      const [listed, entries] = await Promise.all([
        this.count(visibilityQuery(filter, { from: earliest, to: now })),
        this.page(filter, { from: earliest, to: end?.updatedAt ?? now }, end, pageSize + 1, atWork),
      ]);
      const unlisted = [...atWork.values()].filter(
        ({ listedAt, updatedAt }) => listedAt < earliest && updatedAt >= earliest,
      );
      const page = entries.slice(0, pageSize);
      const last = page.at(-1);
      const more = entries.length > pageSize && last !== undefined;
      const tasks = await inBatches(
        page,
        (entry) => atWork.get(entry.taskId)?.task ?? this.readTask(entry, request, call),
      );
      return {
        tasks: tasks.filter((task) => task !== undefined).sort(byTimestamp),
        nextPageToken: more ? formatPageToken(last, filter) : '',
        pageSize,
        totalSize: listed + unlisted.length,
      };
    } catch (error) {
      throw fromTemporal(error);
    }
  }

  /** Those that a list with this filter may hold, by ID; none when they are too many. */
  private async readAtWork(
    filter: TaskFilter,
    request: ListTasksRequest,
    now: bigint,
    call: CallContext,
  ): Promise<ReadonlyMap<string, AtWork>> {
    const status = 'TASK_STATE_WORKING';
    if (filter.status !== undefined && filter.status !== status) return new Map();
    const query = visibilityQuery({ ...filter, status });
    if ((await this.count(query)) > AT_WORK_LIMIT) return new Map();
    const found = await inBatches(await this.read(query), async (entry): Promise<AtWork[]> => {
      const task = await this.readTask(entry, request, call);
      if (task === undefined) return [];
      const reportedAt = Date.parse(task.status.timestamp ?? '');
      const at = Number.isNaN(reportedAt) ? 0n : BigInt(reportedAt) * 1_000_000n;
      const listedAt = entry.updatedAt;
      // An agent's own clock may say anything.
      return [{ ...entry, listedAt, updatedAt: at > listedAt && at <= now ? at : listedAt, task }];
    });
    return new Map(found.flat().map((each) => [each.taskId, each]));
  }

  /** The first `wanted` entries of the window behind `end`, newest first. */
  private async page(
    filter: TaskFilter,
    window: TimeWindow,
    end: PageEnd | undefined,
    wanted: number,
    atWork: ReadonlyMap<string, AtWork>,
  ): Promise<Entry[]> {
    const entries: Entry[] = [];
    let { to } = window;
    let width = to - window.from;
    while (to >= window.from && entries.length < wanted) {
      const from = await this.narrow(filter, { from: maxOf(window.from, to - width), to }, wanted);
      const found = await this.read(visibilityQuery(filter, { from, to }));
      const listed = found.filter(({ taskId }) => !atWork.has(taskId));
      const isWanted = ({ updatedAt, taskId }: Entry) =>
        updatedAt >= from &&
        updatedAt <= to &&
        (end === undefined || compare({ updatedAt, taskId }, end) > 0);
      entries.push(...[...listed, ...atWork.values()].filter(isWanted).sort(compare));
      width = (to - from) * 4n + 1n;
      to = from - 1n;
    }
    return entries;
  }

  /** The start of a window that is no wider than asked and holds few enough entries to be read whole. */
  private async narrow(filter: TaskFilter, { from, to }: TimeWindow, wanted: number): Promise<bigint> {
    const limit = Math.max(this.windowLimit, 2 * wanted);
    let start = from;
    // A millisecond that holds more than the limit is read all the same.
    while (to - start > 1_000_000n) {
      const count = await this.count(visibilityQuery(filter, { from: start, to }));
      if (count <= limit) break;
      start = to - (to - start) / BigInt(Math.min(Math.max(2, Math.ceil(count / limit)), 1_000));
    }
    return start;
  }

  private async count(query: string): Promise<number> {
    const { calls } = this;
    const { count } = await calls.call((service) =>
      service.countWorkflowExecutions({ namespace: calls.namespace, query }),
    );
    return Number(count ?? 0);
  }

  private async read(query: string): Promise<Entry[]> {
    const { calls } = this;
    const entries = new Map<string, Entry>();
    let nextPageToken: Uint8Array | undefined;
    do {
      const page = await calls.call((service) =>
        service.listWorkflowExecutions({
          namespace: calls.namespace,
          query,
          pageSize: 1_000,
          ...(nextPageToken !== undefined && { nextPageToken }),
        }),
      );
      for (const info of page.executions ?? []) {
        const { execution, closeTime, searchAttributes } = info;
        const taskId = execution?.workflowId ?? '';
        const updatedAt = closeTime
          ? BigInt(Number(closeTime.seconds ?? 0)) * SECOND + BigInt(closeTime.nanos ?? 0)
          : readTime(searchAttributes?.indexedFields?.A2aUpdatedAt?.data);
        const entry = { taskId, runId: execution?.runId ?? '', updatedAt, execution: info };
        const other = entries.get(taskId);
        if (other === undefined || compare(entry, other) < 0) entries.set(taskId, entry);
      }
      nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
    } while (nextPageToken !== undefined);
    return [...entries.values()];
  }

  private async readTask(
    entry: Entry,
    { contextId, status, historyLength, includeArtifacts }: ListTasksRequest,
    call: CallContext,
  ): Promise<Task | undefined> {
    try {
      const fold = await foldHistory(this.calls, { workflowId: entry.taskId });
      const { task, position, followsAnother } = fold;
      // A run that was retried is listed beside the one that counts; a state may have changed by now.
      if (task === undefined || (status !== undefined && task.status.state !== status)) return undefined;
      if (contextId !== undefined && task.contextId !== contextId) return undefined;
      if (followsAnother && position?.runId !== entry.runId) return undefined;
      const problem = await this.stuck.problemOf(fold, call.agent.id);
      const shown = problem === undefined ? task : withProblem(task, problem);
      const { artifacts, ...rest } = limitHistory(shown, historyLength);
      return includeArtifacts === true ? { ...rest, artifacts: artifacts ?? [] } : rest;
    } catch (error) {
      // Its retention has just ended.
      if (isGrpcError(error, GRPC.NOT_FOUND)) return undefined;
      if (error instanceof TaskNotFoundError) return undefined;
      const isTemporals = isGrpcServiceError(error) || error instanceof BridgeError;
      if (isTemporals && !(error instanceof CodecUnavailable)) throw error;
      // A codec is down, or something is wrong with this very task: that is no reason to show none.
      this.calls.reports.listed(entry.taskId, error);
      return visibleTask(entry.execution);
    }
  }
}

async function inBatches<T, R>(all: readonly T[], read: (one: T) => R | Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let index = 0; index < all.length; index += CONCURRENT_READS) {
    results.push(...(await Promise.all(all.slice(index, index + CONCURRENT_READS).map(read))));
  }
  return results;
}

/** Newest first; the same instant by ID. */
function compare(a: PageEnd, b: PageEnd): number {
  if (a.updatedAt !== b.updatedAt) return a.updatedAt > b.updatedAt ? -1 : 1;
  return a.taskId < b.taskId ? -1 : a.taskId > b.taskId ? 1 : 0;
}

/** Within a page, what the histories say counts: it is newer than visibility. */
function byTimestamp(a: Task, b: Task): number {
  return (b.status.timestamp ?? '').localeCompare(a.status.timestamp ?? '');
}

function maxOf(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function nanosOf(timestamp: string): bigint {
  return BigInt(Date.parse(timestamp)) * 1_000_000n;
}

/** A Datetime search attribute: an ISO 8601 text in JSON, to the nanosecond. */
function readTime(data: Uint8Array | null | undefined): bigint {
  const text = data?.length ? String(JSON.parse(Buffer.from(data).toString('utf8'))) : '';
  const match = /^(.*?)(?:\.(\d+))?Z$/.exec(text);
  if (match === null) return 0n;
  const [, seconds, fraction = ''] = match;
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}
