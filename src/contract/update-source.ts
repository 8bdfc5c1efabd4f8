import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { isObject } from '../a2a/is-object';

/** Value of the header field `a2a_source`: where a signal `a2a_update` belongs in what one activity reports. */
export interface UpdateSource {
  activityId: string;
  /** Place of the signal's first update among all that this activity reports, from 0. */
  index: number;
  /** How many updates the signal holds, those that are left out among them; unset up to version 0.1.0. */
  count?: number;
  /** Which attempt of the activity reports, from 1, which is left out. */
  attempt?: number;
  /** The history tells when the activity was scheduled, as it does for all but local ones. */
  scheduled?: boolean;
}

/** What one activity has told. */
export interface Told {
  count: number;
  /** The latest attempt that has told something. */
  attempt: number;
}

/** Header fields are not encoded by codecs, so that workflow code can read them. */
export function writeSource(source: UpdateSource): Payload {
  return defaultPayloadConverter.toPayload(source);
}

export function readSource(payload: Payload | null | undefined): UpdateSource | undefined {
  if (!payload) return undefined;
  try {
    const source: unknown = defaultPayloadConverter.fromPayload(payload);
    return isUpdateSource(source) ? source : undefined;
  } catch {
    // Written by somebody else, or encoded by a codec, as up to version 0.1.0.
    return undefined;
  }
}

export function isUpdateSource(value: unknown): value is UpdateSource {
  return isObject(value) && typeof value.activityId === 'string' && typeof value.index === 'number';
}

/**
 * What the activities of a run have reported, for all who read its signals, so that they agree.
 *
 * After a reset the run gets all signals again that came behind the reset point, also those from activities that it has
 * not scheduled yet: what they do then, they report anew.
 *
 * A worker that was taken for dead may go on, and so may the attempt that it runs, beside the one that was begun in its
 * place. What the earlier attempt reports behind a later one is dropped, and so is what was told already.
 */
export class ReportedUpdates {
  constructor(
    private readonly scheduled = new Set<string>(),
    private readonly told = new Map<string, Told>(),
  ) {}

  copy(): ReportedUpdates {
    return new ReportedUpdates(new Set(this.scheduled), new Map(this.told));
  }

  schedule(activityId: string): void {
    this.scheduled.add(activityId);
  }

  /** Whether the run has scheduled the activity; otherwise a reset has undone what was reported. */
  isScheduled({ activityId, scheduled }: UpdateSource): boolean {
    return scheduled !== true || this.scheduled.has(activityId);
  }

  toldBy(activityId: string): Told {
    return this.told.get(activityId) ?? NOTHING;
  }

  /** How many updates of a signal are passed over, from its first one on; Infinity for all of them. */
  passedOver(source: UpdateSource | undefined): number {
    if (source === undefined) return 0;
    const { activityId, index, count, attempt = 1 } = source;
    if (!this.isScheduled(source)) return Number.POSITIVE_INFINITY;
    if (count === undefined) return 0;
    const told = this.toldBy(activityId);
    if (attempt < told.attempt) return Number.POSITIVE_INFINITY;
    const repeated = told.count - index;
    if (repeated <= 0 || count === 0) return 0;
    return repeated < count ? repeated : Number.POSITIVE_INFINITY;
  }

  /** The signal was read. */
  take(source: UpdateSource | undefined): void {
    if (source?.count === undefined || !this.isScheduled(source)) return;
    const { activityId, index, count, attempt = 1 } = source;
    const told = this.toldBy(activityId);
    if (attempt < told.attempt) return;
    this.told.set(activityId, { count: Math.max(told.count, index + count), attempt });
  }
}

const NOTHING: Told = { count: 0, attempt: 1 };
