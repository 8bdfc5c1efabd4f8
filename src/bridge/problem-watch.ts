import type { Task } from '../a2a/types';
import type { Problem } from './problem';
import { SharedTimer } from './shared-timer';
import type { StuckTasks } from './stuck-tasks';
import type { TaskFollower } from './task-follower';

/** Time in ms between two looks at what the node knows of the task anyway. */
const LOOK_MS = 500;

/** There may be as many watches as there are streams. */
const looks = new SharedTimer(LOOK_MS);

/**
 * Time in ms that a workflow task may be pending before whoever waits for the task hears of it: long enough for a worker
 * that is started again, short enough for clients that give up after 5 s.
 */
const TELL_AFTER_MS = 3_500;

/** Longest time in ms between two questions to Temporal about a task that is not followed. */
const LONGEST_MS = 30_000;

export interface ProblemWatchOptions {
  stuck: StuckTasks;
  follower: TaskFollower;
  /** Also tell of called tasks that an operator has paused. */
  tellsPauses?: boolean;
}

/**
 * Tells whoever waits for a task when it is stuck: once for each problem that comes while somebody listens. As long as the
 * task is followed, only a workflow task that is pending, or a called task that has not ended, makes it ask Temporal.
 */
export class ProblemWatch {
  private readonly end: () => void;
  private listener: ((problem: Problem) => void) | undefined;
  private told: Problem['kind'] | undefined;
  private pause = TELL_AFTER_MS;
  private askAt = Date.now() + TELL_AFTER_MS;
  private asking = false;
  /** Steps of the task when it was looked at last. */
  private steps = 0;

  constructor(
    private readonly options: ProblemWatchOptions,
    private readonly taskId: string,
    private readonly agentId: string,
  ) {
    this.end = looks.add(() => void this.look());
  }

  /** The Task, as far as the node has read it. */
  get task(): Task | undefined {
    return this.options.follower.followed(this.taskId)?.task;
  }

  /** Who is told next, instead of who was to be told before. Undefined: nobody. */
  listen(listener: ((problem: Problem) => void) | undefined): void {
    this.listener = listener;
  }

  close(): void {
    this.end();
    this.listener = undefined;
  }

  private async look(): Promise<void> {
    if (this.asking || this.listener === undefined || !this.isDue()) return;
    this.asking = true;
    const { taskId, agentId } = this;
    const problem = await this.options.stuck.check(taskId, agentId);
    this.asking = false;
    const { listener } = this;
    if (problem === undefined) this.told = undefined;
    if (problem === undefined || problem.kind === this.told || listener === undefined) return;
    if (problem.kind === 'CALLED_TASK_PAUSED' && this.options.tellsPauses !== true) return;
    this.told = problem.kind;
    this.listener = undefined;
    listener(problem);
  }

  private isDue(): boolean {
    const fold = this.options.follower.followed(this.taskId);
    if (fold === undefined) return this.isTime();
    const pendingMs = fold.workflowTaskPendingMs;
    if (pendingMs === 0 && fold.children.size > 0) {
      if (fold.sequence !== this.steps) this.beginAgain(fold.sequence);
      return this.isTime();
    }
    // It goes on; should it stop again, that is another problem.
    if (pendingMs === 0) this.told = undefined;
    return pendingMs >= TELL_AFTER_MS;
  }

  /** After ever longer pauses. */
  private isTime(): boolean {
    if (Date.now() < this.askAt) return false;
    this.pause = Math.min(this.pause * 2, LONGEST_MS);
    this.askAt = Date.now() + this.pause;
    return true;
  }

  /** The task goes on. */
  private beginAgain(steps: number): void {
    this.steps = steps;
    this.told = undefined;
    this.pause = TELL_AFTER_MS;
    this.askAt = Date.now() + TELL_AFTER_MS;
  }
}
