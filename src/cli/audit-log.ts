import { userInfo } from 'node:os';
import type { Logger } from 'pino';
import type { Audit, AuditRecord } from '../audit/audit';
import { AuditFile } from '../audit/audit-file';
import { ConfigError } from '../config/config-error';
import type { Meter } from '../metrics/meter';
import type { ServeContext } from './serve-context';

/** Value of AUDIT_LOG for lines in the log of the server. */
const IN_LOG = 'log';

/**
 * Where the records of AUDIT_LOG go; undefined when it is not set. To be called before what makes records, so that it is
 * closed after that.
 * @throws ConfigError when the file cannot be opened
 */
export async function auditLog(
  { settings, logger, shutdown }: Pick<ServeContext, 'settings' | 'logger' | 'shutdown'>,
  metrics: Meter | undefined,
): Promise<Audit | undefined> {
  const { auditLog: place } = settings;
  if (place === undefined) return undefined;
  if (place === IN_LOG) return logTo(logger);
  const file = new AuditFile(place, { logger, metrics });
  await opened(file, place);
  shutdown.add('audit', () => file.close());
  return (record) => file.write(record);
}

/** Whatever LOG_LEVEL is: who wants fewer lines of what happens still wants these. */
function logTo(logger: Logger): Audit {
  const lines = logger.child({ audit: true }, { level: 'info' });
  return ({ time: _, ...record }) => lines.info(record, 'audit');
}

/** What a `keys` command has done to which key. */
export type KeyChange = Pick<AuditRecord, 'keyId' | 'keyOwner' | 'replacedKeyId'>;

/**
 * Runs a `keys` command and tells of it in the file of AUDIT_LOG; in none for "log", since there is no server. The
 * file is opened first: a key is not changed without a line.
 * @throws ConfigError when the file cannot be opened; what the command throws
 */
export async function auditedCommand<T>(
  operation: string,
  place: string | undefined,
  run: (change: KeyChange) => Promise<T>,
): Promise<T> {
  const change: KeyChange = {};
  if (place === undefined || place === IN_LOG) return run(change);
  let lost: unknown;
  const file = new AuditFile(place, { logger: { error: (fields: unknown) => (lost = fields) } });
  await opened(file, place);
  const tell = (outcome: string) =>
    file.write({
      time: new Date().toISOString(),
      operation,
      binding: 'CLI',
      outcome,
      ...change,
      user: userName(),
    });
  try {
    const result = await run(change);
    tell('OK');
    return result;
  } catch (error) {
    tell('FAILED');
    throw error;
  } finally {
    await file.close();
    if (lost !== undefined) process.stderr.write(`The audit line could not be written to ${place}\n`);
  }
}

async function opened(file: AuditFile, place: string): Promise<void> {
  await file.open().catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError([`AUDIT_LOG: ${place} cannot be opened: ${error.code ?? error.message}`]);
  });
}

/** A user of the system may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
}
