import { isGrpcServiceError } from '@temporalio/client';
import { BridgeError, TaskNotFoundError } from '../a2a/errors';
import type { ListTasksRequest, Task } from '../a2a/types';
import { CodecUnavailable } from '../temporal/codecs';
import { foldHistory } from './history';
import { limitHistory } from './history-length';
import { withProblem } from './problem';
import type { StuckTasks } from './stuck-tasks';
import { GRPC, isGrpcError, type TemporalCalls } from './temporal-calls';
import type { CallContext } from './types';
import type { Visibility } from './visibility';
import { type VisibleRun, visibleTask } from './visible-task';

/** `superseded`: the task has gone on in another run, which is listed too, or is gone. */
export type ListedTask = Task | 'superseded' | undefined;

/** Reads the tasks that visibility has found. */
export class ListedTasks {
  constructor(
    private readonly calls: TemporalCalls,
    private readonly stuck: StuckTasks,
    private readonly visibility: Visibility,
  ) {}

  /** Undefined when the task is in another state or context by now, or is deleted. */
  async read(run: VisibleRun, request: ListTasksRequest, call: CallContext): Promise<ListedTask> {
    const { contextId, status, historyLength, includeArtifacts } = request;
    try {
      const fold = await foldHistory(this.calls, { workflowId: run.taskId });
      const { task } = fold;
      if (task === undefined) return undefined;
      if (await this.isOld(run, fold.runId)) return 'superseded';
      if (status !== undefined && task.status.state !== status) return undefined;
      if (contextId !== undefined && task.contextId !== contextId) return undefined;
      const problem = await this.stuck.problemOf(fold, call.agent.id);
      const shown = problem === undefined ? task : withProblem(task, problem);
      const { artifacts, ...rest } = limitHistory(shown, historyLength);
      return includeArtifacts === true ? { ...rest, artifacts: artifacts ?? [] } : rest;
    } catch (error) {
      // Its retention has just ended, or its latest run was deleted.
      if (isGrpcError(error, GRPC.NOT_FOUND) || error instanceof TaskNotFoundError) return 'superseded';
      const isTemporals = isGrpcServiceError(error) || error instanceof BridgeError;
      if (isTemporals && !(error instanceof CodecUnavailable)) throw error;
      // A codec is down, or something is wrong with this very task: that is no reason to show none.
      this.calls.reports.listed(run.taskId, error);
      return visibleTask(run);
    }
  }

  /** Whether visibility has the run that counts, too: it follows the history a little later. */
  private async isOld({ taskId, runId }: VisibleRun, currentRunId: string): Promise<boolean> {
    if (runId === currentRunId) return false;
    if (taskId.includes("'")) return true;
    return (await this.visibility.count(`WorkflowId = '${taskId}' AND RunId = '${currentRunId}'`)) > 0;
  }
}
