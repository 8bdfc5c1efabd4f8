import type { PageEnd } from './page-token';
import { type TemporalCalls, tokenOf } from './temporal-calls';
import { type AgentTraits, type VisibleRun, visibleRun } from './visible-task';

const SECOND = 1_000_000_000n;

/** A run in a list: enough to put its task in order. */
export interface Entry extends VisibleRun {
  /** In nanoseconds since 1970. */
  updatedAt: bigint;
  startedAt: bigint;
}

/** Reads Temporal's list of workflows. */
export class Visibility {
  constructor(private readonly calls: TemporalCalls) {}

  async count(query: string): Promise<number> {
    const { calls } = this;
    const { count } = await calls.call((service) =>
      service.countWorkflowExecutions({ namespace: calls.namespace, query }),
    );
    return Number(count ?? 0);
  }

  /**
   * The runs that the query finds; open ones first, then by the time they closed.
   * @param most read no more than so many
   */
  async read(query: string, traits: AgentTraits, most = Number.POSITIVE_INFINITY): Promise<Entry[]> {
    const entries = new Map<string, Entry>();
    let left = most;
    for await (const page of this.pages(query, traits, Math.min(most, 1_000))) {
      // A run may be on two pages when it changes in between.
      for (const entry of page) if (!entries.has(entry.runId)) entries.set(entry.runId, entry);
      left -= page.length;
      if (left <= 0) break;
    }
    return [...entries.values()];
  }

  /** The same, page by page. */
  async *pages(query: string, traits: AgentTraits, pageSize: number): AsyncGenerator<Entry[]> {
    const { calls } = this;
    let nextPageToken: Uint8Array | undefined;
    do {
      const page = await calls.call((service) =>
        service.listWorkflowExecutions({
          namespace: calls.namespace,
          query,
          pageSize,
          ...(nextPageToken !== undefined && { nextPageToken }),
        }),
      );
      yield (page.executions ?? []).map((execution) => toEntry(visibleRun(execution, traits)));
      nextPageToken = tokenOf(page);
    } while (nextPageToken !== undefined);
  }
}

function toEntry(run: VisibleRun): Entry {
  const { closeTime, startTime, searchAttributes } = run.execution;
  return {
    ...run,
    updatedAt: closeTime
      ? nanosOfTimestamp(closeTime)
      : readTime(searchAttributes?.indexedFields?.A2aUpdatedAt?.data),
    startedAt: nanosOfTimestamp(startTime),
  };
}

/** Newest first; the same instant by ID. */
export function compare(a: PageEnd, b: PageEnd): number {
  if (a.updatedAt !== b.updatedAt) return a.updatedAt > b.updatedAt ? -1 : 1;
  return a.taskId < b.taskId ? -1 : a.taskId > b.taskId ? 1 : 0;
}

function nanosOfTimestamp(time: VisibleRun['execution']['startTime']): bigint {
  return BigInt(Number(time?.seconds ?? 0)) * SECOND + BigInt(time?.nanos ?? 0);
}

/** A Datetime search attribute: an ISO 8601 text in JSON, to the nanosecond. */
function readTime(data: Uint8Array | null | undefined): bigint {
  const text = data?.length ? String(JSON.parse(Buffer.from(data).toString('utf8'))) : '';
  const match = /^(.*?)(?:\.(\d+))?Z$/.exec(text);
  if (match === null) return 0n;
  const [, seconds, fraction = ''] = match;
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}
