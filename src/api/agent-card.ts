import { createHash } from 'node:crypto';
import type { Context } from 'koa';
import type { AgentCard } from '../a2a/types';
import type { AgentConfig } from '../config/agents';
import { SUPPORTED_VERSIONS } from './service-parameters';

/** The URL of an agent: its own path, or the root when it is the default agent and was asked for there. */
export function agentUrl(base: string, agent: AgentConfig, atRoot: boolean): string {
  return atRoot ? base : `${base}/a2a/${encodeURIComponent(agent.id)}`;
}

/** The card that everybody may read (specification section 4.4.1). */
export function agentCard(agent: AgentConfig, url: string): AgentCard {
  return withoutUndefined({
    name: agent.name,
    description: agent.description,
    version: agent.version,
    supportedInterfaces: SUPPORTED_VERSIONS.flatMap((protocolVersion) => [
      { url, protocolBinding: 'JSONRPC', protocolVersion },
      { url, protocolBinding: 'HTTP+JSON', protocolVersion },
    ]),
    provider: agent.provider,
    documentationUrl: agent.documentationUrl,
    iconUrl: agent.iconUrl,
    capabilities: {
      streaming: agent.streaming,
      pushNotifications: false,
      extensions: agent.extensions.length > 0 ? agent.extensions : undefined,
      extendedAgentCard: agent.extendedCard !== undefined,
    },
    defaultInputModes: agent.defaultInputModes,
    defaultOutputModes: agent.defaultOutputModes,
    skills: agent.skills,
  }) as AgentCard;
}

/** The card for known callers, for an agent that has one (section 3.1.11). */
export function extendedAgentCard(agent: AgentConfig, url: string): AgentCard {
  const skills = [...agent.skills, ...(agent.extendedCard?.skills ?? [])];
  const description = agent.extendedCard?.description ?? agent.description;
  return agentCard({ ...agent, description, skills }, url);
}

function withoutUndefined(card: object): unknown {
  return JSON.parse(JSON.stringify(card));
}

/** Answers with a card, or with 304 when the client has this one already (section 8.6). */
export function answerCard(ctx: Context, card: AgentCard, lastModified: Date): void {
  const body = JSON.stringify(card);
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  ctx.set('ETag', etag);
  ctx.set('Last-Modified', lastModified.toUTCString());
  ctx.set('Cache-Control', 'public, max-age=300');
  if (isFresh(ctx, etag, lastModified)) {
    ctx.status = 304;
    return;
  }
  ctx.type = 'application/json';
  ctx.body = body;
}

function isFresh(ctx: Context, etag: string, lastModified: Date): boolean {
  const known = ctx.get('If-None-Match');
  if (known !== '') {
    return known.split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')));
  }
  // HTTP dates have whole seconds; NaN, for what is no date, is never fresh.
  return Date.parse(ctx.get('If-Modified-Since')) >= Math.floor(lastModified.getTime() / 1000) * 1000;
}
