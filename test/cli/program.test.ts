import type { Command } from 'commander';
import { version } from '../../package.json';
import { createProgram } from '../../src/cli/program';
import { SETTINGS, type Setting, TEMPORAL_SETTINGS } from '../../src/config/settings';

function helpOf(name: string): string {
  const command = createProgram().commands.find((known) => known.name() === name) as Command;
  let help = '';
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  return help;
}

describe('--help', () => {
  it('of start tells of every setting', () => {
    const help = helpOf('start');
    const settings: readonly Setting[] = [...Object.values(SETTINGS), ...TEMPORAL_SETTINGS];
    expect(settings.filter(({ env }) => !help.includes(env))).toEqual([]);
    expect(settings.filter(({ flag = '' }) => !help.includes(flag))).toEqual([]);
  });

  it('of the others tells of what means something to them', () => {
    expect(helpOf('worker')).toContain('PUSH_RETRY_FOR');
    expect(helpOf('worker')).not.toContain('GRPC_TLS_CERT');
    // The API checks webhooks by the one and finds the push worker by the other.
    for (const shared of [
      'OUTBOUND_ALLOW',
      'TASK_QUEUE',
      'PUSH_SIGNING_KEY',
      'CALLBACK_SECRET',
      'ENCRYPTION_KEYS',
      'PUSH_SEALING_KEYS',
    ]) {
      expect(helpOf('api')).toContain(shared);
      expect(helpOf('worker')).toContain(shared);
    }
    expect(helpOf('api')).not.toContain('PUSH_RETRY_FOR');
  });

  it('of doctor tells of the keys that it looks for', () => {
    for (const name of ['ENCRYPTION_KEYS', 'PUSH_SEALING_KEYS', 'PUSH_SIGNING_KEY', 'CARD_SIGNING_KEYS']) {
      expect(helpOf('doctor')).toContain(name);
    }
  });

  it.each(['start', 'api', 'worker', 'doctor'])(
    'of %s has no line that is wider than the terminal',
    (name) => {
      const width = process.stdout.columns ?? 80;
      expect(
        helpOf(name)
          .split('\n')
          .filter((line) => line.length > width),
      ).toEqual([]);
    },
  );
});

it('--version tells that of the package', () => {
  expect(createProgram().version()).toBe(version);
});
