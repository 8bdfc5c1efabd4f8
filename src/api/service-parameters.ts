import type { Context } from 'koa';
import { ExtensionSupportRequiredError, VersionNotSupportedError } from '../a2a/errors';
import type { AgentConfig } from '../config/agents';

/**
 * The parameters that travel beside a request (specification section 3.2.6): version and extensions.
 */

/** A further version is plugged in here, and where the bindings ask for it. */
export const SUPPORTED_VERSIONS = ['1.0'] as const;

export type ProtocolVersion = (typeof SUPPORTED_VERSIONS)[number];

/** What a client speaks that says nothing (section 3.6.2). */
const DEFAULT_VERSION = '0.3';

/**
 * The version that the request is in: header or query parameter `A2A-Version`, major and minor only.
 * @throws VersionNotSupportedError
 */
export function readVersion(ctx: Context): ProtocolVersion {
  const asked = ctx.get('A2A-Version').trim() || queryVersion(ctx) || DEFAULT_VERSION;
  const majorMinor = /^(\d{1,5}\.\d{1,5})(\.\d{1,5})?$/.exec(asked)?.[1];
  const version = SUPPORTED_VERSIONS.find((supported) => supported === majorMinor);
  if (version !== undefined) return version;
  const supported = SUPPORTED_VERSIONS.join(', ');
  const shown = JSON.stringify(asked.slice(0, 50));
  throw new VersionNotSupportedError({
    message: `A2A version ${shown} is not supported; supported: ${supported} (set the header A2A-Version)`,
    metadata: { requestedVersion: asked.slice(0, 50), supportedVersions: supported },
  });
}

function queryVersion(ctx: Context): string {
  for (const [name, value] of new URLSearchParams(ctx.querystring)) {
    if (name.toLowerCase() === 'a2a-version') return value.trim();
  }
  return '';
}

/** The extensions that the client asks for. */
function requestedExtensions(ctx: Context): string[] {
  return ctx
    .get('A2A-Extensions')
    .split(',')
    .map((uri) => uri.trim())
    .filter((uri) => uri !== '');
}

/**
 * Activates what the client asks for and the agent declares, and says so in the response (section 4.6).
 * @throws ExtensionSupportRequiredError when the client leaves out one that the agent requires
 */
export function activateExtensions(ctx: Context, agent: AgentConfig): void {
  const requested = requestedExtensions(ctx);
  const missing = agent.extensions.filter(
    ({ required, uri }) => required === true && !requested.includes(uri),
  );
  if (missing.length > 0) {
    const uris = missing.map(({ uri }) => uri).join(', ');
    throw new ExtensionSupportRequiredError({
      message: `The agent requires extensions that the header A2A-Extensions does not list: ${uris}`,
      metadata: { requiredExtensions: uris },
    });
  }
  const active = agent.extensions.filter(({ uri }) => requested.includes(uri)).map(({ uri }) => uri);
  if (active.length > 0) ctx.set('A2A-Extensions', active.join(', '));
}
