import { LRUCache } from 'lru-cache';
import { isTerminal } from '../a2a/task-update';
import type { ListTasksRequest, ListTasksResponse, Task } from '../a2a/types';
import { isPlain } from '../contract/agent-call';
import { ClosedRuns, isDoubtful, mayHaveFailed, type RunEnd } from './closed-runs';
import { ListedTasks, type ListedTasksOptions } from './listed-task';
import { formatPageToken, type PageEnd, parsePageToken } from './page-token';
import { fromTemporal } from './temporal-calls';
import type { CallContext } from './types';
import { compare, type Entry, Visibility } from './visibility';
import { looksAtResults, type TaskFilter, type TimeWindow, visibilityQuery } from './visibility-query';
import { visibleState } from './visible-task';

/** Tasks on a page when the client does not say. */
const DEFAULT_PAGE_SIZE = 50;

/** Executions that one window may hold: they are all read and sorted. */
const WINDOW_LIMIT = 1_000;

/**
 * Tasks at work whose histories are read to put them in order, as many as a page has. When there are more, none is: each
 * then stands where visibility has it, at the time when its state last changed.
 */
const AT_WORK_LIMIT = 50;

/** Closed runs of each kind, the newest, whose closing events decide whether they count; of others visibility is believed. */
const DOUBT_LIMIT = 200;

/** Superseded runs of one agent and owner that a node remembers. */
const SUPERSEDED_LIMIT = 100;

/** Histories read at once for one page. */
const CONCURRENT_READS = 8;

/** Before Temporal was, in nanoseconds since 1970. */
const BEGINNING = 1_500_000_000_000_000_000n;
/** Clocks of other machines may be ahead. */
const CLOCK_SKEW = 3_600_000_000_000n;

/** A task at work: visibility does not hear of its reports, which leave its state as it is. */
interface AtWork extends Entry {
  /** Where visibility has it. */
  listedAt: bigint;
  task: Task;
}

export interface TaskListLimits {
  /** See {@link WINDOW_LIMIT}. */
  windowLimit?: number;
  /** See {@link DOUBT_LIMIT}. */
  doubtLimit?: number;
}

/** One call of List Tasks. */
interface Listing {
  request: ListTasksRequest;
  call: CallContext;
  filter: TaskFilter;
  window: TimeWindow;
  /** The page before, if there is one. */
  end: PageEnd | undefined;
  pageSize: number;
  /** By task ID. */
  atWork: ReadonlyMap<string, AtWork>;
  /** Results of completed workflows that were read to find tasks in the filter's state. */
  results: number;
}

/**
 * List Tasks (specification section 3.1.4), newest first.
 *
 * Temporal's list cannot be ordered, so it is read in windows of time, from now backwards: a window is made
 * narrow enough by counting to be read whole, and sorted. Tasks at work are put where their histories say.
 *
 * Temporal lists runs, and a task may have several: by a retry, a schedule or a reset. The latest one counts; what
 * shows that a run is not the latest are its closing event, another run of the task in the window, or the history.
 */
export class TaskList {
  private readonly visibility: Visibility;
  private readonly tasks: ListedTasks;
  private readonly closed: ClosedRuns;
  /** Run IDs, by agent and owner. */
  private readonly superseded = new LRUCache<string, Set<string>>({ max: 1_000 });

  private readonly windowLimit: number;
  private readonly doubtLimit: number;

  constructor({ calls, ...options }: Omit<ListedTasksOptions, 'visibility'>, limits: TaskListLimits = {}) {
    this.windowLimit = limits.windowLimit ?? WINDOW_LIMIT;
    this.doubtLimit = limits.doubtLimit ?? DOUBT_LIMIT;
    this.visibility = new Visibility(calls);
    this.tasks = new ListedTasks({ calls, ...options, visibility: this.visibility });
    this.closed = new ClosedRuns(calls);
  }

  /** @throws InvalidParamsError for a page token that is not ours */
  async list(request: ListTasksRequest, call: CallContext): Promise<ListTasksResponse> {
    const { contextId, status, pageSize = DEFAULT_PAGE_SIZE, pageToken, statusTimestampAfter } = request;
    const filter: TaskFilter = {
      agentId: call.agent.id,
      owner: call.owner,
      plain: isPlain(call.agent.workflow),
      retried: call.agent.workflow.retry !== undefined,
      ...(contextId !== undefined && { contextId }),
      ...(status !== undefined && { status }),
    };
    const end = pageToken ? parsePageToken(pageToken, filter) : undefined;
    const from =
      statusTimestampAfter === undefined ? BEGINNING : maxOf(BEGINNING, nanosOf(statusTimestampAfter));
    const window = { from, to: BigInt(Date.now()) * 1_000_000n + CLOCK_SKEW };
    try {
      const atWork = await this.readAtWork(request, call, filter, window);
      const listing: Listing = { request, call, filter, window, end, pageSize, atWork, results: 0 };
      const { tasks, last } = await this.page(listing);
      return {
        tasks: tasks.sort(byTimestamp),
        nextPageToken: last === undefined ? '' : formatPageToken(last, filter),
        pageSize,
        totalSize: await this.total(listing),
      };
    } catch (error) {
      throw fromTemporal(error);
    }
  }

