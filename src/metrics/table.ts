/** One metric: all that its documentation and its readers know of it. */
export interface MetricRow {
  kind: 'counter' | 'gauge' | 'histogram';
  /** Names of its labels; none of them grows without bound. */
  labels: readonly string[];
  help: string;
  /**
   * Of a gauge that several parts of a process tell: `sum` unless set; `max` for what is read from Temporal, which is
   * the same however many read it.
   */
  merge?: 'max';
  /** Which processes have it. */
  of: 'api' | 'worker' | 'all';
}

/** In seconds. */
export const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] as const;

/** Every metric of the bridge, by name; those of Node.js and of the Temporal SDK come beside them. */
export const METRICS = {
  a2a_request_duration_seconds: {
    kind: 'histogram',
    of: 'api',
    labels: ['operation', 'binding', 'version', 'agent', 'outcome'],
    help: 'Requests and how long they took; of streams, how long they were open',
  },
  a2a_open_streams: {
    kind: 'gauge',
    of: 'api',
    labels: ['binding'],
    help: 'Streams that are open',
  },
  a2a_stream_events_total: {
    kind: 'counter',
    of: 'api',
    labels: ['binding', 'agent'],
    help: 'Events sent on streams',
  },
  a2a_audit_lines_lost_total: {
    kind: 'counter',
    of: 'all',
    labels: [],
    help: 'Audit lines that could not be written to AUDIT_LOG',
  },
  a2a_agents_refused: {
    kind: 'gauge',
    of: 'all',
    labels: [],
    help: '1 while what AGENTS_FILE holds is refused, and the agents from before go on',
    merge: 'max',
  },
  a2a_agents_read_timestamp_seconds: {
    kind: 'gauge',
    of: 'all',
    labels: [],
    help: 'When the agents were last read from AGENTS_FILE and taken, as Unix time',
    merge: 'max',
  },
  a2a_quota_refusals_total: {
    kind: 'counter',
    of: 'api',
    labels: ['quota', 'of', 'agent'],
    help: 'Calls refused because a caller (of "caller") or an agent (of "agent") has used up a quota',
  },
  a2a_temporal_available: {
    kind: 'gauge',
    of: 'api',
    labels: [],
    help: '1 while Temporal answers, 0 while it is away',
    merge: 'max',
  },
  a2a_followed_tasks: {
    kind: 'gauge',
    of: 'all',
    labels: ['reader'],
    help: 'Tasks whose history is followed: for callers (reader "api") or for webhooks ("push")',
  },
  a2a_long_polls: {
    kind: 'gauge',
    of: 'all',
    labels: ['reader'],
    help: 'Long polls of histories that are held',
  },
  a2a_long_polls_limit: {
    kind: 'gauge',
    of: 'all',
    labels: ['reader'],
    help: 'Long polls that may be held; tasks beyond are looked at from time to time',
  },
  a2a_waiting_sends: {
    kind: 'gauge',
    of: 'api',
    labels: [],
    help: 'Blocking sends that wait for their task',
  },
  a2a_read_cache_reads_total: {
    kind: 'counter',
    of: 'api',
    labels: ['result'],
    help: 'Reads of tasks: "hit" from what the node remembers, "miss" from the start of the history',
  },
  a2a_read_cache_bytes: {
    kind: 'gauge',
    of: 'api',
    labels: [],
    help: 'Size of what the node remembers of tasks (READ_CACHE_BYTES)',
  },
  a2a_stuck_tasks_found_total: {
    kind: 'counter',
    of: 'api',
    labels: ['agent', 'problem'],
    help: 'Tasks that were found to make no progress: "NO_WORKER", "WORKFLOW_TASK_FAILED"',
  },
  a2a_tasks: {
    kind: 'gauge',
    of: 'api',
    labels: ['status'],
    help: "Tasks of the namespace by the status of their workflow, as far back as Temporal's retention",
    merge: 'max',
  },
  a2a_tasks_by_state: {
    kind: 'gauge',
    of: 'api',
    labels: ['state'],
    help: "Tasks of the namespace by their A2A state, about, as far back as Temporal's retention",
    merge: 'max',
  },
  a2a_stuck_tasks: {
    kind: 'gauge',
    of: 'api',
    labels: [],
    help: 'Running tasks of the namespace whose workflow task fails again and again (TemporalReportedProblems)',
    merge: 'max',
  },
  a2a_task_queue_pollers: {
    kind: 'gauge',
    of: 'api',
    labels: ['task_queue', 'type'],
    help: 'Workers that have polled the task queue in the last five minutes, by type of task: "workflow", "activity"',
    merge: 'max',
  },
  a2a_task_queue_backlog: {
    kind: 'gauge',
    of: 'api',
    labels: ['task_queue', 'type'],
    help: 'Tasks of workflows and activities that wait in the task queue, about',
    merge: 'max',
  },
  a2a_task_queue_backlog_age_seconds: {
    kind: 'gauge',
    of: 'api',
    labels: ['task_queue', 'type'],
    help: 'How long the oldest of them has waited, about',
    merge: 'max',
  },
  a2a_nexus_request_duration_seconds: {
    kind: 'histogram',
    of: 'worker',
    labels: ['operation', 'agent', 'outcome'],
    help: 'Requests over Nexus and how long they took; a SendMessage that waits for its task is answered when it begins to',
  },
  a2a_nexus_waiting_sends: {
    kind: 'gauge',
    of: 'worker',
    labels: [],
    help: 'Sends over Nexus that wait for their task on this worker',
  },
  a2a_push_deliveries: {
    kind: 'gauge',
    of: 'worker',
    labels: [],
    help: 'Push notification configs that the worker serves',
  },
  a2a_push_undelivered: {
    kind: 'gauge',
    of: 'worker',
    labels: [],
    help: 'Of these, those with an event that its receiver has not taken yet',
  },
  a2a_push_oldest_undelivered_seconds: {
    kind: 'gauge',
    of: 'worker',
    labels: [],
    help: 'How long the oldest of these events has waited; 0 when there is none',
    merge: 'max',
  },
  a2a_push_attempts_total: {
    kind: 'counter',
    of: 'worker',
    labels: ['outcome'],
    help: 'Requests to webhooks: "taken", "gone" (410) or "refused" (anything else)',
  },
  a2a_remote_call_duration_seconds: {
    kind: 'histogram',
    of: 'worker',
    labels: ['target', 'outcome'],
    help: 'Attempts to call remote agents and how long they took, by what agents.yaml calls them',
  },
  a2a_remote_breaker_open: {
    kind: 'gauge',
    of: 'worker',
    labels: ['target'],
    help: '1 while a remote agent is left alone, but for one call in 30 s, because it has failed again and again',
    merge: 'max',
  },
  a2a_model_call_duration_seconds: {
    kind: 'histogram',
    of: 'worker',
    labels: ['model', 'outcome'],
    help: 'Attempts to call models and how long they took',
  },
  a2a_model_tokens_total: {
    kind: 'counter',
    of: 'worker',
    labels: ['model', 'type'],
    help: 'Tokens of models: "input" and "output"; estimated where the endpoint does not count',
  },
} as const satisfies Record<string, MetricRow>;

type Table = typeof METRICS;
export type MetricName = keyof Table;
type NameOf<Kind extends MetricRow['kind']> = {
  [Name in MetricName]: Table[Name]['kind'] extends Kind ? Name : never;
}[MetricName];
export type CounterName = NameOf<'counter'>;
export type GaugeName = NameOf<'gauge'>;
export type HistogramName = NameOf<'histogram'>;

/** A value for each label of a metric; a label without one is the empty text. */
export type LabelsOf<Name extends MetricName> = {
  readonly [Label in Table[Name]['labels'][number]]: string;
};
