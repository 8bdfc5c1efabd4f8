import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import { SEARCH_ATTRIBUTES, type TaskStart } from './contract';
import { toKeyword } from './keyword';

/** The search attributes by which a task's workflow is found. */
export const taskAttributes = {
  agent: defineSearchAttributeKey('A2aAgent', SEARCH_ATTRIBUTES.A2aAgent),
  context: defineSearchAttributeKey('A2aContext', SEARCH_ATTRIBUTES.A2aContext),
  owner: defineSearchAttributeKey('A2aOwner', SEARCH_ATTRIBUTES.A2aOwner),
  state: defineSearchAttributeKey('A2aState', SEARCH_ATTRIBUTES.A2aState),
  updatedAt: defineSearchAttributeKey('A2aUpdatedAt', SEARCH_ATTRIBUTES.A2aUpdatedAt),
};

/**
 * What the workflow is started with that delivers the push notifications of a task. Without an owner, and so in no
 * list of tasks.
 */
export function pushAttributes(agentId: string, contextId: string, owner: string): TypedSearchAttributes {
  return new TypedSearchAttributes([
    { key: taskAttributes.agent, value: agentId },
    { key: taskAttributes.context, value: toKeyword(contextId) },
    { key: taskAttributes.state, value: pushState(owner) },
  ]);
}

/**
 * Whose push notifications a workflow delivers: where tasks have their state, so that they can be counted by owner.
 * @param owner as the search attribute holds it: see `toKeyword`
 */
export function pushState(owner: string): string {
  return toKeyword(`PUSH:${owner}`);
}

/**
 * What a task's workflow is started with.
 * @param owner as the search attribute holds it: see `toKeyword`
 * @param plain a plain workflow cannot say that it works, so that is said for it
 */
export function startAttributes(start: TaskStart, owner: string, plain: boolean): TypedSearchAttributes {
  return new TypedSearchAttributes([
    { key: taskAttributes.agent, value: start.agentId },
    { key: taskAttributes.context, value: toKeyword(start.task.contextId) },
    { key: taskAttributes.owner, value: owner },
    { key: taskAttributes.state, value: plain ? 'TASK_STATE_WORKING' : 'TASK_STATE_SUBMITTED' },
    { key: taskAttributes.updatedAt, value: new Date() },
  ]);
}
