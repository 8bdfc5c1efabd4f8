import { Help, Option } from 'commander';
import { SETTINGS, type Setting, type SettingName, TEMPORAL_SETTINGS } from '../config/settings';

/** Settings that the command line has, by their names. */
export type Flags = Partial<Record<SettingName, string | boolean>>;

export function toOption(name: SettingName): Option {
  const setting: Setting = SETTINGS[name];
  const value = setting.argument === undefined ? '' : ` <${setting.argument}>`;
  const fallback = setting.argument !== undefined && setting.default ? `, default ${setting.default}` : '';
  const option = new Option(`${setting.flag}${value}`, `${setting.description} (${setting.env}${fallback})`);
  option.attributeName = () => name;
  return option;
}

/** The environment variables without a flag: these, and Temporal's. */
export function environmentHelp(own: readonly Setting[]): string {
  const settings = [...own, ...TEMPORAL_SETTINGS];
  const width = Math.max(...settings.map(({ env }) => env.length));
  const help = new Help();
  help.prepareContext({ helpWidth: process.stdout.columns });
  return settings.map(({ env, description }) => help.formatItem(env, width, description, help)).join('\n');
}
