import { temporal } from '@temporalio/proto';
import { LRUCache } from 'lru-cache';
import { TASK_STATES } from '../a2a/task-update';
import type { Meter, Reading } from '../metrics/meter';
import type { GaugeName } from '../metrics/table';
import type { TemporalCalls } from './temporal-calls';
import { inState } from './visibility-query';

const { TASK_QUEUE_TYPE_WORKFLOW, TASK_QUEUE_TYPE_ACTIVITY } = temporal.api.enums.v1.TaskQueueType;
const QUEUE_TYPES = { workflow: TASK_QUEUE_TYPE_WORKFLOW, activity: TASK_QUEUE_TYPE_ACTIVITY };

/** Time in ms for which an answer of Temporal holds, however many scrape. */
const REMEMBERED_MS = 15_000;

/** The same for what takes many questions. */
const STATES_REMEMBERED_MS = 60_000;

/** The tasks of the bridge, each once: push deliveries have no owner, and a run that went on as new is no task of its own. */
const TASKS = `A2aAgent IS NOT NULL AND A2aOwner IS NOT NULL AND ExecutionStatus != 'ContinuedAsNew'`;
const FAILING = `${TASKS} AND ExecutionStatus = 'Running' AND TemporalReportedProblems IS NOT NULL`;

/** Those that a task queue has for its two types. */
type QueueGauge = Extract<GaugeName, `a2a_task_queue_${string}`>;
type Queue = Record<QueueGauge, Reading<QueueGauge>>;

/**
 * Tells how many tasks there are and how the task queues stand. Temporal is asked when somebody looks, and not again for a
 * while: two counts, and two questions for each queue; and once a minute, one count for each state.
 * @returns what ends that
 */
export function meterNamespace(
  metrics: Meter,
  calls: TemporalCalls,
  taskQueues: () => readonly string[],
): (() => void)[] {
  const tasks = remembered(() => countTasks(calls));
  const stuck = remembered(() => countStuck(calls));
  const states = remembered(() => countStates(calls), STATES_REMEMBERED_MS);
  const queues = remembered(async () => {
    const asked = taskQueues().flatMap((name) =>
      Object.entries(QUEUE_TYPES).map(([type, number]) => describeQueue(calls, { name, type, number })),
    );
    // One that cannot be asked about does not hide the others.
    return (await Promise.allSettled(asked)).flatMap((each) =>
      each.status === 'fulfilled' ? [each.value] : [],
    );
  });
  const queueGauge = (name: QueueGauge) =>
    metrics.gauge(name, async () => (await queues()).map((queue) => queue[name]));
  return [
    metrics.gauge('a2a_tasks', tasks),
    metrics.gauge('a2a_stuck_tasks', stuck),
    metrics.gauge('a2a_tasks_by_state', states),
    queueGauge('a2a_task_queue_pollers'),
    queueGauge('a2a_task_queue_backlog'),
    queueGauge('a2a_task_queue_backlog_age_seconds'),
  ];
}

async function countTasks(calls: TemporalCalls): Promise<Reading<'a2a_tasks'>[]> {
  const { groups } = await calls.call((service) =>
    service.countWorkflowExecutions({
      namespace: calls.namespace,
      query: `${TASKS} GROUP BY ExecutionStatus`,
    }),
  );
  return (groups ?? []).map(({ groupValues, count }) => ({
    labels: { status: String(JSON.parse(Buffer.from(groupValues?.[0]?.data ?? []).toString('utf8'))) },
    value: Number(count ?? 0),
  }));
}

/** Temporal groups by the status of workflows alone. */
async function countStates(calls: TemporalCalls): Promise<Reading<'a2a_tasks_by_state'>[]> {
  return Promise.all(
    TASK_STATES.map(async (state) => {
      const { count } = await calls.call((service) =>
        service.countWorkflowExecutions({
          namespace: calls.namespace,
          query: `${TASKS} AND ${inState(state)}`,
        }),
      );
      return { labels: { state }, value: Number(count ?? 0) };
    }),
  );
}

async function countStuck(calls: TemporalCalls): Promise<Reading<'a2a_stuck_tasks'>[]> {
  const { count } = await calls.call((service) =>
    service.countWorkflowExecutions({ namespace: calls.namespace, query: FAILING }),
  );
  return [{ labels: {}, value: Number(count ?? 0) }];
}

async function describeQueue(
  calls: TemporalCalls,
  { name, type, number }: { name: string; type: string; number: number },
): Promise<Queue> {
  const { pollers, stats } = await calls.call((service) =>
    service.describeTaskQueue({
      namespace: calls.namespace,
      taskQueue: { name },
      taskQueueType: number,
      reportStats: true,
    }),
  );
  const labels = { task_queue: name, type };
  const { seconds, nanos } = stats?.approximateBacklogAge ?? {};
  return {
    a2a_task_queue_pollers: { labels, value: pollers?.length ?? 0 },
    a2a_task_queue_backlog: { labels, value: Number(stats?.approximateBacklogCount ?? 0) },
    a2a_task_queue_backlog_age_seconds: { labels, value: Number(seconds ?? 0) + (nanos ?? 0) / 1e9 },
  };
}

/** The answer, for a while; one question at a time, however many ask. A failure is not remembered. */
function remembered<T extends object>(ask: () => Promise<T>, ttl = REMEMBERED_MS): () => Promise<T> {
  const answers = new LRUCache<'answer', T>({ max: 1, ttl, fetchMethod: ask });
  return () => answers.forceFetch('answer');
}
