/** For activities: reporting progress and artifacts of the task whose workflow runs them. */

export { dataOf, textOf, toParts } from './a2a/parts';
export type { TaskUpdate } from './a2a/task-update';
export type { Artifact, JsonValue, Message, Part, Struct } from './a2a/types';
export { TaskReporter, withTaskReporter } from './activities/task-reporter';
