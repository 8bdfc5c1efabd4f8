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
export const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

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
