import type { A2ARequestHandler, ServerCallContext, User } from '@a2a-js/sdk/server';
import { agentCard, agentUrl, extendedAgentCard } from '../api/agent-card';
import { BridgeRequestHandler } from '../bridge/request-handler';
import { JWKS_PATH } from '../bridge/push-signer';
import type { AgentConfig } from '../config/agents';
import type { GrpcVersion } from './caller';
import type { GrpcServices } from './services';

/** Who makes a call, in the context that the SDK's service hands to the request handler. */
export class CallUser implements User {
  readonly isAuthenticated = true;

  constructor(
    readonly userName: string,
    /** Aborted when nobody waits for the call any more. */
    readonly signal: AbortSignal,
  ) {}
}

/** The request handlers of the agents for one version, each made when it is first asked for. */
export function agentHandlers(
  services: GrpcServices,
  version: GrpcVersion,
): (agent: AgentConfig) => A2ARequestHandler {
  const handlers = new WeakMap<AgentConfig, A2ARequestHandler>();
  return (agent) => {
    const known = handlers.get(agent);
    if (known !== undefined) return known;
    const { operations } = services;
    const at = agentUrl(services.url(), agent, false);
    const options = { grpcUrl: services.grpcUrl() };
    const card = agentCard(agent, at, options);
    // In 0.3 GetAgentCard is one with GET /v1/card, which has a card to give in any case.
    const instead = version === '0.3' ? card : undefined;
    const { cardSigner } = services;
    const jwksUrl = `${services.url().replace(/\/+$/, '')}${JWKS_PATH}`;
    const handler = new BridgeRequestHandler({
      operations,
      agent,
      version,
      card,
      extendedCard: agent.extendedCard ? extendedAgentCard(agent, at, options) : instead,
      // The SDK makes cards of 0.3 of these, which the signatures would not cover.
      ...(cardSigner !== undefined &&
        version === '1.0' && { signCard: (unsigned) => cardSigner.sign(unsigned, jwksUrl) }),
      owner: ({ user }) => callUser(user).userName,
      signal: ({ user }) => callUser(user).signal,
    });
    handlers.set(agent, handler);
    return handler;
  };
}

function callUser(user: ServerCallContext['user']): CallUser {
  if (user instanceof CallUser) return user;
  throw new Error('The call has no user');
}
