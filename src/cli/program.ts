import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Help, Option } from 'commander';
import {
  readSettings,
  SETTINGS,
  type Setting,
  type SettingName,
  TEMPORAL_SETTINGS,
} from '../config/settings';
import { createLogger } from './logger';
import { Shutdown } from './shutdown';

type CommandName = 'start' | 'api' | 'worker';
type Flags = Partial<Record<SettingName, string | boolean>>;

const SHARED: SettingName[] = [
  'agentsFile',
  'publicUrl',
  'taskQueue',
  'dataConverter',
  'outboundAllow',
  'temporalAddress',
  'temporalNamespace',
  'logLevel',
  'callbackSecret',
  'pushSigningKey',
];
const API: SettingName[] = [
  'port',
  'grpcPort',
  'host',
  'publicGrpcUrl',
  'maxBodyBytes',
  'allowAnonymous',
  'grpcTlsCert',
  'grpcTlsKey',
  'grpcTlsClientCa',
];
const WORKER: SettingName[] = [
  'pushRetryFor',
  'nexus',
  'nexusOwner',
  'deploymentName',
  'buildId',
  'versioningBehavior',
];

const ENDPOINT: SettingName[] = ['taskQueue', 'temporalAddress', 'temporalNamespace'];

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
  addNexus(program);
  return program;
}

function packageVersion(): string {
  const text = readFileSync(join(__dirname, '../../package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function add(program: Command, name: CommandName, text: string, names: SettingName[]): void {
  const command = program.command(name).description(text);
  const environmentOnly: Setting[] = [];
  for (const setting of names) {
    if ('flag' in SETTINGS[setting]) command.addOption(toOption(setting));
    else environmentOnly.push(SETTINGS[setting]);
  }
  command.addHelpText(
    'after',
    `\nEnvironment variables without a flag:\n${environmentHelp(environmentOnly)}`,
  );
  command.action((flags: Flags) => run(name, flags));
}

function addNexus(program: Command): void {
  const nexus = program.command('nexus').description('Commands for agents over Nexus');
  const endpoint = nexus
    .command('endpoint')
    .description('Print how to create the endpoint that leads to the worker, or create it')
    .option('--name <name>', 'Name by which callers know it', 'temporal-a2a')
    .option('--create', 'Create it, or correct where it leads');
  for (const setting of ENDPOINT) endpoint.addOption(toOption(setting));
  endpoint.addHelpText('after', `\nEnvironment variables without a flag:\n${environmentHelp([])}`);
  endpoint.action(async ({ name, create = false, ...flags }: Flags & { name: string; create?: boolean }) => {
    try {
      const settings = readSettings(process.env, flags);
      const command = await import('./nexus-endpoint.js');
      process.stdout.write(await command.nexusEndpoint({ name, create, settings, env: process.env }));
    } catch (error) {
      process.stderr.write(`${explain(error, false)}\n`);
      process.exitCode = 1;
    }
  });
}

function toOption(name: SettingName): Option {
  const setting: Setting = SETTINGS[name];
  const value = setting.argument === undefined ? '' : ` <${setting.argument}>`;
  const fallback = setting.argument !== undefined && setting.default ? `, default ${setting.default}` : '';
  const option = new Option(`${setting.flag}${value}`, `${setting.description} (${setting.env}${fallback})`);
  option.attributeName = () => name;
  return option;
}

function environmentHelp(own: readonly Setting[]): string {
  const settings = [...own, ...TEMPORAL_SETTINGS];
  const width = Math.max(...settings.map(({ env }) => env.length));
  const help = new Help();
  help.prepareContext({ helpWidth: process.stdout.columns });
  return settings.map(({ env, description }) => help.formatItem(env, width, description, help)).join('\n');
}

async function run(name: CommandName, flags: Flags): Promise<void> {
  let stacks = false;
  try {
    const settings = readSettings(process.env, flags);
    stacks = settings.logLevel === 'debug' || settings.logLevel === 'trace';
    const logger = createLogger(settings);
    process.on('unhandledRejection', (error) => logger.error({ err: error }, 'unhandled rejection'));
    const shutdown = new Shutdown(logger);
    // Loaded late: the SDK takes most of a second, which `--help` need not wait for.
    const startup = import('./serve.js').then((serve) =>
      serve[name]({ settings, env: process.env, logger, shutdown }),
    );
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

/** What went wrong, in words for who started it. */
function explain(error: unknown, stacks: boolean): string {
  const { code, message, stack, port, address, hostname } = error as NodeJS.ErrnoException & {
    port?: number;
    address?: string;
    hostname?: string;
  };
  if (stacks) return stack ?? String(error);
  if (code === 'EADDRINUSE')
    return `port ${port} of ${address} is in use; choose another with --port or PORT`;
  if (code === 'EACCES' && port !== undefined)
    return `no permission to listen on port ${port}; choose another with --port or PORT`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `HOST ${address ?? hostname ?? ''} is not an address of this machine`;
  return message;
}
