import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { Model } from './model';
import { operations } from './operations';
import { Run } from './run';
import { settle } from './settle';
import type { System } from './system';

export interface CheckOptions {
  seed: number;
  runs: number;
  /** Time in ms after which no further case begins, nor a smaller one of a case that has failed. */
  limitMs: number;
  /** Most operations of one case. */
  maxCommands: number;
  /** Of the case to begin with, as a failure tells it. */
  path?: string | undefined;
  /** Told how each case has ended. */
  onCase?: (text: string) => void;
}

/** @throws Error with the smallest case that fails, its seed and its path */
export async function checkCases(system: System, options: CheckOptions): Promise<void> {
  const { seed, runs, limitMs, maxCommands, path, onCase = () => {} } = options;
  let last: Promise<unknown> = Promise.resolve();
  let failure: unknown;
  const property = fc.asyncProperty(operations(maxCommands), async (commands) => {
    const startedAt = Date.now();
    const next = runCase(system, commands);
    last = next.then(
      (tasks) => onCase(`ok: ${tasks} tasks, ${Date.now() - startedAt} ms`),
      (error: unknown) => {
        failure ??= error;
        onCase(`FAILED: ${(error as Error).message}\n${commands}`);
      },
    );
    await next;
  });
  const more = { seed, numRuns: runs, interruptAfterTimeLimit: limitMs, ...(path !== undefined && { path }) };
  try {
    await fc.assert(property, more);
  } finally {
    await last;
  }
  // At the limit, a case that is under way counts as none.
  if (failure !== undefined) throw failure;
}

type Commands = ReturnType<typeof operations> extends fc.Arbitrary<infer Value> ? Value : never;

/** Returns the number of tasks. */
async function runCase(system: System, commands: Commands): Promise<number> {
  await system.resume();
  const model = new Model();
  const run = new Run(system, model, `case-${randomUUID()}`);
  try {
    await fc.asyncModelRun(() => ({ model, real: run }), commands);
    await settle(run);
    return model.tasks.length;
  } catch (error) {
    system.hurry();
    await run.close();
    throw error;
  }
}
