import { createHash } from 'node:crypto';
import type { Context } from 'koa';
import type { AgentCard, AgentInterface } from '../a2a/types';
import type { AgentConfig } from '../config/agents';
import { cardSecurity, securityForAll, securityInV1 } from './card-security';
import type { AgentCardSignature } from './card-signer';
import { askedVersion, SUPPORTED_VERSIONS } from './service-parameters';
import { cardOfBoth, cardToV03 } from './v0-3/card';

/** Input modes of an agent that names none: it takes every media type. Clients look for those of text and JSON. */
const ANY_INPUT = ['text/plain', 'application/json', '*/*'];

export interface CardOptions {
  /** Where gRPC is served, as `host:port` or a URL; without it, it is not. */
  grpcUrl?: string | undefined;
}

/** The URL of an agent: its own path, or the root when it is the default agent and was asked for there. */
export function agentUrl(base: string, agent: AgentConfig, atRoot: boolean): string {
  return atRoot ? base : `${base}/a2a/${encodeURIComponent(agent.id)}`;
}

/** The card that everybody may read, in the shape of 1.0 (specification section 4.4.1). */
export function agentCard(agent: AgentConfig, url: string, options: CardOptions = {}): AgentCard {
  const { publicGrpcUrl = options.grpcUrl, defaultInputModes = ANY_INPUT } = agent;
  const grpcUrl = publicGrpcUrl === 'off' ? undefined : publicGrpcUrl;
  return withoutUndefined({
    name: agent.name,
    description: agent.description,
    version: agent.version,
    supportedInterfaces: SUPPORTED_VERSIONS.filter((version) => agent.versions.includes(version)).flatMap(
      (protocolVersion) => [
        { url, protocolBinding: 'JSONRPC', protocolVersion },
        { url, protocolBinding: 'HTTP+JSON', protocolVersion },
        ...(grpcUrl === undefined ? [] : grpcInterfaces(agent, grpcUrl, protocolVersion)),
      ],
    ),
    provider: agent.provider,
    documentationUrl: agent.documentationUrl,
    iconUrl: agent.iconUrl,
    capabilities: {
      streaming: agent.streaming,
      pushNotifications: agent.pushNotifications,
      extensions: agent.extensions.length > 0 ? agent.extensions : undefined,
      extendedAgentCard: agent.extendedCard !== undefined,
    },
    defaultInputModes,
    defaultOutputModes: agent.defaultOutputModes,
    // Optional in the specification; clients such as fasta2a's want them on each skill.
    skills: agent.skills.map((skill) => ({
      ...skill,
      inputModes: skill.inputModes ?? defaultInputModes,
      outputModes: skill.outputModes ?? agent.defaultOutputModes,
    })),
    ...cardSecurity(agent.authentication),
  }) as AgentCard;
}

/** On the one address of gRPC the tenant tells agents apart; 0.3 has none, so only the default agent is there. */
function grpcInterfaces(agent: AgentConfig, url: string, protocolVersion: string): AgentInterface[] {
  const common = { url, protocolBinding: 'GRPC', protocolVersion };
  if (protocolVersion === '1.0') return [{ ...common, tenant: agent.id }];
  return agent.default ? [common] : [];
}

/** The card for known callers, for an agent that has one (section 3.1.11). */
export function extendedAgentCard(agent: AgentConfig, url: string, options: CardOptions = {}): AgentCard {
  const skills = [...agent.skills, ...(agent.extendedCard?.skills ?? [])];
  const description = agent.extendedCard?.description ?? agent.description;
  return agentCard({ ...agent, description, skills }, url, options);
}

/** The card in the shape of the version that the request names; without one, in a shape that all versions read. */
export function cardInVersion(ctx: Context, card: AgentCard): object {
  ctx.vary('A2A-Version');
  const asked = askedVersion(ctx);
  const hasV03 = card.supportedInterfaces.some(({ protocolVersion }) => protocolVersion === '0.3');
  if (asked === '1.0') return securityInV1(card);
  if (asked === '0.3' && hasV03) return cardToV03(card);
  return securityForAll(hasV03 ? cardOfBoth(card) : securityInV1(card));
}

function withoutUndefined(card: object): unknown {
  return JSON.parse(JSON.stringify(card));
}

/** Answers with a card, or with 304 when the client has this one already (section 8.6). */
export function answerCard(ctx: Context, card: object, lastModified: Date): void {
  const body = JSON.stringify(card);
  const etag = `"${createHash('sha256').update(lasting(card)).digest('base64url')}"`;
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

/** What of a card stays the same on each node: of its signatures, whose bytes may differ, which keys made them. */
function lasting(card: object): string {
  const { signatures, ...content } = card as { signatures?: AgentCardSignature[] };
  const text = JSON.stringify(content);
  return signatures === undefined ? text : `${text} ${signatures.map((each) => each.protected).join(' ')}`;
}

function isFresh(ctx: Context, etag: string, lastModified: Date): boolean {
  const known = ctx.get('If-None-Match');
  if (known !== '') {
    return known.split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')));
  }
  // HTTP dates have whole seconds; NaN, for what is no date, is never fresh.
  return Date.parse(ctx.get('If-Modified-Since')) >= Math.floor(lastModified.getTime() / 1000) * 1000;
}
