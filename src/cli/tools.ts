import { type Command, Option } from 'commander';
import { readSettings, type Settings } from '../config/settings';
import type { KeyChange } from './audit-log';
import { explain } from './explain';
import { addSettings, type Flags, toOption } from './options';
import { useSecretsModule } from './secrets-module';

/** What a command that runs nothing has to say. */
interface ToolReport {
  text: string;
  /** Something is wrong. */
  failed?: boolean;
}

/** The commands that run nothing. */
export function addTools(program: Command): void {
  addInit(program);
  addNexus(program);
  addAgents(program);
  addKeys(program);
  addDoctor(program);
}

const INIT_EXAMPLES = `
Examples:
  temporal-a2a init my-agent         in a new directory
  temporal-a2a init                  in this one, which must be empty
  temporal-a2a init my-agent --cjs   with CommonJS
`;

function addInit(program: Command): void {
  program
    .command('init')
    .description('Make a project in TypeScript: one agent, its worker, its tests and agents.yaml')
    .argument('[directory]', 'Where to; empty or new', '.')
    .addOption(new Option('--esm', 'With ES modules (the default; a terminal is asked)').conflicts('cjs'))
    .addOption(new Option('--cjs', 'With CommonJS'))
    .addHelpText('after', INIT_EXAMPLES)
    .action((directory: string, { esm = false, cjs = false }: { esm?: boolean; cjs?: boolean }) =>
      runTool(async () => {
        const { askForModules, initProject } = await import('./init.js');
        const ask = !esm && !cjs && process.stdin.isTTY && process.stderr.isTTY;
        const modules = ask ? await askForModules() : cjs ? 'cjs' : 'esm';
        return { text: await initProject({ directory, modules }) };
      }),
    );
}

function addNexus(program: Command): void {
  const nexus = program.command('nexus').description('Commands for agents over Nexus');
  const endpoint = nexus
    .command('endpoint')
    .description(
      'Tell whether there is an endpoint that leads to the worker, and how to create it; or create it',
    )
    .option('--name <name>', 'Name by which callers know it', 'temporal-a2a')
    .option('--create', 'Create it, or correct where it leads');
  addSettings(endpoint, ['taskQueue', 'temporalAddress', 'temporalNamespace']);
  endpoint.action(({ name, create = false, ...flags }: Flags & { name: string; create?: boolean }) =>
    runTool(async () => {
      const settings = await settingsOf(flags);
      const command = await import('./nexus-endpoint.js');
      return { text: await command.nexusEndpoint({ name, create, settings, flags, env: process.env }) };
    }),
  );
}

function addAgents(program: Command): void {
  program
    .command('agents')
    .description('Commands for the file that lists the agents')
    .command('check')
    .description('Check the file without starting anything; exit code 1 when something is wrong')
    .argument('[file]', 'The file, or a directory of such files (AGENTS_FILE, default agents.yaml)')
    .option('--json', 'Print the result as JSON')
    .action((file: string | undefined, { json = false }: { json?: boolean }) =>
      runTool(async () => {
        const { agentsFile } = await settingsOf(file === undefined ? {} : { agentsFile: file });
        const { checkAgents } = await import('./check-agents.js');
        return checkAgents(agentsFile, json);
      }),
    );
}

interface KeyFlags {
  file: string;
  json?: boolean;
  expires?: string;
  auditLog?: string;
}

function addKeys(program: Command): void {
  const keys = program.command('keys').description('Commands for the API keys of a key file');
  const add = (name: string, description: string) =>
    keys
      .command(name)
      .description(description)
      .requiredOption('--file <path>', 'The key file, as keyFile in agents.yaml names it')
      .option('--json', 'Print the result as JSON');
  const expires = [
    '--expires <time>',
    'How long the new key is good, such as 90d; without end unless set',
  ] as const;
  const audited = async <T>(
    operation: string,
    { auditLog }: KeyFlags,
    run: (change: KeyChange) => Promise<T>,
  ): Promise<T> => {
    const { auditedCommand } = await import('./audit-log.js');
    return auditedCommand(operation, auditLog ?? (process.env.AUDIT_LOG || undefined), run);
  };
  add(
    'create',
    'Make a key, and the file unless it is there; the key is printed once, the file holds its hash',
  )
    .argument('<owner>', 'Owner of the key, and of the tasks that are created with it')
    .option(...expires)
    .addOption(toOption('auditLog'))
    .action((owner: string, flags: KeyFlags) =>
      runTool(async () => {
        const { createKey } = await import('./keys.js');
        return audited('CreateKey', flags, (change) => createKey(owner, flags, change));
      }),
    );
  add('list', 'List the keys').action((flags: KeyFlags) =>
    runTool(async () => (await import('./keys.js')).listKeys(flags)),
  );
  add('rotate', 'Make another key for the same owner, and let the old one expire')
    .argument('<id>', 'ID of the old key')
    .option('--overlap <time>', 'How long the old key stays good', '1d')
    .option(...expires)
    .addOption(toOption('auditLog'))
    .action((id: string, flags: KeyFlags & { overlap: string }) =>
      runTool(async () => {
        const { rotateKey } = await import('./keys.js');
        return audited('RotateKey', flags, (change) => rotateKey(id, flags, change));
      }),
    );
  add('revoke', 'End a key; servers refuse it within a second')
    .argument('<id>', 'ID of the key')
    .addOption(toOption('auditLog'))
    .action((id: string, flags: KeyFlags) =>
      runTool(async () => {
        const { revokeKey } = await import('./keys.js');
        return audited('RevokeKey', flags, (change) => revokeKey(id, flags, change));
      }),
    );
}

function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description(
      'Look at all that the agents need, and say what to do about what is wrong; exit code 1 when there is an error',
    )
    .option('--json', 'Print the findings as JSON');
  addSettings(command, [
    ...(['agentsFile', 'publicUrl', 'taskQueue', 'outboundAllow'] as const),
    ...(['temporalAddress', 'temporalNamespace'] as const),
    ...(['encryptionKeys', 'pushSealingKeys', 'pushSigningKey', 'codecServerKeys'] as const),
    ...(['cardSigningKeys', 'secretsModule'] as const),
  ]);
  command.action(({ json = false, ...flags }: Flags & { json?: boolean }) =>
    runTool(async () => {
      const settings = await settingsOf(flags);
      const { doctor } = await import('./doctor.js');
      return doctor(settings, process.env, json);
    }),
  );
}

/** Of references, only the form is checked, which the schemes of SECRETS_MODULE belong to. */
async function settingsOf(flags: Flags): Promise<Settings> {
  await useSecretsModule(process.env, flags, (message) => process.stderr.write(`${message}\n`));
  return readSettings(process.env, flags);
}

/** Prints what the command has to say; exit code 1 when something is wrong. */
async function runTool(tool: () => Promise<ToolReport>): Promise<void> {
  try {
    const { text, failed = false } = await tool();
    process.stdout.write(text);
    if (failed) process.exitCode = 1;
  } catch (error) {
    process.stderr.write(`${explain(error, false)}\n`);
    process.exitCode = 1;
  }
}
