import { isTerminal } from '../a2a/task-update';
import type { ListTasksRequest, ListTasksResponse, Task } from '../a2a/types';
import { isPlain } from '../contract/agent-call';
import { inBatches } from './batches';
import { ClosedRuns, isDoubtful, mayHaveFailed, type RunEnd } from './closed-runs';
import { LatestRuns } from './latest-runs';
import { ListOrder, type Wanted } from './list-order';
import { isIn, ListTotals } from './list-total';
import { type ListedTask, ListedTasks, type ListedTasksOptions } from './listed-task';
import { isTold, MemoTasks } from './memo-task';
import { formatPageToken, type PageToken, parsePageToken } from './page-token';
import { fromTemporal } from './temporal-calls';
import type { CallContext } from './types';
import { compare, type Entry, Visibility } from './visibility';
import { later, looksAtResults, type TaskFilter, visibilityQuery } from './visibility-query';
import { isBegun, visibleState } from './visible-task';

/** Tasks on a page when the client does not say. */
const DEFAULT_PAGE_SIZE = 50;

/** Open runs that one window may hold, which are read and sorted; and results that one call reads to find failed ones. */
const WINDOW_LIMIT = 1_000;

/**
 * Tasks at work whose histories are read to put them in order, as many as a page has. When there are more, none is: each
 * then stands where visibility has it, at the time when its state last changed.
 */
const AT_WORK_LIMIT = 50;

/** Closed runs of each kind, the newest, whose closing events decide whether they count; of others visibility is believed. */
const DOUBT_LIMIT = 200;

/** Runs behind a page that are looked at together, once the first of them was no task of the list. */
const BEHIND_AT_ONCE = 50;

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
interface Listing extends Wanted {
  request: ListTasksRequest;
  call: CallContext;
  end: PageToken | undefined;
  /** All open runs, in any state; undefined when they are too many. */
  open: Entry[] | undefined;
  closed: AsyncGenerator<Entry>;
  /** By task ID. */
  atWork: ReadonlyMap<string, AtWork>;
  /** Results of completed workflows that were read to find tasks in the filter's state. */
  results: number;
}

/**
 * List Tasks (specification section 3.1.4), newest first, as `ListOrder` has the runs. Tasks at work are put where their
 * histories say.
 *
 * Temporal lists runs, and a task may have several: by a retry, a schedule or a reset. The latest one counts; what
 * shows that a run is not the latest are its closing event, another run of the task in the list, or the history.
 */
export class TaskList {
  private readonly visibility: Visibility;
  private readonly order: ListOrder;
  private readonly tasks: ListedTasks;
  private readonly closed: ClosedRuns;
  private readonly totals: ListTotals;
  private readonly latest: LatestRuns;

  private readonly windowLimit: number;

  constructor(
    { calls, ...options }: Omit<ListedTasksOptions, 'visibility' | 'memos'>,
    limits: TaskListLimits = {},
  ) {
    this.windowLimit = limits.windowLimit ?? WINDOW_LIMIT;
    this.visibility = new Visibility(calls);
    this.order = new ListOrder(this.visibility, this.windowLimit);
    const memos = new MemoTasks(calls);
    this.tasks = new ListedTasks({ calls, ...options, visibility: this.visibility, memos });
    this.latest = new LatestRuns(this.visibility);
    this.closed = new ClosedRuns(calls);
    this.totals = new ListTotals(this.visibility, this.closed, limits.doubtLimit ?? DOUBT_LIMIT);
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
      statusTimestampAfter === undefined ? BEGINNING : later(BEGINNING, nanosOf(statusTimestampAfter));
    const window = { from, to: BigInt(Date.now()) * 1_000_000n + CLOCK_SKEW };
    try {
      const { open, closed } = await this.begin({ filter, window, end, pageSize }, end?.hasOpen);
      const atWork = await this.readAtWork(request, call, { filter, window, open });
      const listing: Listing = {
        request,
        call,
        filter,
        window,
        end,
        pageSize,
        open,
        closed,
        atWork,
        results: 0,
      };
      const { tasks, last } = await this.page(listing);
      const totalSize = end?.totalSize ?? (await this.total(listing, tasks, last));
      const hasOpen = open === undefined || open.some((entry) => last && compare(entry, last) > 0);
      return {
        tasks: tasks.sort(byTimestamp),
        nextPageToken: last === undefined ? '' : formatPageToken({ ...last, totalSize, hasOpen }, filter),
        pageSize,
        totalSize,
      };
    } catch (error) {
      throw fromTemporal(error);
    }
  }

