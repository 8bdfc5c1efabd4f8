import type { Metadata } from '@grpc/grpc-js';
import { VersionNotSupportedError } from '../a2a/errors';
import { type NegotiatedVersion, supportedVersion } from '../api/service-parameters';
import { distinctOwner } from '../bridge/owner';
import type { AgentConfig } from '../config/agents';
import type { AuditFacts } from '../audit/audit';
import type { GrpcServices } from './services';

/** The versions of A2A that have a gRPC service: those that a client can ask for. */
export type GrpcVersion = NegotiatedVersion;

/** The metadata key by which clients of 0.3, whose requests have no tenant, call another agent than the default. */
export const TENANT_KEY = 'a2a-tenant';

/** Value of a metadata key, those of several entries joined as HTTP joins headers; empty when there is none. */
export function readMetadata(metadata: Metadata, key: string): string {
  return metadata
    .get(key)
    .map((value) => value.toString())
    .join(',')
    .trim();
}

/**
 * The agent that a call means, and the owner of what it makes there. Who may not call learns nothing else.
 * @throws BridgeError UNAUTHENTICATED, PERMISSION_DENIED, NOT_FOUND without a default agent; InvalidParamsError
 * for an unknown tenant
 */
export async function admitCaller(
  { agents, authenticate }: GrpcServices,
  metadata: Metadata,
  tenant: string,
  audited: AuditFacts = {},
): Promise<{ agent: AgentConfig; owner: string }> {
  const caller = {
    header: (name: string) => readMetadata(metadata, name.toLowerCase()),
    recognized: (known: object) => Object.assign(audited, known),
  };
  let agent: AgentConfig;
  try {
    agent = agents.resolve({ tenant });
  } catch (error) {
    await authenticate({ ...caller, agent: undefined });
    throw error;
  }
  audited.agent = agent.id;
  return { agent, owner: distinctOwner(await authenticate({ ...caller, agent })) };
}

/**
 * Each service speaks one version, so `a2a-version` may be left out.
 * @throws VersionNotSupportedError
 */
export function checkVersion(metadata: Metadata, version: GrpcVersion): void {
  const asked = readMetadata(metadata, 'a2a-version') || version;
  if (supportedVersion(asked) === version) return;
  throw new VersionNotSupportedError({
    message:
      `A2A version ${JSON.stringify(asked.slice(0, 50))} is not supported by this service; supported: ` +
      `${version} (set the metadata a2a-version)`,
    metadata: { requestedVersion: asked.slice(0, 50), supportedVersions: version },
  });
}
