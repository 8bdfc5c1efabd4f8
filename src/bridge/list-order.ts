import { isTerminal } from '../a2a/task-update';
import type { PageEnd } from './page-token';
import { compare, type Entry, type Visibility } from './visibility';
import { GRPC, isGrpcError } from './temporal-calls';
import {
  later,
  openQueries,
  type RunPart,
  type TaskFilter,
  type TimeWindow,
  visibilityQuery,
} from './visibility-query';

/** Open runs of a list that are read at once. When there are more, they are read window by window. */
const OPEN_LIMIT = 200;

/** Which entries are wanted, and how many at once. */
export interface Wanted {
  filter: TaskFilter;
  window: TimeWindow;
  /** The page before, if there is one. */
  end: PageEnd | undefined;
  pageSize: number;
}

/**
 * Puts runs in the order of a list, newest first.
 *
 * Temporal lists closed runs in that order already, so a page of them is a page of its list. Open ones it orders by
 * their start: they are all read and sorted; when they are many, in windows of time, from now backwards, each made narrow
 * enough by counting to be read whole.
 */
export class ListOrder {
  /** Older servers refuse the status of paused workflows. */
  private knowsPaused = true;

  /** @param windowLimit open runs that one window may hold */
  constructor(
    private readonly visibility: Visibility,
    private readonly windowLimit: number,
  ) {}

  /**
   * All open runs, as {@link open} gives them, and the closed ones, as {@link closed} does, for the first page of a list in
   * any state. Temporal has both in one list, the open ones first.
   */
  async first(wanted: Wanted): Promise<{ open: Entry[] | undefined; closed: AsyncGenerator<Entry> }> {
    const { filter, window, pageSize } = wanted;
    const query = visibilityQuery(filter, { ...window, allOpen: true });
    const pages = this.visibility.pages(query, filter, pageSize + 2);
    const { value = [], done } = await pages.next();
    const open = value.filter(isOpen);
    const closed = value.slice(open.length);
    // There may be many more of them, which are not read in small pages.
    if (closed.length === 0 && done !== true && value.length > pageSize) {
      return { open: await this.open(filter), closed: this.closed(wanted) };
    }
    return { open, closed: this.inPages(wanted, behind(closed, pages)) };
  }

  /** All open runs, in any state; undefined when they are too many. */
  async open(filter: TaskFilter): Promise<Entry[] | undefined> {
    const most = Math.min(OPEN_LIMIT, this.windowLimit);
    const { Running, Paused } = openQueries(filter);
    const read = (query: string) => this.visibility.read(query, filter, most + 1);
    const [running, paused] = await Promise.all([
      read(Running),
      this.knowsPaused ? read(Paused).catch(this.unlessUnknown) : [],
    ]);
    // One may have gone on in between.
    const entries = [...new Map([...paused, ...running].map((entry) => [entry.runId, entry])).values()];
    return entries.length > most ? undefined : entries;
  }

  private readonly unlessUnknown = (error: unknown): Entry[] => {
    if (!isGrpcError(error, GRPC.INVALID_ARGUMENT)) throw error;
    this.knowsPaused = false;
    return [];
  };

  /**
   * The entries behind the page before, of these and of all closed runs; of open ones too, when `some` has not all.
   * @param closed what {@link closed} has given
   */
  entries(
    wanted: Wanted,
    some: readonly Entry[],
    allOpen: boolean,
    closed: AsyncGenerator<Entry>,
  ): AsyncGenerator<Entry> {
    const { status } = wanted.filter;
    const sources = [inOrder(wanted, some), closed];
    if (!allOpen && (status === undefined || !isTerminal(status))) sources.push(this.openByWindows(wanted));
    return merged(sources);
  }

