import { isObject } from '../a2a/is-object';
import type { AgentConfig } from '../config/agents';
import { error, type Finding, ok, reasonOf, warning } from './finding';

const ABOUT = 'PUBLIC_URL';
const TIMEOUT_MS = 10_000;

/** Whether an agent's card is there, as clients find it, and names the same URL. */
export async function checkPublicUrl(
  publicUrl: string | undefined,
  agents: readonly Pick<AgentConfig, 'id' | 'default' | 'versions'>[],
): Promise<Finding> {
  if (publicUrl === undefined) return ok(ABOUT, 'is not set: cards name the host of each request');
  const agent = agents.find((each) => each.default) ?? agents.find(({ versions }) => versions.length > 0);
  if (agent === undefined) return ok(ABOUT, `${publicUrl} serves no agent`);
  const base = publicUrl.replace(/\/+$/, '');
  const url = `${agent.default ? base : `${base}/a2a/${agent.id}`}/.well-known/agent-card.json`;
  let named: string[];
  try {
    const response = await fetch(url, {
      headers: { 'a2a-version': '1.0' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) {
      const text = `${url} answers with status ${response.status}`;
      return error(ABOUT, text, 'let the proxy in front pass all paths on to the API, or correct PUBLIC_URL');
    }
    named = urlsOf(await response.json());
  } catch (cause) {
    const { cause: inner } = cause as { cause?: unknown };
    const text = `${url} cannot be read: ${reasonOf(inner ?? cause)}`;
    return error(ABOUT, text, 'start the API, or correct PUBLIC_URL');
  }
  const wrong = named.filter((each) => !each.startsWith(base));
  if (wrong.length === 0) return ok(ABOUT, `the card of "${agent.id}" is at ${url}, and names the same`);
  const text = `the card of "${agent.id}" at ${url} names ${[...new Set(wrong)].join(', ')}`;
  return warning(ABOUT, text, 'run all API nodes with the same PUBLIC_URL');
}

/** Of the interfaces over HTTP. */
function urlsOf(card: unknown): string[] {
  const { supportedInterfaces } = isObject(card) ? card : {};
  if (!Array.isArray(supportedInterfaces)) return [];
  return supportedInterfaces.flatMap((each: unknown) =>
    isObject(each) && each.protocolBinding !== 'GRPC' && typeof each.url === 'string' ? [each.url] : [],
  );
}
