import { workflowInfo } from '@temporalio/workflow';
import { agentKey, type LocalContext, type RemoteAgent } from '../contract/agent-call';
import { toKeyword } from '../contract/keyword';
import { taskAttributes } from '../contract/task-attributes';
import { callingTask } from './calling-task';

/**
 * The contexts that agents have given to this workflow's calls. Calls of one agent that follow one another are in one
 * context, as a conversation is; a call that begins while another is in it begins a context of its own.
 */
const contexts = new Map<string, { contextId?: string; inUse: boolean }>();

/** An agent of this bridge has been called, which may have called others. */
let calledChild = false;

/** A call's right to the context of its agent. */
export interface ContextLease {
  /** The agent's context, when an earlier call has told it. */
  readonly contextId: string | undefined;
  /** For later calls. */
  keep(contextId: string): void;
  release(): void;
}

/** For a call of an agent of this bridge; undefined while another call of it is in the contexts that it keeps. */
export function leaseChildContext(agentId: string): ContextLease | undefined {
  calledChild = true;
  return leaseContext(agentId);
}

/** Undefined while another call of the agent is in its context. */
function leaseContext(key: string): ContextLease | undefined {
  const context = contexts.get(key) ?? { inUse: false };
  contexts.set(key, context);
  if (context.inUse) return undefined;
  context.inUse = true;
  return {
    contextId: context.contextId,
    keep(contextId) {
      if (contextId !== '') context.contextId = contextId;
    },
    release() {
      context.inUse = false;
    },
  };
}

/** For a call of a remote agent; undefined when it is to begin a context of its own. */
export function leaseRemoteContext(
  agent: RemoteAgent,
): { lease: ContextLease; local: LocalContext } | undefined {
  const local = localContext();
  const lease = local && leaseContext(agentKey(agent));
  return local && lease && { lease, local };
}

/** The context that this workflow calls agents in; undefined when it is no task of the bridge. */
function localContext(): LocalContext | undefined {
  const caller = callingTask();
  const owner = caller?.owner ?? workflowInfo().typedSearchAttributes.get(taskAttributes.owner);
  if (caller === undefined || owner === undefined) return undefined;
  const isNew = caller.startsContext === true && !calledChild;
  return { contextId: toKeyword(caller.contextId), owner, isNew };
}
