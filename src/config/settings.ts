import { z } from 'zod';
import { parseAllowList } from '../outbound/address-guard';
import { API_SETTINGS } from './api-settings';
import { ConfigError, show } from './config-error';
import { KEYS_FORMAT, listsKeys } from './encryption-keys';
import { QUOTA_SETTINGS } from './quota-settings';
import { SECRET_SETTINGS } from './secret-settings';
import { duration, isHttpUrl, listsReferences, onOff, text, wholeNumber } from './setting-schemas';
import { STORAGE_SETTINGS } from './storage-settings';
import { WORKER_SETTINGS } from './worker-settings';

/** One setting: everything that the program, its `--help` and its documentation know of it. */
export interface Setting {
  /** Environment variable. */
  env: string;
  /** Command line flag; without one the setting comes from the environment only. */
  flag?: string;
  /** Name of the flag's value in `--help`; a flag without one is a switch. */
  argument?: string;
  /** As it would be written in the environment. */
  default?: string;
  description: string;
  /** What stands there may be a secret: no error shows it. */
  secret?: true;
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

/** Every setting, once. */
export const SETTINGS = {
  ...API_SETTINGS,
  ...SECRET_SETTINGS,
  ...QUOTA_SETTINGS,
  ...STORAGE_SETTINGS,
  ...WORKER_SETTINGS,
  dataDir: {
    env: 'DATA_DIR',
    flag: '--data-dir',
    argument: 'directory',
    default: '.data',
    description: 'Directory for the database of the Temporal dev server',
    schema: text,
  },
  agentsFile: {
    env: 'AGENTS_FILE',
    flag: '--agents-file',
    argument: 'path',
    default: 'agents.yaml',
    description:
      'File that lists the agents, a directory of such files, or several of both, separated by commas; read again when they change, and on SIGHUP',
    schema: text,
  },
  publicUrl: {
    env: 'PUBLIC_URL',
    flag: '--public-url',
    argument: 'url',
    description:
      'Public URL of the API, used in agent cards, callbacks and signatures; default for cards: the host of each request',
    schema: text.refine(isHttpUrl, 'an http or https URL, such as https://agents.example.com').optional(),
  },
  outboundAllow: {
    env: 'OUTBOUND_ALLOW',
    flag: '--outbound-allow',
    argument: 'cidrs',
    default: '',
    description:
      'Private networks whose agents and webhooks may be called, as CIDRs: "10.0.0.0/8,127.0.0.1"; public addresses are always allowed',
    schema: text.transform((value, context) => {
      try {
        return parseAllowList(value);
      } catch {
        context.addIssue('CIDRs separated by commas, such as "10.0.0.0/8,127.0.0.1"');
        return z.NEVER;
      }
    }),
  },
  nexus: {
    env: 'NEXUS',
    flag: '--nexus',
    default: 'false',
    description: 'Serve agents over Nexus too, to workflows of other namespaces',
    schema: onOff,
  },
  nexusOwner: {
    env: 'NEXUS_OWNER',
    flag: '--nexus-owner',
    argument: 'name',
    description:
      'Owner of all tasks that are made over Nexus; without it each calling namespace has its own, as "nexus:<namespace>"',
    schema: text.optional(),
  },
  callbackSecret: {
    env: 'CALLBACK_SECRET',
    secret: true,
    description:
      'Secret shared by API nodes and workers for calls with `waiting: webhook`; requires PUBLIC_URL, too; without both, these calls poll',
    schema: text.refine((value) => value.length >= 16, 'at least 16 characters').optional(),
  },
  pushSigningKey: {
    env: 'PUSH_SIGNING_KEY',
    secret: true,
    description:
      'Private key that signs push notifications (PEM or JWK), as "file:PATH" or "env:NAME"; further keys, separated by commas, are only published at /.well-known/jwks.json',
    schema: text.refine(listsReferences, 'file:PATH or env:NAME').optional(),
  },
  pushSealingKeys: {
    env: 'PUSH_SEALING_KEYS',
    secret: true,
    description:
      'Keys that seal the tokens and credentials of push notification configs, as ENCRYPTION_KEYS, which are used unless set; `start` makes one in DATA_DIR. The first seals, all open',
    schema: text.refine(listsKeys, KEYS_FORMAT).optional(),
  },
  metricsPort: {
    env: 'METRICS_PORT',
    flag: '--metrics-port',
    argument: 'number',
    default: 'off',
    description: 'Port of the metrics for Prometheus, at /metrics; 0 picks a free port, "off" serves none',
    schema: z.union([z.literal('off'), wholeNumber('a port from 0 to 65535, or "off"', 0, 65535)], {
      error: 'a port from 0 to 65535, or "off"',
    }),
  },
  metricsHost: {
    env: 'METRICS_HOST',
    flag: '--metrics-host',
    argument: 'address',
    default: '127.0.0.1',
    description: 'Address that METRICS_PORT listens on; whoever reaches it may read the metrics',
    schema: text.refine((value) => /^[\w.:-]+$/.test(value), 'a host name or an IP address'),
  },
  shutdownGrace: {
    env: 'SHUTDOWN_GRACE',
    flag: '--shutdown-grace',
    argument: 'duration',
    default: '3s',
    description: 'Time that running calls and activities get when the process stops',
    schema: duration,
  },
  logLevel: {
    env: 'LOG_LEVEL',
    flag: '--log-level',
    argument: 'level',
    default: 'info',
    description: `Log level: ${LOG_LEVELS.join(', ')}`,
    schema: text
      .refine((value) => LOG_LEVELS.some((level) => level === value), `one of ${LOG_LEVELS.join(', ')}`)
      .transform((value) => value as (typeof LOG_LEVELS)[number]),
  },
  auditLog: {
    env: 'AUDIT_LOG',
    flag: '--audit-log',
    argument: 'place',
    description:
      'Where it is told who did what, one JSON line an operation: a file, or "log" for the log; nowhere unless set',
    schema: text.optional(),
  },
  taskQueue: {
    env: 'TASK_QUEUE',
    flag: '--task-queue',
    argument: 'name',
    default: 'temporal-a2a',
    description:
      'Task queue that the worker polls; API nodes and workers must agree on it for push notifications',
    schema: text,
  },
  dataConverter: {
    env: 'DATA_CONVERTER',
    flag: '--data-converter',
    argument: 'file',
    description: 'Module that exports the `dataConverter` (codecs, converters) of API and workers',
    schema: text.optional(),
  },
  encryptionKeys: {
    env: 'ENCRYPTION_KEYS',
    secret: true,
    description:
      'Keys that encrypt what is stored in Temporal (AES-256-GCM), for API and workers alike, as "ID=file:PATH" or "ID=env:NAME" separated by commas; the first encrypts, all decrypt',
    schema: text.refine(listsKeys, KEYS_FORMAT).optional(),
  },
  encryptionKeyId: {
    env: 'ENCRYPTION_KEY_ID',
    description: 'ID of the key of ENCRYPTION_KEYS that encrypts; default: the first one',
    schema: text.optional(),
  },
  temporalAddress: {
    env: 'TEMPORAL_ADDRESS',
    flag: '--temporal-address',
    argument: 'host:port',
    description:
      'Address of the Temporal server; default: `start` runs a dev server, all other commands use localhost:7233',
    schema: text
      .refine((value) => /^[^\s/]+:\d{1,5}$/.test(value), 'host:port without http://, such as localhost:7233')
      .optional(),
  },
  temporalNamespace: {
    env: 'TEMPORAL_NAMESPACE',
    flag: '--temporal-namespace',
    argument: 'name',
    description: 'Temporal namespace; default: "default"',
    schema: text.optional(),
  },
} as const satisfies Record<string, Setting & { schema: z.ZodType }>;

/** Settings that `@temporalio/envconfig` reads, from the environment only. */
export const TEMPORAL_SETTINGS: readonly Setting[] = [
  { env: 'TEMPORAL_API_KEY', description: 'API key, for example of Temporal Cloud; enables TLS' },
  { env: 'TEMPORAL_TLS', description: '"true" enables TLS, "false" disables it' },
  { env: 'TEMPORAL_TLS_CLIENT_CERT_PATH', description: 'Client certificate (PEM file)' },
  { env: 'TEMPORAL_TLS_CLIENT_KEY_PATH', description: 'Private key of the client certificate (PEM file)' },
  {
    env: 'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
    description: 'Certificate authority that signed the server certificate (PEM file)',
  },
  { env: 'TEMPORAL_TLS_SERVER_NAME', description: 'Server name to verify in the server certificate' },
  { env: 'TEMPORAL_CONFIG_FILE', description: 'TOML file with connection profiles' },
  { env: 'TEMPORAL_PROFILE', description: 'Profile in TEMPORAL_CONFIG_FILE; default: "default"' },
];

/** Settings of OpenTelemetry, of which its SDK reads many more. */
export const TRACE_SETTINGS: readonly Setting[] = [
  {
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    description: 'Collector of OpenTelemetry that traces are sent to; all OTEL_* variables count',
  },
  {
    env: 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT',
    description: '"true" puts messages into the traces',
  },
];

export type SettingName = keyof typeof SETTINGS;

export type Settings = { [Name in SettingName]: z.output<(typeof SETTINGS)[Name]['schema']> };

/**
 * Reads every setting: the flag, else the environment (empty means unset), else the default.
 * @param flags by the setting's name, as text; `true` for a switch
 * @throws ConfigError that names each wrong setting, its value, and what is expected
 */
export function readSettings(
  env: NodeJS.ProcessEnv,
  flags: Partial<Record<SettingName, string | boolean>> = {},
): Settings {
  const faults: string[] = [];
  const settings: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(SETTINGS) as [
    SettingName,
    Setting & { schema: z.ZodType },
  ][]) {
    const flag = flags[name];
    const raw = flag === undefined ? env[setting.env] || setting.default : String(flag);
    const parsed = setting.schema.safeParse(raw);
    if (parsed.success) {
      settings[name] = parsed.data;
      continue;
    }
    const source = flag === undefined ? setting.env : setting.flag;
    const got = setting.secret === true ? 'something else' : show(raw);
    faults.push(`${source}: expected ${parsed.error.issues[0]?.message}, got ${got}`);
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return settings as Settings;
}
