import { getCurrentDetails, setCurrentDetails } from '@temporalio/workflow';
import { firstArtifacts } from '../a2a/task-update';
import type { Task } from '../a2a/types';
import { firstWords, summaryOf } from '../contract/summary';

/** Artifacts that are named; of others there is the number. */
const MAX_NAMES = 10;

/** What was shown last; each workflow has modules, and so variables, of its own. */
let shown = '';
let more: () => string = () => '';

/**
 * Shows in Temporal's UI, as the current details of the workflow, where the task is; unless the workflow's own code
 * shows something there.
 */
export function showTask(task: Task): void {
  const { state, timestamp, message } = task.status;
  const { first, count } = firstArtifacts(task, MAX_NAMES);
  const words = message === undefined ? '' : firstWords(message);
  const names = first.map(({ artifactId, name }) => summaryOf(name ?? artifactId));
  const others = count - names.length;
  showDetails(
    [
      `**${state.replace('TASK_STATE_', '')}**${timestamp === undefined ? '' : ` since ${timestamp}`}`,
      words && `> ${words}`,
      names.length > 0 && `Artifacts: ${names.join(', ')}${others > 0 ? ` and ${others} more` : ''}`,
      more(),
    ]
      .filter(Boolean)
      .join('\n\n'),
  );
}

/** Shows this in Temporal's UI; unless the workflow's own code shows something there. */
export function showDetails(details: string): void {
  if (getCurrentDetails() !== shown) return;
  setCurrentDetails(details);
  shown = details;
}

/** What is shown below where the task is. */
export function showBelow(details: () => string): void {
  more = details;
}