  /** Those that the list may hold; none when they are too many. */
  private async readAtWork(
    request: ListTasksRequest,
    call: CallContext,
    filter: TaskFilter,
    window: TimeWindow,
  ): Promise<Map<string, AtWork>> {
    const { status } = filter;
    if (status !== undefined && isTerminal(status)) return new Map();
    const working = visibilityQuery({ ...filter, status: 'TASK_STATE_WORKING' });
    const { status: _, ...anyState } = filter;
    const queries = [
      ...(status === undefined || status === 'TASK_STATE_WORKING' ? [working] : []),
      ...(status === undefined || filter.plain ? [] : [visibilityQuery(anyState, undefined, 'silent')]),
    ];
    const found = await Promise.all(
      queries.map(async (query) =>
        (await this.visibility.count(query)) > AT_WORK_LIMIT ? [] : this.visibility.read(query, filter),
      ),
    );
    const { status: __, ...inAnyState } = request;
    const read = await inBatches(found.flat(), async (entry): Promise<AtWork[]> => {
      const task = await this.tasks.read(entry, inAnyState, call);
      if (typeof task !== 'object') return [];
      const reportedAt = Date.parse(task.status.timestamp ?? '');
      const at = Number.isNaN(reportedAt) ? 0n : BigInt(reportedAt) * 1_000_000n;
      const listedAt = entry.updatedAt;
      // An agent's own clock may say anything.
      return [{ ...entry, listedAt, updatedAt: at > listedAt && at <= window.to ? at : listedAt, task }];
    });
    return new Map(read.flat().map((each) => [each.taskId, each]));
  }

  /** The tasks of the page, and where it ends when there may be more. */
  private async page(listing: Listing): Promise<{ tasks: Task[]; last?: PageEnd }> {
    const { pageSize, atWork, request, call, window } = listing;
    const tasks: Task[] = [];
    let last: PageEnd | undefined;
    for await (const { entries, from } of this.windows(listing)) {
      for (let index = 0; index < entries.length; ) {
        if (tasks.length >= pageSize) return { tasks, ...(last && { last }) };
        const batch = entries.slice(index, index + pageSize - tasks.length);
        index += batch.length;
        last = batch.at(-1);
        const read = await inBatches(
          batch,
          (entry) => atWork.get(entry.taskId)?.task ?? this.tasks.read(entry, request, call),
        );
        for (const [at, task] of read.entries()) {
          if (typeof task === 'object') tasks.push(task);
          else if (task === 'superseded') this.note(listing.filter, batch[at]);
        }
      }
      // Few of many completed workflows may be what is sought: the page ends before the search does.
      if (listing.results >= this.windowLimit && from > window.from) {
        return { tasks, last: { updatedAt: from - 1n, taskId: ' ' } };
      }
    }
    return { tasks };
  }

  /** The entries behind the page before, window by window, newest first. */
  private async *windows(listing: Listing): AsyncGenerator<{ entries: Entry[]; from: bigint }> {
    const { filter, window, end, pageSize, atWork } = listing;
    let to = end?.updatedAt ?? window.to;
    let width = to - window.from;
    while (to >= window.from) {
      const from = await this.narrow(filter, { from: maxOf(window.from, to - width), to }, pageSize + 1);
      const found = await this.visibility.read(visibilityQuery(filter, { from, to }, 'possible'), filter);
      const listed = await this.counting(listing, found);
      const all = [
        ...listed.filter(({ taskId }) => !atWork.has(taskId)),
        ...[...atWork.values()].filter(({ task }) => isIn(filter, task.status.state)),
      ];
      const isHere = ({ updatedAt, taskId }: Entry) =>
        updatedAt >= from &&
        updatedAt <= to &&
        (end === undefined || compare({ updatedAt, taskId }, end) > 0);
      yield { entries: all.filter(isHere).sort(compare), from };
      width = (to - from) * 4n + 1n;
      to = from - 1n;
    }
  }

