import { isInterrupted, type TaskUpdate } from '../a2a/task-update';
import type { Struct } from '../a2a/types';

/**
 * How fast a workflow may be signalled by one activity, or child workflow. Temporal takes 10,000 signals for a run and ends a workflow at 51,200 events, of
 * which a signal costs up to four; messages of the client need some of them, too.
 */

const FIRST_GAP_MS = 20;
const GROWTH = 1.001;
const EVENTS_PER_SIGNAL = 4;

/** From this gap on, in ms, progress that was overtaken while it waited is left out. */
const LONG_GAP_MS = 1_000;

/**
 * Smallest time in ms between two signals to a workflow that has got `signals` of them, or whose history is as long as
 * if it had. It may get some 50 in its first second, 2,000 in its first three minutes, 5,200 in its first hour and
 * 8,400 in its first day: never as many as Temporal refuses. Updates that come more slowly leave at once.
 */
export function smallestGapMs(signals: number): number {
  return FIRST_GAP_MS * GROWTH ** signals;
}

/** As many signals as make a history of that length. */
export function signalsLike(historyLength: number): number {
  return Math.floor(historyLength / EVENTS_PER_SIGNAL);
}

/**
 * The updates without progress that later progress has overtaken, when they had to wait for long. It is null then,
 * which readers pass over, so that places are counted as before; its metadata are kept.
 */
export function thinned(updates: readonly TaskUpdate[], gapMs: number): (TaskUpdate | null)[] {
  if (gapMs < LONG_GAP_MS) return [...updates];
  const kept: (TaskUpdate | null)[] = [...updates];
  let last: number | undefined;
  for (const [index, update] of updates.entries()) {
    if (!isProgress(update)) {
      if ('statusUpdate' in update) last = undefined;
      continue;
    }
    const before = last === undefined ? undefined : kept[last];
    if (last !== undefined && before && isProgress(before)) {
      kept[last] = null;
      kept[index] = withMetadata(update, before.statusUpdate.metadata);
    }
    last = index;
  }
  return kept;
}

type StatusUpdate = Extract<TaskUpdate, { statusUpdate: unknown }>;

/** A status that a later one takes the place of, and that no history keeps. */
export function isProgress(update: TaskUpdate): update is StatusUpdate {
  return 'statusUpdate' in update && !isInterrupted(update.statusUpdate.status.state);
}

function withMetadata({ statusUpdate }: StatusUpdate, before: Struct | undefined): StatusUpdate {
  if (before === undefined) return { statusUpdate };
  return { statusUpdate: { ...statusUpdate, metadata: { ...before, ...statusUpdate.metadata } } };
}
