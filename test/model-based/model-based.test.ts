import { checkCases } from './check';
import { System } from './system';

const {
  A2A_MODEL_SEED,
  A2A_MODEL_RUNS,
  A2A_MODEL_PATH,
  A2A_MODEL_COMMANDS,
  A2A_MODEL_MINUTES,
  A2A_MODEL_VERBOSE,
} = process.env;
const seed = Number(A2A_MODEL_SEED || Date.now() % 2 ** 31);
const runs = Number(A2A_MODEL_RUNS || 10);
const limitMs = Number(A2A_MODEL_MINUTES || 3) * 60_000;

it(
  `what clients do and are told agrees with a model of tasks: ${runs} random cases of seed ${seed}`,
  async () => {
    await checkCases(await System.start(), {
      seed,
      runs,
      limitMs,
      maxCommands: Number(A2A_MODEL_COMMANDS || 30),
      path: A2A_MODEL_PATH || undefined,
      ...(A2A_MODEL_VERBOSE && { onCase: (text) => process.stderr.write(`${text}\n`) }),
    });
  },
  limitMs + 180_000,
);
