// What a task is to look like, and how one differs from it.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { applyUpdate } = require('../../dist/a2a/task-update.js');

const TERMINAL = ['COMPLETED', 'FAILED', 'CANCELED', 'REJECTED'];

/**
 * How a task differs from what is expected; nothing when it does not.
 * @param expected {state, says, artifacts, reports}: the state without TASK_STATE_; what the message of its status
 *   says, a text, a pattern, or null for none; parts by the name of the artifact, all artifacts; whether there is an
 *   artifact at all. What is left out may be anything.
 */
export function differences(task, { state, says, artifacts, reports }) {
  const found = [];
  const is = stateOf(task);
  if (state !== undefined && is !== state) found.push(`is ${is}, not ${state}: ${saidBy(task) ?? ''}`);
  const said = saidBy(task);
  if (says === null && said !== undefined) found.push(`says "${said}", not nothing`);
  if (says instanceof RegExp && !says.test(said ?? '')) found.push(`says "${said}", not ${says}`);
  if (typeof says === 'string' && said !== says) found.push(`says "${said}", not "${says}"`);
  if (artifacts !== undefined) {
    const have = Object.fromEntries((task.artifacts ?? []).map(({ name, parts }) => [name, parts]));
    if (!same(have, artifacts)) found.push(`has ${JSON.stringify(have)}, not ${JSON.stringify(artifacts)}`);
  }
  if (reports === true && task.artifacts === undefined) found.push('has no artifact');
  return found;
}

/** Without TASK_STATE_. */
export function stateOf(task) {
  return task?.status?.state?.replace('TASK_STATE_', '');
}

export function isTerminal(task) {
  return TERMINAL.includes(stateOf(task));
}

/** The text of a task's status; undefined without a message. */
function saidBy(task) {
  const message = task?.status?.message;
  return message && textOf(message);
}

export function textOf({ parts }) {
  return parts.map(({ text }) => text ?? '').join('');
}

/** The Task that a reader of these StreamResponses has in the end, who had `before`. */
export function folded(responses, before) {
  return responses.reduce((task, response) => {
    const { task: whole, statusUpdate, artifactUpdate } = response;
    if (whole !== undefined) return whole;
    if (task === undefined) throw new Error('there is an update before the Task');
    const { taskId, contextId, ...update } = statusUpdate ?? artifactUpdate;
    if (taskId !== task.id || contextId !== task.contextId) throw new Error(`an update of task ${taskId}`);
    return applyUpdate(
      task,
      statusUpdate === undefined ? { artifactUpdate: update } : { statusUpdate: update },
    );
  }, before);
}

/** What a reader of a stream has, also while it has nothing. */
export function readBy({ events }) {
  return folded(events.map(({ response }) => response)) ?? {};
}

/** What two readers of one task must agree on. */
export function essence({ id, contextId, status, artifacts = [] }) {
  return { id, contextId, status, artifacts };
}

export function same(one, other) {
  try {
    assert.deepEqual(one, other);
    return true;
  } catch {
    return false;
  }
}