  private async total(
    listing: Listing,
    { length }: readonly Task[],
    last: Entry | undefined,
  ): Promise<number> {
    if (last === undefined) return length;
    const { filter, window } = listing;
    const counted = await this.totals.count(filter, window);
    return Math.max(length + 1, counted + moved(listing));
  }

  /** @param hasOpen whether open runs are left behind the page before; undefined when there is none */
  private async begin(
    wanted: Wanted,
    hasOpen: boolean | undefined,
  ): Promise<Pick<Listing, 'open' | 'closed'>> {
    const { status } = wanted.filter;
    if (hasOpen === undefined && status === undefined) return this.order.first(wanted);
    const hasNone = hasOpen === false || (status !== undefined && isTerminal(status));
    const open = hasNone ? [] : await this.order.open(wanted.filter);
    // Only now: a run that closes between the two would be in neither.
    return { open, closed: this.order.closed(wanted) };
  }

  /** Those at work that the list may hold; none when they are too many. */
  private async readAtWork(
    request: ListTasksRequest,
    call: CallContext,
    { filter, window, open }: Pick<Listing, 'filter' | 'window' | 'open'>,
  ): Promise<Map<string, AtWork>> {
    const entries = open === undefined ? await this.findAtWork(filter) : atWorkIn(open, filter);
    if (entries.length > AT_WORK_LIMIT) return new Map();
    const { status: _, ...inAnyState } = request;
    const read = await inBatches(entries, async (entry): Promise<AtWork[]> => {
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

  /** When there are too many open runs to look through. */
  private async findAtWork(filter: TaskFilter): Promise<Entry[]> {
    const { status, ...anyState } = filter;
    const queries = [
      ...(countsWorking(filter) ? [visibilityQuery({ ...filter, status: 'TASK_STATE_WORKING' })] : []),
      ...(countsSilent(filter) ? [visibilityQuery(anyState, undefined, 'silent')] : []),
    ];
    const found = await Promise.all(
      queries.map((query) => this.visibility.read(query, filter, AT_WORK_LIMIT + 1)),
    );
    return found.flatMap(unlessTooMany);
  }

  /** The tasks of the page, and its last entry when there are more. */
  private async page(listing: Listing): Promise<{ tasks: Task[]; last?: Entry }> {
    const { pageSize, filter } = listing;
    const tasks: Task[] = [];
    const latest = latestRuns(listing.open ?? []);
    const listed = new Set<string>();
    let last: Entry | undefined;
    let batch: Entry[] = [];
    let behind: Entry[] = [];
    let behindAtOnce = 1;
    /** @param next the entry behind, about which Temporal is asked in the same call */
    const readBatch = async (next?: Entry) => {
      const asked = next === undefined ? batch : [...batch, next];
      const told = listing.request.includeArtifacts === true ? [] : asked.filter(isTold);
      const [read, superseded] = await Promise.all([
        inBatches(batch, (entry) => this.read(entry, listing)),
        this.latest.superseded(told, filter),
      ]);
      for (const [index, task] of read.entries()) {
        const { runId = '' } = batch[index] ?? {};
        if (task === 'superseded' || superseded.has(runId)) this.totals.note(filter, runId);
        else if (task !== undefined) tasks.push(task);
      }
      last = batch.at(-1);
      batch = [];
    };
    for await (const entry of this.entries(listing)) {
      const { taskId, runId, startedAt } = entry;
      // A run may close between the two lists that are read, and be in both.
      if (listed.has(runId)) continue;
      listed.add(runId);
      const other = latest.get(taskId);
      if (other !== undefined && other.startedAt > startedAt) {
        this.totals.note(filter, runId);
        continue;
      }
      if (tasks.length + batch.length === pageSize && batch.length > 0) {
        await readBatch(entry);
        // Few of many completed workflows may be what is sought: the page ends before the search does.
        if (listing.results >= this.windowLimit) return { tasks, ...(last && { last }) };
      }
      // Only now: an earlier run of a task on this page is no reason for another page.
      if (tasks.length === pageSize) {
        behind.push(entry);
        if (behind.length < behindAtOnce) continue;
        if (await this.holdsTask(behind, listing)) return { tasks, ...(last && { last }) };
        behind = [];
        behindAtOnce = BEHIND_AT_ONCE;
        continue;
      }
      latest.set(taskId, entry);
      batch.push(entry);
    }
    if (await this.holdsTask(behind, listing)) return { tasks, ...(last && { last }) };
    await readBatch();
    return { tasks };
  }

  /**
   * Whether one of the entries behind a page is a task of the list. The latest run of its task may be on a page before, or
   * in another state.
   */
  private async holdsTask(entries: readonly Entry[], listing: Listing): Promise<boolean> {
    const { filter, end, open, results } = listing;
    if (entries.length === 0) return false;
    // The first page of a list of all states begins with the latest runs.
    if (filter.status === undefined && end === undefined && open !== undefined) return true;
    if (entries.some(({ execution }) => !execution.closeTime) || results >= this.windowLimit) return true;
    const ends = await inBatches(entries, (entry) => this.endOf(entry, listing));
    const inState = entries.filter((_, index) => isIn(filter, ends[index]));
    // Visibility cannot be asked for these.
    if (inState.some(({ taskId }) => taskId.includes("'"))) return true;
    const superseded = await this.latest.superseded(inState, filter);
    for (const runId of superseded) this.totals.note(filter, runId);
    return superseded.size < inState.length;
  }

  private entries(listing: Listing): AsyncGenerator<Entry> {
    const { filter, open, closed, atWork } = listing;
    const some = [
      ...(open ?? []).filter((entry) => isIn(filter, visibleState(entry)) && !atWork.has(entry.taskId)),
      ...[...atWork.values()].filter(({ task }) => isIn(filter, task.status.state)),
    ];
    return this.order.entries(listing, some, open !== undefined, closed);
  }

  private async read(entry: Entry, listing: Listing): Promise<ListedTask> {
    const { filter, request, call, atWork } = listing;
    const working = atWork.get(entry.taskId);
    if (working?.runId === entry.runId) return working.task;
    return isIn(filter, await this.endOf(entry, listing)) ? this.tasks.read(entry, request, call) : undefined;
  }

  private endOf(entry: Entry, listing: Listing): RunEnd | Promise<RunEnd> {
    const isReturned = looksAtResults(listing.filter) && mayHaveFailed(entry);
    if (isReturned && !this.closed.knows(entry)) listing.results += 1;
    return isReturned || isDoubtful(entry) ? this.closed.endOf(entry) : visibleState(entry);
  }
}

/** What the tasks at work add to what visibility counts in this state and window. */
function moved({ filter, window, atWork }: Listing): number {
  let more = 0;
  for (const entry of atWork.values()) {
    if (isIn(filter, entry.task.status.state) && entry.updatedAt >= window.from) more += 1;
    if (isIn(filter, visibleState(entry)) && entry.listedAt >= window.from) more -= 1;
  }
  return more;
}

function atWorkIn(open: readonly Entry[], filter: TaskFilter): Entry[] {
  const isSilent = (entry: Entry) => entry.said === 'TASK_STATE_SUBMITTED' && isBegun(entry);
  return [
    ...(countsWorking(filter)
      ? unlessTooMany(open.filter((each) => visibleState(each) === 'TASK_STATE_WORKING'))
      : []),
    ...(countsSilent(filter) ? unlessTooMany(open.filter(isSilent)) : []),
  ];
}

function unlessTooMany(entries: Entry[]): Entry[] {
  return entries.length > AT_WORK_LIMIT ? [] : entries;
}

function countsWorking({ status }: TaskFilter): boolean {
  return status === undefined || status === 'TASK_STATE_WORKING';
}

/** Open runs that have begun without telling a state, as those in other languages may not. */
function countsSilent({ status, plain }: TaskFilter): boolean {
  return status !== undefined && !plain;
}

function latestRuns(entries: readonly Entry[]): Map<string, Entry> {
  const latest = new Map<string, Entry>();
  for (const entry of entries) {
    const other = latest.get(entry.taskId);
    if (other === undefined || entry.startedAt > other.startedAt) latest.set(entry.taskId, entry);
  }
  return latest;
}

/** Within a page, what the histories say counts: it is newer than visibility. */
function byTimestamp(a: Task, b: Task): number {
  return (b.status.timestamp ?? '').localeCompare(a.status.timestamp ?? '');
}

function nanosOf(timestamp: string): bigint {
  return BigInt(Date.parse(timestamp)) * 1_000_000n;
}