  /** Those whose run is the latest of its task, as far as can be told, and in the filter's state. */
  private async counting(listing: Listing, entries: Entry[]): Promise<Entry[]> {
    const { filter } = listing;
    const latest = new Map<string, Entry>();
    for (const entry of entries) {
      const other = latest.get(entry.taskId);
      if (other === undefined || entry.startedAt > other.startedAt) latest.set(entry.taskId, entry);
      if (other !== undefined) this.note(filter, latest.get(entry.taskId) === entry ? other : entry);
    }
    const ends = await inBatches([...latest.values()], (entry) => {
      if (!looksAtResults(filter) || !mayHaveFailed(entry)) return this.endOf(entry);
      if (!this.closed.knows(entry)) listing.results += 1;
      return this.closed.endOf(entry);
    });
    return [...latest.values()].filter((_, index) => isIn(filter, ends[index]));
  }

  private endOf(entry: Entry): RunEnd | Promise<RunEnd> {
    return isDoubtful(entry) ? this.closed.endOf(entry) : visibleState(entry);
  }

  /** The start of a window that is no wider than asked and holds few enough entries to be read whole. */
  private async narrow(filter: TaskFilter, { from, to }: TimeWindow, wanted: number): Promise<bigint> {
    const limit = Math.max(this.windowLimit, 2 * wanted);
    let start = from;
    // A millisecond that holds more than the limit is read all the same.
    while (to - start > 1_000_000n) {
      const count = await this.visibility.count(visibilityQuery(filter, { from: start, to }, 'possible'));
      if (count <= limit) break;
      start = to - (to - start) / BigInt(Math.min(Math.max(2, Math.ceil(count / limit)), 1_000));
    }
    return start;
  }

  /** What visibility counts, put right by what the tasks at work, closing events and superseded runs tell. */
  private async total({ filter, window, atWork }: Listing): Promise<number> {
    const query = visibilityQuery(filter, window);
    const superseded = [...(this.superseded.get(keyOf(filter)) ?? [])];
    const ofSuperseded = `${query} AND RunId IN (${superseded.map((runId) => `'${runId}'`).join(', ')})`;
    const [listed, gone, doubtful] = await Promise.all([
      this.visibility.count(query),
      superseded.length === 0 ? 0 : this.visibility.count(ofSuperseded),
      this.readDoubtful(filter, window),
    ]);
    let total = listed - gone;
    for (const entry of atWork.values()) {
      if (isIn(filter, entry.task.status.state) && entry.updatedAt >= window.from) total += 1;
      if (isIn(filter, visibleState(entry)) && entry.listedAt >= window.from) total -= 1;
    }
    const ends = await inBatches(doubtful, (entry) => this.closed.endOf(entry));
    for (const [index, entry] of doubtful.entries()) {
      if (superseded.includes(entry.runId)) continue;
      if (isIn(filter, ends[index])) total += 1;
      if (isIn(filter, visibleState(entry))) total -= 1;
    }
    return Math.max(0, total);
  }

  private async readDoubtful(filter: TaskFilter, window: TimeWindow): Promise<Entry[]> {
    const { status, ...anyState } = filter;
    if (status !== undefined && !isTerminal(status)) return [];
    const newest = async (which: 'doubtful' | 'returned', isSo: (entry: Entry) => boolean) => {
      const query = visibilityQuery(anyState, window, which);
      if ((await this.visibility.count(query)) === 0) return [];
      return (await this.visibility.read(query, filter, this.doubtLimit)).filter(isSo);
    };
    const found = await Promise.all([
      newest('doubtful', isDoubtful),
      ...(filter.plain && status !== undefined ? [newest('returned', mayHaveFailed)] : []),
    ]);
    return found.flat();
  }

  private note(filter: TaskFilter, entry: Entry | undefined): void {
    if (entry === undefined) return;
    const key = keyOf(filter);
    const known = this.superseded.get(key) ?? new Set<string>();
    known.add(entry.runId);
    const [oldest] = known;
    if (known.size > SUPERSEDED_LIMIT && oldest !== undefined) known.delete(oldest);
    this.superseded.set(key, known);
  }
}

function keyOf({ agentId, owner }: TaskFilter): string {
  return JSON.stringify([agentId, owner]);
}

function isIn({ status }: TaskFilter, end: RunEnd | undefined): boolean {
  return end !== 'superseded' && (status === undefined || end === status);
}

async function inBatches<T, R>(all: readonly T[], read: (one: T) => R | Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let index = 0; index < all.length; index += CONCURRENT_READS) {
    results.push(...(await Promise.all(all.slice(index, index + CONCURRENT_READS).map(read))));
  }
  return results;
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
