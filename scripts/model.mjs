// Random operations of several clients, compared with a model of A2A tasks (test/model-based):
//   npm run model -- [--runs N] [--seed S] [--path P] [--commands N] [--minutes N] [--quiet]
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    seed: { type: 'string', default: '' },
    path: { type: 'string', default: '' },
    commands: { type: 'string', default: '' },
    minutes: { type: 'string', default: '60' },
    quiet: { type: 'boolean', default: false },
  },
});
const env = {
  ...process.env,
  A2A_MODEL_RUNS: values.runs,
  A2A_MODEL_SEED: values.seed,
  A2A_MODEL_PATH: values.path,
  A2A_MODEL_COMMANDS: values.commands,
  A2A_MODEL_MINUTES: values.minutes,
  A2A_MODEL_VERBOSE: values.quiet ? '' : '1',
};
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
spawn(process.execPath, [jest, 'test/model-based'], { env, stdio: 'inherit' }).on('exit', (code) => {
  process.exitCode = code ?? 1;
});
