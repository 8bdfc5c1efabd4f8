import type { OperationContext, StartOperationContext } from 'nexus-rpc';
import { distinctOwner } from '../bridge/owner';

/** Who calls an operation. */
export interface NexusCaller {
  /** Namespace of the workflow that calls; undefined when Temporal does not tell. */
  namespace: string | undefined;
  /** Nexus endpoint that the call came through. */
  endpoint: string;
  /** Header fields of the request, in lower case. */
  headers: Readonly<Record<string, string>>;
}

/** The owner of a caller's tasks, or one for all callers. */
export type NexusOwner = string | ((caller: NexusCaller) => string);

/** What `owner` makes of a call; `nexus:<namespace of the caller>` without one. */
export function ownerOf(
  context: StartOperationContext,
  endpoint: string,
  owner: NexusOwner = byNamespace,
): string {
  if (typeof owner === 'string') return distinctOwner(owner);
  return distinctOwner(owner({ namespace: callerNamespace(context), endpoint, headers: context.headers }));
}

function byNamespace({ namespace }: NexusCaller): string {
  return namespace === undefined ? 'nexus' : `nexus:${namespace}`;
}

/** Temporal links each operation to the event of the caller that has scheduled it. */
export function callerNamespace({
  inboundLinks,
}: Pick<StartOperationContext, 'inboundLinks'>): string | undefined {
  for (const { url } of inboundLinks) {
    const [, namespace] = /^\/namespaces\/([^/]+)\//.exec(url.pathname) ?? [];
    if (url.protocol === 'temporal:' && namespace !== undefined) return decodeURIComponent(namespace);
  }
  return undefined;
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** In how many ms the caller waits no longer for the operation; undefined when it has set no such time. */
export function operationTimeoutMs({ headers }: Pick<OperationContext, 'headers'>): number | undefined {
  const text = headers['operation-timeout'];
  if (text === undefined) return undefined;
  // As Go writes durations: 1h2m3.5s, or 90000ms.
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return undefined;
  const ms = parts.reduce((sum, [, amount, unit = 'ms']) => sum + Number(amount) * (UNITS_MS[unit] ?? 0), 0);
  return Math.max(1, Math.ceil(ms));
}