  /** The closed runs behind the page before. The first of them are read at once. */
  closed(wanted: Wanted): AsyncGenerator<Entry> {
    const { status } = wanted.filter;
    if (status !== undefined && !isTerminal(status)) return inOrder(wanted, []);
    const { filter, window, end, pageSize } = wanted;
    const query = possible(filter, { from: window.from, to: end?.updatedAt ?? window.to }, 'closed');
    // One more than the page tells whether there is another page, and the last one may be held; the window begins with
    // the last ones of the page before.
    const size = pageSize + (end === undefined ? 2 : 4);
    return begun(this.inPages(wanted, this.visibility.pages(query, filter, size)));
  }

  private async *inPages(wanted: Wanted, pages: AsyncIterable<Entry[]>): AsyncGenerator<Entry> {
    let held: Entry[] = [];
    for await (const page of pages) {
      const all = [...held, ...page].sort(compare);
      // The next page may have more of the same instant.
      held = all.filter(({ updatedAt }) => updatedAt === all.at(-1)?.updatedAt);
      yield* inOrder(wanted, all.slice(0, all.length - held.length));
    }
    yield* inOrder(wanted, held);
  }

  private async *openByWindows(wanted: Wanted): AsyncGenerator<Entry> {
    const { filter, window, end, pageSize } = wanted;
    let to = end?.updatedAt ?? window.to;
    let width = to - window.from;
    while (to >= window.from) {
      const from = await this.narrow(filter, { from: later(window.from, to - width), to }, pageSize + 1);
      const found = await this.visibility.read(possible(filter, { from, to }, 'open'), filter);
      yield* inOrder({ window: { from, to }, end }, found);
      width = (to - from) * 4n + 1n;
      to = from - 1n;
    }
  }

  /** The start of a window that is no wider than asked and holds few enough entries to be read whole. */
  private async narrow(filter: TaskFilter, { from, to }: TimeWindow, wanted: number): Promise<bigint> {
    const limit = Math.max(this.windowLimit, 2 * wanted);
    let start = from;
    // A millisecond that holds more than the limit is read all the same.
    while (to - start > 1_000_000n) {
      const count = await this.visibility.count(possible(filter, { from: start, to }, 'open'));
      if (count <= limit) break;
      start = to - (to - start) / BigInt(Math.min(Math.max(2, Math.ceil(count / limit)), 1_000));
    }
    return start;
  }
}

function possible(filter: TaskFilter, window: TimeWindow, part: RunPart): string {
  return visibilityQuery(filter, window, 'possible', part);
}

async function* inOrder(
  { window, end }: Pick<Wanted, 'window' | 'end'>,
  entries: readonly Entry[],
): AsyncGenerator<Entry> {
  yield* entries
    .filter((entry) => entry.updatedAt >= window.from && entry.updatedAt <= window.to)
    .filter((entry) => end === undefined || compare(entry, end) > 0)
    .sort(compare);
}

function isOpen({ execution }: Entry): boolean {
  return !execution.closeTime;
}

async function* behind(first: Entry[], pages: AsyncIterable<Entry[]>): AsyncGenerator<Entry[]> {
  yield first;
  yield* pages;
}

/** The same, whose first entry is sought at once. */
function begun<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  const first = source.next();
  // Nobody may ask for it.
  first.catch(() => {});
  return (async function* () {
    const { done, value } = await first;
    if (done === true) return;
    yield value;
    yield* source;
  })();
}

/** What each source gives in order, in order. */
async function* merged(sources: readonly AsyncGenerator<Entry>[]): AsyncGenerator<Entry> {
  let heads = (await Promise.all(sources.map(headOf))).flat();
  for (;;) {
    const [first] = heads.sort((a, b) => compare(a.entry, b.entry));
    if (first === undefined) return;
    yield first.entry;
    heads = [...(await headOf(first.source)), ...heads.slice(1)];
  }
}

interface Head {
  source: AsyncGenerator<Entry>;
  entry: Entry;
}

/** The next entry of a source; none at its end. */
async function headOf(source: AsyncGenerator<Entry>): Promise<Head[]> {
  const next = await source.next();
  return next.done === true ? [] : [{ source, entry: next.value }];
}
