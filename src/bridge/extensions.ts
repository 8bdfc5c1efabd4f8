import { ExtensionSupportRequiredError } from '../a2a/errors';
import type { AgentConfig } from '../config/agents';

/**
 * The extensions that a call activates: those that its client asks for and the agent declares (specification section
 * 4.6).
 * @throws ExtensionSupportRequiredError when the client leaves out one that the agent requires
 */
export function activeExtensions({ extensions }: AgentConfig, requested: readonly string[]): string[] {
  const missing = extensions.filter(({ required, uri }) => required === true && !requested.includes(uri));
  if (missing.length > 0) {
    const uris = missing.map(({ uri }) => uri).join(', ');
    throw new ExtensionSupportRequiredError({
      message: `The agent requires extensions that the header A2A-Extensions does not list: ${uris}`,
      metadata: { requiredExtensions: uris },
    });
  }
  return extensions.map(({ uri }) => uri).filter((uri) => requested.includes(uri));
}
