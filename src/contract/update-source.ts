import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { isObject } from '../a2a/is-object';

/** Value of the header field `a2a_source`: where a signal `a2a_update` belongs in what one activity reports. */
export interface UpdateSource {
  activityId: string;
  /** Place of the signal's first update among all that this activity reports, from 0. */
  index: number;
  /** The history tells when the activity was scheduled, as it does for all but local ones. */
  scheduled?: boolean;
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
 * The activities that a run has scheduled. After a reset the run gets all signals again that came behind the reset
 * point, also those from activities that it has not scheduled yet: what they do then, they report anew.
 */
export class ScheduledActivities {
  constructor(private readonly ids = new Set<string>()) {}

  copy(): ScheduledActivities {
    return new ScheduledActivities(new Set(this.ids));
  }

  add(activityId: string): void {
    this.ids.add(activityId);
  }

  /** Whether a reset has undone what was reported. */
  isUndone(source: UpdateSource | undefined): boolean {
    return source?.scheduled === true && !this.ids.has(source.activityId);
  }
}
