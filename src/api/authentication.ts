import type { Context } from 'koa';
import { asksByAuthentication } from '../auth/authenticator';
import { distinctOwner } from '../bridge/owner';
import type { AgentConfig } from '../config/agents';
import type { Address } from './agent-directory';
import { toWireError } from './error-table';
import { requestContext } from './request-context';
import type { Services } from './services';

/*
 * Who calls is known before anything else is told. A binding calls `admit` before it reads a body; `serveCall`
 * then asks for the agent that the request turns out to mean, since the tenant in a body may choose another.
 */

/**
 * Lets in who may call the agent of the path; at the root, where the body may name the agent, who may call any.
 * @throws BridgeError UNAUTHENTICATED, PERMISSION_DENIED, UNAVAILABLE
 */
export async function admit(services: Services, ctx: Context, address: Address): Promise<void> {
  const { agents } = services;
  if (address.agentId !== undefined || address.pathTenant !== undefined) {
    const agent = agents.atPath(address);
    const { audited } = requestContext(ctx).facts;
    if (audited !== undefined && agent !== undefined) audited.agent = agent.id;
    await ownerFor(services, ctx, agent);
    return;
  }
  const { defaultAgent } = agents;
  const others = agents.all.filter((agent) => agent !== defaultAgent);
  let refusal: unknown;
  for (const agent of defaultAgent === undefined ? others : [defaultAgent, ...others]) {
    try {
      await ownerFor(services, ctx, agent);
      return;
    } catch (error) {
      refusal ??= error;
    }
  }
  throw refusal;
}

const NO_AUTHENTICATION = Symbol('no authentication');

/**
 * The owner of what the request makes at an agent; asked once a request, for all agents with the same `authentication`.
 * @param agent undefined when what the request names does not exist
 * @throws BridgeError UNAUTHENTICATED, PERMISSION_DENIED, UNAVAILABLE
 */
function ownerFor(services: Services, ctx: Context, agent: AgentConfig | undefined): Promise<string> {
  const context = requestContext(ctx);
  context.owners ??= new Map();
  const { owners } = context;
  const isShared = agent !== undefined && asksByAuthentication(services.authenticate);
  const key = isShared ? (agent.authentication ?? NO_AUTHENTICATION) : agent;
  const known = owners.get(key);
  if (known !== undefined) return known;
  const asked = (async () =>
    distinctOwner(
      await services.authenticate({
        header: (name) => ctx.get(name),
        agent,
        recognized: (caller) => Object.assign(context.facts.audited ?? {}, caller),
      }),
    ))();
  owners.set(key, asked);
  return asked;
}

/**
 * The agent that a request means, and the owner of what it makes there.
 * @throws what {@link ownerFor} throws, before what says that there is no such agent
 */
export async function authenticateCall(
  services: Services,
  ctx: Context,
  address: Address,
): Promise<{ agent: AgentConfig; owner: string }> {
  let agent: AgentConfig;
  try {
    agent = services.agents.resolve(address);
  } catch (error) {
    await ownerFor(services, ctx, services.agents.atPath(address));
    throw error;
  }
  return { agent, owner: await ownerFor(services, ctx, agent) };
}

/** The agents that the caller may call: no others are listed to it. */
export async function visibleAgents(services: Services, ctx: Context): Promise<AgentConfig[]> {
  const visible: AgentConfig[] = [];
  for (const agent of services.agents.all) {
    try {
      await ownerFor(services, ctx, agent);
      visible.push(agent);
    } catch (error) {
      if (!['UNAUTHENTICATED', 'PERMISSION_DENIED'].includes(toWireError(error).reason)) throw error;
    }
  }
  return visible;
}
