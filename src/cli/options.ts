import { type Command, Help, Option } from 'commander';
import { SETTINGS, type Setting, type SettingName, TEMPORAL_SETTINGS } from '../config/settings';

/** Settings that the command line has, by their names. */
export type Flags = Partial<Record<SettingName, string | boolean>>;

/** The setting as an option of a command. */
export function toOption(name: SettingName): Option {
  const setting: Setting = SETTINGS[name];
  const value = setting.argument === undefined ? '' : ` <${setting.argument}>`;
  const fallback = setting.argument !== undefined && setting.default ? `, default ${setting.default}` : '';
  const option = new Option(`${setting.flag}${value}`, `${setting.description} (${setting.env}${fallback})`);
  option.attributeName = () => name;
  return option;
}

const taken = new WeakMap<Command, readonly Setting[]>();

/** The settings that a command takes, those without a flag included. */
export function settingsOf(command: Command): readonly Setting[] {
  return taken.get(command) ?? [];
}

/**
 * Gives a command its settings: a flag for each that has one, and the others in its help.
 * @param others environment variables that its help tells of besides
 */
export function addSettings(
  command: Command,
  names: readonly SettingName[],
  others: readonly Setting[] = [],
): void {
  taken.set(command, [...names.map((name) => SETTINGS[name]), ...others, ...TEMPORAL_SETTINGS]);
  const environmentOnly: Setting[] = [];
  for (const name of names) {
    if ('flag' in SETTINGS[name]) command.addOption(toOption(name));
    else environmentOnly.push(SETTINGS[name]);
  }
  const help = environmentHelp([...environmentOnly, ...others]);
  command.addHelpText('after', `\nEnvironment variables without a flag:\n${help}`);
}

/** Longer names stand on a line of their own, so that descriptions have room to wrap. */
const NAME_WIDTH = 32;

/** The environment variables without a flag: these, and Temporal's. */
function environmentHelp(own: readonly Setting[]): string {
  const settings = [...own, ...TEMPORAL_SETTINGS];
  const width = Math.max(...settings.map(({ env }) => env.length).filter((length) => length <= NAME_WIDTH));
  const help = new Help();
  help.prepareContext({ helpWidth: process.stdout.columns });
  const item = (name: string, description: string) => help.formatItem(name, width, description, help);
  return settings
    .map(({ env, description }) =>
      env.length > width ? `  ${env}\n${item('', description)}` : item(env, description),
    )
    .join('\n');
}
