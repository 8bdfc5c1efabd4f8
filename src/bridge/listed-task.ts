import { isGrpcServiceError } from '@temporalio/client';
import { BridgeError, TaskNotFoundError } from '../a2a/errors';
import type { ListTasksRequest, Task } from '../a2a/types';
import { CodecUnavailable } from '../temporal/codecs';
import type { KnownTasks } from './known-tasks';
import { limitHistory } from './history-length';
import { isTold, type MemoTasks } from './memo-task';
import { withProblem } from './problem';
import { shownBy } from './repeat-answer';
import type { StuckTasks } from './stuck-tasks';
import { GRPC, isGrpcError, type TemporalCalls } from './temporal-calls';
import type { CallContext } from './types';
import type { Visibility } from './visibility';
import { type VisibleRun, visibleTask } from './visible-task';

/** `superseded`: the task has gone on in another run, which is listed too, or is gone. */
export type ListedTask = Task | 'superseded' | undefined;

/**
 * Time in ms for which the last run of an ended task is taken for the last one: visibility tells of another run too, so
 * this matters to tasks on an older page than their latest run.
 */
const CONFIRMED_MS = 10_000;

export interface ListedTasksOptions {
  calls: TemporalCalls;
  stuck: StuckTasks;
  visibility: Visibility;
  known: KnownTasks;
  memos: MemoTasks;
}

/** Reads the tasks that visibility has found. */
export class ListedTasks {
  constructor(private readonly options: ListedTasksOptions) {}

  /** Undefined when the task is in another state or context by now, or is deleted. */
  async read(run: VisibleRun, request: ListTasksRequest, call: CallContext): Promise<ListedTask> {
    const { contextId, status, historyLength, includeArtifacts } = request;
    try {
      const task = (await this.told(run, request, call)) ?? (await this.current(run, call));
      if (task === undefined || task === 'superseded') return task;
      if (status !== undefined && task.status.state !== status) return undefined;
      if (contextId !== undefined && task.contextId !== contextId) return undefined;
      const { artifacts, ...rest } = limitHistory(shownBy(call.agent).task(task), historyLength);
      return includeArtifacts === true ? { ...rest, artifacts: artifacts ?? [] } : rest;
    } catch (error) {
      // Its retention has just ended, or its latest run was deleted.
      if (isGrpcError(error, GRPC.NOT_FOUND) || error instanceof TaskNotFoundError) return 'superseded';
      const isTemporals = isGrpcServiceError(error) || error instanceof BridgeError;
      if (isTemporals && !(error instanceof CodecUnavailable)) throw error;
      // A codec is down, or something is wrong with this very task: that is no reason to show none.
      this.options.calls.reports.listed(run.taskId, error);
      return visibleTask(run);
    }
  }

  /** Undefined when visibility does not tell all of it; then nothing is read. */
  private async told(
    run: VisibleRun,
    { includeArtifacts }: ListTasksRequest,
    { agent }: CallContext,
  ): Promise<Task | undefined> {
    if (includeArtifacts === true || agent.repeatAnswer || !isTold(run)) return undefined;
    return this.options.memos.read(run);
  }

  private async current(run: VisibleRun, call: CallContext): Promise<ListedTask> {
    const end = await this.options.known.current(run.taskId, CONFIRMED_MS);
    const latest = end?.runId === run.runId ? end : await this.fold(run, call);
    if (latest === undefined) return undefined;
    return (await this.isOld(run, latest.runId)) ? 'superseded' : latest.task;
  }

  private async fold(
    { taskId }: VisibleRun,
    { agent }: CallContext,
  ): Promise<{ runId: string; task: Task } | undefined> {
    const { stuck, known } = this.options;
    const fold = await known.fold(taskId);
    const { task, runId } = fold;
    if (task === undefined) return undefined;
    const problem = await stuck.problemOf(fold, agent.id);
    return { runId, task: problem === undefined ? task : withProblem(task, problem) };
  }

  /** Whether visibility has the run that counts, too: it follows the history a little later. */
  private async isOld({ taskId, runId }: VisibleRun, currentRunId: string): Promise<boolean> {
    if (runId === currentRunId) return false;
    if (taskId.includes("'")) return true;
    return (
      (await this.options.visibility.count(`WorkflowId = '${taskId}' AND RunId = '${currentRunId}'`)) > 0
    );
  }
}
