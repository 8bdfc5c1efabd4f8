import { createHash } from 'node:crypto';
import type { Priority } from '@temporalio/common';
import { weightOf } from '../config/quotas';
import { toKeyword } from '../contract/keyword';
import type { CallContext } from './types';

/** Longest fairness key that Temporal takes, in bytes. */
const MAX_KEY_BYTES = 64;

/**
 * When it is the turn of a workflow's tasks, and of all its activities and child workflows, which inherit this: each
 * owner has a share of a task queue, however many tasks the others have there.
 */
export function priorityOf({ agent, owner }: Pick<CallContext, 'agent' | 'owner'>): Priority {
  const weight = weightOf(agent, owner);
  return {
    fairnessKey: fairnessKey(toKeyword(owner)),
    ...(weight !== undefined && { fairnessWeight: weight }),
    ...(agent.priority !== undefined && { priorityKey: agent.priority }),
  };
}

/**
 * The owner itself, or what tells it from others when that is too long.
 * @param owner as the search attribute holds it: see `toKeyword`
 */
export function fairnessKey(owner: string): string {
  if (Buffer.byteLength(owner) <= MAX_KEY_BYTES) return owner;
  return createHash('sha256').update(owner).digest('hex');
}
