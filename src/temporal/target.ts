import { accessSync, constants } from 'node:fs';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';

/** Which Temporal to connect to, and with what TLS and credentials. */
export interface TemporalTarget {
  namespace: string;
  /** As `host:port`. */
  address: string;
  /** TLS, API key and metadata of the connection. */
  connectionOptions: NativeConnectionOptions;
}

/** Settings with which Temporal can never be used; says what to change. */
export class TemporalSettingsError extends Error {
  override readonly name = 'TemporalSettingsError';
}

const FILES = [
  'TEMPORAL_CONFIG_FILE',
  'TEMPORAL_TLS_CLIENT_CERT_PATH',
  'TEMPORAL_TLS_CLIENT_KEY_PATH',
  'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
];

const SWITCH: Readonly<Record<string, string>> = {
  ...{ '1': 'true', true: 'true', yes: 'true' },
  ...{ '0': 'false', false: 'false', no: 'false' },
};

/**
 * Where Temporal is, as `@temporalio/envconfig` reads it from TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE,
 * TEMPORAL_API_KEY, TEMPORAL_TLS_* and the profiles of its configuration file.
 * @param overrides what a flag said
 * @throws TemporalSettingsError
 */
export function readTemporalTarget(
  env: NodeJS.ProcessEnv,
  overrides: { address?: string | undefined; namespace?: string | undefined } = {},
): TemporalTarget {
  // An empty variable, as compose files make them, means unset.
  const set = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
  const config = load(checked(set));
  const address = overrides.address ?? config.connectionOptions.address ?? 'localhost:7233';
  checkAddress(address);
  return {
    address,
    namespace: overrides.namespace ?? config.namespace ?? 'default',
    connectionOptions: { ...config.connectionOptions, address },
  };
}

function load(env: Record<string, string>): ReturnType<typeof loadClientConnectConfig> {
  try {
    return loadClientConnectConfig({ overrideEnvVars: env });
  } catch (error) {
    const { TEMPORAL_CONFIG_FILE: file = "Temporal's configuration file", TEMPORAL_PROFILE: profile } = env;
    const { message } = error as Error;
    if (/^Profile '.*' not found/.test(message)) {
      throw new TemporalSettingsError(`TEMPORAL_PROFILE: there is no profile "${profile}" in ${file}`);
    }
    throw new TemporalSettingsError(`${file} cannot be used: ${message}`);
  }
}

/** What envconfig would pass over. */
function checked(env: Record<string, string>): Record<string, string> {
  for (const name of FILES) {
    const path = env[name];
    if (path !== undefined) checkFile(name, path);
  }
  const has = (what: string) => ['PATH', 'DATA'].some((kind) => env[`TEMPORAL_TLS_CLIENT_${what}_${kind}`]);
  if (has('CERT') !== has('KEY')) {
    const [given, missing] = has('CERT') ? ['CERT', 'KEY'] : ['KEY', 'CERT'];
    throw new TemporalSettingsError(
      `TEMPORAL_TLS_CLIENT_${given}_PATH is of no use without TEMPORAL_TLS_CLIENT_${missing}_PATH`,
    );
  }
  const { TEMPORAL_TLS: tls } = env;
  if (tls === undefined) return env;
  const known = SWITCH[tls.toLowerCase()];
  if (known === undefined) {
    throw new TemporalSettingsError(`TEMPORAL_TLS: expected "true" or "false", got ${JSON.stringify(tls)}`);
  }
  return { ...env, TEMPORAL_TLS: known };
}

function checkFile(name: string, path: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const why = missing ? `there is no such file: ${path}` : `${path} cannot be read`;
    throw new TemporalSettingsError(`${name}: ${why}`);
  }
}

function checkAddress(address: string): void {
  if (/^(\[[\da-f:.]+\]|[^\s/:@[\]]+)(:\d{1,5})?$/i.test(address)) return;
  const { protocol, host } = URL.canParse(address) ? new URL(address) : { protocol: '', host: '' };
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(address);
  const better = isUrl && host !== '' ? host : 'localhost:7233';
  const tls = protocol === 'https:' ? ', and TEMPORAL_TLS=true for TLS' : '';
  throw new TemporalSettingsError(
    `the address of Temporal is ${isUrl ? 'no URL' : 'a host and a port'}: expected host:port, such as ` +
      `${better}${tls}, got ${JSON.stringify(address)} (TEMPORAL_ADDRESS, or the profile's address)`,
  );
}
