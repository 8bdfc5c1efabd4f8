// Random operations of several clients, compared with a model of A2A tasks (test/model-based).
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { parseOptions, wholeNumber } from '../interop/lib/options.mjs';

const HELP = `npm run model -- [options]

Several clients do random things at two API nodes; what they are told is compared with a model of tasks. A case that
fails is made smaller, and told with its seed and path.

  --runs <n>      cases; 100 unless set
  --seed <n>      the cases of another run again; else a new one, which the name of the test tells
  --path <path>   with --seed: the case to begin with, as a failure tells it
  --commands <n>  most operations of a case; 30 unless set
  --minutes <n>   time after which no further case begins; 60 unless set
  --quiet         no line for each case
  --help
`;

const values = parseOptions({
  runs: { type: 'string', default: '100' },
  seed: { type: 'string' },
  path: { type: 'string', default: '' },
  commands: { type: 'string', default: '30' },
  minutes: { type: 'string', default: '60' },
  quiet: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit();
}
for (const name of ['runs', 'commands', 'minutes']) wholeNumber(values, name, 1);
wholeNumber(values, 'seed', 0);
const env = {
  ...process.env,
  A2A_MODEL_RUNS: values.runs,
  A2A_MODEL_SEED: values.seed ?? '',
  A2A_MODEL_PATH: values.path,
  A2A_MODEL_COMMANDS: values.commands,
  A2A_MODEL_MINUTES: values.minutes,
  A2A_MODEL_VERBOSE: values.quiet ? '' : '1',
};
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
spawn(process.execPath, [jest, 'test/model-based'], { env, stdio: 'inherit' }).on('exit', (code) => {
  process.exitCode = code ?? 1;
});
