import type { Context } from 'koa';
import { VersionNotSupportedError } from '../a2a/errors';
import { activeExtensions } from '../bridge/extensions';
import type { ProtocolVersion } from '../bridge/types';
import type { AgentConfig } from '../config/agents';

/**
 * The parameters that travel beside a request (specification section 3.2.6): version and extensions.
 */

/** Those that a client can ask for; what came before has other paths and methods, and no such parameter. */
export const SUPPORTED_VERSIONS = ['1.0', '0.3'] as const satisfies readonly ProtocolVersion[];

export type NegotiatedVersion = (typeof SUPPORTED_VERSIONS)[number];

function requestedVersion(ctx: Context): string {
  return ctx.get('A2A-Version').trim() || queryVersion(ctx);
}

/**
 * The version that the request names: header or query parameter `A2A-Version`, major and minor only; undefined when it
 * names none.
 * @throws VersionNotSupportedError
 */
export function namedVersion(ctx: Context): NegotiatedVersion | undefined {
  const asked = requestedVersion(ctx);
  if (asked === '') return undefined;
  const version = supportedVersion(asked);
  if (version !== undefined) return version;
  const supported = SUPPORTED_VERSIONS.join(', ');
  const shown = JSON.stringify(asked.slice(0, 50));
  throw new VersionNotSupportedError({
    message: `A2A version ${shown} is not supported; supported: ${supported} (set the header A2A-Version)`,
    metadata: { requestedVersion: asked.slice(0, 50), supportedVersions: supported },
  });
}

/** @throws VersionNotSupportedError when the agent may not be called in that version */
export function assertSpoken(agent: AgentConfig, version: ProtocolVersion): void {
  if (agent.versions.includes(version)) return;
  const supported = agent.versions.join(', ');
  throw new VersionNotSupportedError({
    message: `The agent does not support A2A ${version}; supported: ${supported}`,
    metadata: { requestedVersion: version, supportedVersions: supported },
  });
}

/** The version that the request names; undefined when it names none, or one that is not supported. */
export function askedVersion(ctx: Context): NegotiatedVersion | undefined {
  return supportedVersion(requestedVersion(ctx));
}

/** The supported version that a text means, of which major and minor count. */
export function supportedVersion(asked: string): NegotiatedVersion | undefined {
  const majorMinor = /^(\d{1,5}\.\d{1,5})(\.\d{1,5})?$/.exec(asked)?.[1];
  return SUPPORTED_VERSIONS.find((supported) => supported === majorMinor);
}

function queryVersion(ctx: Context): string {
  for (const [name, value] of new URLSearchParams(ctx.querystring)) {
    if (name.toLowerCase() === 'a2a-version') return value.trim();
  }
  return '';
}

/** The extensions that the client asks for; before 1.0 the header began with `X-`. */
function requestedExtensions(ctx: Context): string[] {
  return (ctx.get('A2A-Extensions') || ctx.get('X-A2A-Extensions'))
    .split(',')
    .map((uri) => uri.trim())
    .filter((uri) => uri !== '');
}

/**
 * Activates what the client asks for and the agent declares, and says so in the response (section 4.6).
 * @throws ExtensionSupportRequiredError when the client leaves out one that the agent requires
 */
export function activateExtensions(ctx: Context, agent: AgentConfig, version: ProtocolVersion): void {
  const active = activeExtensions(agent, requestedExtensions(ctx));
  const header = version === '1.0' ? 'A2A-Extensions' : 'X-A2A-Extensions';
  if (active.length > 0) ctx.set(header, active.join(', '));
}
