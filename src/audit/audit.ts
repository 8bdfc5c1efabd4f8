/** Who has done what, when, from where, and what came of it. Nothing of what was said is in it, and no secret. */
export interface AuditRecord {
  /** When it ended: ISO 8601, in UTC. */
  time: string;
  /**
   * Name in A2A 1.0, such as `SendMessage`, or `DecodePayloads`, `EncodePayloads`, `CancelOperation` (Nexus),
   * `CreateKey`, `RotateKey`, `RevokeKey`. A request that was refused before that was known has none.
   */
  operation?: string | undefined;
  /** `HTTP` is the codec server. */
  binding: 'HTTP+JSON' | 'JSONRPC' | 'GRPC' | 'NEXUS' | 'HTTP' | 'CLI';
  /** Of A2A. */
  version?: string | undefined;
  /** `OK`, `CLIENT_GONE` or the reason of the error, such as `TASK_NOT_FOUND`. */
  outcome: string;
  /** HTTP status code of the outcome, also where the binding has codes of its own. */
  status?: number | undefined;
  /** ID of the agent. */
  agent?: string | undefined;
  taskId?: string | undefined;
  contextId?: string | undefined;
  /** Who has called, by the name under which its tasks are stored: `key:anna`, `jwt:<issuer>#<subject>`. */
  owner?: string | undefined;
  /** How the caller was told: `api-key`, `api-key:<ID in the key file>`, `jwt`. */
  credential?: string | undefined;
  /** Remote address of the connection, without its port; behind a proxy, that of the proxy. */
  address?: string | undefined;
  requestId?: string | undefined;
  traceId?: string | undefined;
  /** From the beginning to the end. */
  milliseconds?: number | undefined;
  /** Namespace of the calling workflow, and Nexus endpoint. */
  namespace?: string | undefined;
  endpoint?: string | undefined;
  /** Of the `keys` commands: the key, whose it is, and which one it takes the place of. */
  keyId?: string | undefined;
  keyOwner?: string | undefined;
  replacedKeyId?: string | undefined;
  /** Of the `keys` commands: name of the user of the operating system. */
  user?: string | undefined;
}

/** Takes a record; whatever it throws is logged, and fails no request. */
export type Audit = (record: AuditRecord) => unknown;

/** What only the audit line tells of a request. */
export interface AuditFacts {
  /** Of what is no operation of A2A. */
  operation?: string;
  /** ID of the agent that was asked for, when its caller was not let in. */
  agent?: string;
  owner?: string;
  credential?: string;
  address?: string | undefined;
}

export const AUDIT_FAILED = 'the audit function has failed';

/** Hands over a record of now, without what is undefined; `failed` is told what that throws. */
export function tell(
  audit: Audit,
  failed: (error: unknown) => void,
  { milliseconds, ...fields }: Omit<AuditRecord, 'time'>,
): void {
  const record = {
    time: new Date().toISOString(),
    ...fields,
    ...(milliseconds !== undefined && { milliseconds: Math.round(milliseconds) }),
  };
  const known = Object.entries(record).filter(([, value]) => value !== undefined);
  try {
    Promise.resolve(audit(Object.fromEntries(known) as unknown as AuditRecord)).catch(failed);
  } catch (error) {
    failed(error);
  }
}

/** A remote address as it is shown: without a port, IPv4 as such. */
export function shownAddress(address: string | undefined): string | undefined {
  const shown = address?.replace(/^::ffff:(?=\d+\.)/i, '');
  return shown || undefined;
}
