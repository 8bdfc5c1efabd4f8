import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import type { Logger } from 'pino';
import { readSettings, type SettingName, TRACE_SETTINGS } from '../config/settings';
import { preloadSecrets } from '../config/secret-ref';
import { explain } from './explain';
import { createLogger } from './logger';
import { addSettings, type Flags } from './options';
import { referencesOf, useSecretsModule } from './secrets-module';
import { Shutdown } from './shutdown';
import { addTools } from './tools';

type CommandName = 'start' | 'api' | 'worker';

const SHARED: SettingName[] = [
  'agentsFile',
  'publicUrl',
  'taskQueue',
  'dataConverter',
  'secretsModule',
  'encryptionKeys',
  'encryptionKeyId',
  'payloadStorage',
  'payloadStorageThreshold',
  'outboundAllow',
  'temporalAddress',
  'temporalNamespace',
  'logLevel',
  'auditLog',
  'shutdownGrace',
  'metricsPort',
  'metricsHost',
  'callbackSecret',
  'pushSigningKey',
  'pushSealingKeys',
];
const API: SettingName[] = [
  'port',
  'grpcPort',
  'host',
  'publicGrpcUrl',
  'maxBodyBytes',
  'readCacheBytes',
  'corsOrigins',
  'quotaRequestsPerSecond',
  'quotaBytesPerMinute',
  'quotaOpenStreams',
  'quotaOpenTasks',
  'quotaWebhooks',
  'allowAnonymous',
  'codecServerKeys',
  'codecServerIssuer',
  'codecServerAudience',
  'codecServerOrigins',
  'cardSigningKeys',
  'grpcTlsCert',
  'grpcTlsKey',
  'grpcTlsClientCa',
];
const WORKER: SettingName[] = [
  'pushRetryFor',
  'workerHeartbeat',
  'activitySlots',
  'workflowSlots',
  'resourceTargets',
  'cachedWorkflows',
  'pollers',
  'nexus',
  'nexusOwner',
  'deploymentName',
  'buildId',
  'versioningBehavior',
];

/** The command line; each command takes the settings that it uses. */
export function createProgram(): Command {
  const program = new Command('temporal-a2a')
    .description('Serves Temporal workflows as A2A agents')
    .version(packageVersion())
    .showHelpAfterError('(see --help)');
  const all = 'Run the API, a worker and, without TEMPORAL_ADDRESS, a Temporal dev server in one process';
  add(program, 'start', all, [...API, 'dataDir', ...SHARED, ...WORKER]);
  add(program, 'api', 'Run an API node', [...API, ...SHARED]);
  add(program, 'worker', 'Run a worker', [...SHARED, ...WORKER]);
  addTools(program);
  return program;
}

function packageVersion(): string {
  const text = readFileSync(join(__dirname, '../../package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function add(program: Command, name: CommandName, text: string, names: SettingName[]): void {
  const command = program.command(name).description(text);
  addSettings(command, names, TRACE_SETTINGS);
  command.action((flags: Flags) => run(name, flags));
}

async function run(name: CommandName, flags: Flags): Promise<void> {
  let stacks = false;
  try {
    const warnLater: { to?: Logger } = {};
    await useSecretsModule(process.env, flags, (message) => warnLater.to?.warn(message));
    const settings = readSettings(process.env, flags);
    stacks = settings.logLevel === 'debug' || settings.logLevel === 'trace';
    const logger = createLogger(settings);
    warnLater.to = logger;
    process.on('unhandledRejection', (error) => logger.error({ err: error }, 'unhandled rejection'));
    const shutdown = new Shutdown(logger, settings.shutdownGrace);
    // Loaded late: the SDK takes most of a second, which `--help` need not wait for.
    const startup = import('./serve.js').then(async (serve) => {
      await preloadSecrets(referencesOf(settings));
      return serve[name]({ settings, env: process.env, logger, shutdown });
    });
    shutdown.listen(startup);
    try {
      await startup;
    } catch (error) {
      if (shutdown.signal.aborted) return;
      process.stderr.write(`${explain(error, stacks)}\n`);
      await shutdown.exit(1);
    }
  } catch (error) {
    process.stderr.write(`${explain(error, stacks)}\n`);
    process.exitCode = 1;
  }
}
