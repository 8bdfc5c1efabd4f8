import { hasMessage } from '../a2a/task-update';
import type { HistoryFold } from './history-fold';
import type { HistoryStep } from './history-step';
import { isBehind, type Position } from './position';
import type { CacheSection, ReadCache } from './read-cache';

/** What is kept of one task: its last steps, within both limits. */
const MOST = { steps: 1_000, bytes: 1024 ** 2 };

/** The oldest are dropped this many at a time, since that moves the others. */
const DROPPED_AT_ONCE = 100;

/** What a step takes beside its update, in bytes. */
const STEP_BYTES = 1_000;

interface Window {
  /** See {@link HistoryFold.lineage}. */
  lineage: object;
  /** One behind the other, without a gap. */
  steps: HistoryStep[];
  /** Of each step. */
  sizes: number[];
  bytes: number;
}

/** Where a reader wants to begin; see {@link From}. */
export type Beginning = 'start' | { messageId: string } | { position: Position };

/** The last steps of the tasks that this node has read, for those who go on near the end of a task. */
export class RecentSteps {
  private readonly windows: CacheSection<Window>;

  constructor(private readonly cache: ReadCache) {
    this.windows = cache.section('steps');
  }

  /** Whether any are kept. */
  get isOn(): boolean {
    return this.cache.isOn;
  }

  /**
   * What the fold has come to next.
   * @param bytes size of each update as JSON
   */
  add(
    taskId: string,
    { lineage }: HistoryFold,
    steps: readonly HistoryStep[],
    bytes: readonly number[],
  ): void {
    if (steps.length === 0) return;
    let known = this.windows.get(taskId);
    for (const [index, step] of steps.entries()) {
      const last = known?.steps.at(-1)?.sequence;
      const isKnown = known?.lineage === lineage && last !== undefined && step.sequence <= last;
      if (isKnown) continue;
      if (known === undefined || known.lineage !== lineage || step.sequence !== (last ?? 0) + 1) {
        known = { lineage, steps: [], sizes: [], bytes: 0 };
      }
      const size = (bytes[index] ?? 0) + STEP_BYTES;
      known.steps.push(step);
      known.sizes.push(size);
      known.bytes += size;
      if (known.steps.length > MOST.steps || known.bytes > MOST.bytes) dropOldest(known);
    }
    if (known === undefined) return;
    const { bytes: size } = known;
    this.windows.set(taskId, known, () => size);
  }

  /**
   * The steps up to where the fold is now that a reader wants, as {@link TaskFollower.follow} gives them; undefined when
   * they cannot be told from here.
   */
  behind(taskId: string, fold: HistoryFold, from: Beginning): HistoryStep[] | undefined {
    const { task, position, sequence } = fold;
    if (task === undefined || position === undefined) return undefined;
    // Histories of messages grow only: it will come, or never.
    if (isMessage(from) && !hasMessage(task, from.messageId)) return [];
    const window = this.windows.get(taskId);
    if (window?.lineage !== fold.lineage || (window.steps.at(-1)?.sequence ?? 0) < sequence) return undefined;
    const steps = ofRun(window.steps, position.runId, sequence);
    if (from === 'start') {
      const [first] = steps;
      return first?.sequence === 1 && position.runId === (fold.firstRunId ?? position.runId)
        ? steps
        : undefined;
    }
    const at = isMessage(from)
      ? steps.findIndex((step) => hasMessage(step.task, from.messageId))
      : steps.findIndex((step) => isBehind(step.position, from.position));
    if (isMessage(from)) return at > 0 ? steps.slice(at) : undefined;
    if (from.position.runId !== position.runId || steps.length === 0 || at === 0) return undefined;
    return at < 0 ? [] : steps.slice(at);
  }
}

/** The steps of the run at the end, up to that one. */
function ofRun(steps: readonly HistoryStep[], runId: string, sequence: number): HistoryStep[] {
  const end = steps.findLastIndex((step) => step.sequence <= sequence);
  const before = steps.findLastIndex((step, index) => index <= end && step.position.runId !== runId);
  return steps.slice(before + 1, end + 1);
}

function dropOldest(window: Window): void {
  const { steps, sizes } = window;
  do {
    const dropped = sizes.splice(0, Math.min(DROPPED_AT_ONCE, sizes.length - 1));
    steps.splice(0, dropped.length);
    window.bytes -= dropped.reduce((sum, size) => sum + size, 0);
  } while (window.bytes > MOST.bytes && sizes.length > 1);
}

function isMessage(from: Beginning): from is { messageId: string } {
  return typeof from === 'object' && 'messageId' in from;
}
