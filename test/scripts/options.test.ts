import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

// Needs nothing that has to be built.
const PROGRAM = resolve(__dirname, '../../scripts/model.mjs');

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('options of the programs of this project', () => {
  it.each([
    [['--unknown'], "Unknown option '--unknown'; the options are --runs, --seed, "],
    [
      ['word'],
      "Unexpected argument 'word'. This command does not take positional arguments; the options are",
    ],
    [['--runs'], "Option '--runs <value>' argument missing; the options are"],
    [['--runs', '--quiet'], "Option '--runs' argument is ambiguous; the options are"],
    [['--runs', 'many'], '--runs must be a whole number from 1, not "many"; see --help'],
    [['--seed', '-1.5'], "Option '--seed' argument is ambiguous; the options are"],
    [['--seed=-1'], '--seed must be a whole number from 0, not "-1"; see --help'],
  ])('%j: one line, and exit code 2', (args, line) => {
    const { status, stdout, stderr } = run(...args);

    expect(stderr).toContain(line);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});
