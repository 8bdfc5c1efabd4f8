import type { CounterName, GaugeName, HistogramName, LabelsOf } from './table';

/** What a gauge shows now, for one combination of its labels. */
export interface Reading<Name extends GaugeName> {
  labels: LabelsOf<Name>;
  value: number;
}

/** Where the parts of the bridge tell what they count; `createMetrics` makes one for Prometheus. */
export interface Meter {
  /** Adds to a counter, 1 unless told otherwise. */
  add<Name extends CounterName>(name: Name, labels: LabelsOf<Name>, by?: number): void;
  /** Notes one value of a histogram, in its unit. */
  observe<Name extends HistogramName>(name: Name, labels: LabelsOf<Name>, value: number): void;
  /**
   * Asks `read` whenever somebody looks at the gauge; a reading that fails is left out.
   * @returns ends that
   */
  gauge<Name extends GaugeName>(
    name: Name,
    read: () => readonly Reading<Name>[] | Promise<readonly Reading<Name>[]>,
  ): () => void;
}

/** Where nobody counts. */
export const NO_METER: Meter = { add: () => {}, observe: () => {}, gauge: () => () => {} };
