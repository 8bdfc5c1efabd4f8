import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { operations } from './commands';
import { Model } from './model';
import { Run } from './run';
import { settle } from './settle';
import { System } from './system';

const seed = Number(process.env.A2A_MODEL_SEED ?? Date.now() & 0x7fffffff);
const runs = Number(process.env.A2A_MODEL_RUNS ?? 12);
const path = process.env.A2A_MODEL_PATH;
const maxCommands = Number(process.env.A2A_MODEL_COMMANDS ?? 30);
const MINUTE = 60_000;

it(
  `${runs} random cases of seed ${seed}: clients are told what has happened`,
  async () => {
    const system = await System.start();
    const progress =
      process.env.A2A_MODEL_VERBOSE === '1' ? (text: string) => process.stderr.write(text) : () => {};
    let last: Promise<unknown> = Promise.resolve();
    const property = fc.asyncProperty(operations({ maxCommands }), (commands) => {
      const next = runCase(commands);
      last = next.catch(() => {});
      return next;
    });
    const runCase = async (
      commands: ReturnType<typeof operations> extends fc.Arbitrary<infer T> ? T : never,
    ) => {
      await system.resume();
      const model = new Model();
      const run = new Run(system, model, `case-${randomUUID()}`);
      const startedAt = Date.now();
      try {
        await fc.asyncModelRun(() => ({ model, real: run }), commands);
        await settle(run);
        progress(`ok ${model.tasks.length} tasks ${Date.now() - startedAt} ms\n`);
      } catch (error) {
        progress(`FAILED ${[...commands].length} commands: ${(error as Error).message.slice(0, 300)}\n`);
        system.patienceMs = 12_000;
        await run.close();
        throw error;
      }
    };
    await fc
      .assert(property, {
        seed,
        numRuns: runs,
        ...(path !== undefined && { path }),
        interruptAfterTimeLimit: Number(process.env.A2A_MODEL_MINUTES ?? 4) * MINUTE,
      })
      .finally(() => last);
  },
  (Number(process.env.A2A_MODEL_MINUTES ?? 4) + 3) * MINUTE,
);
