import type { Task } from '../a2a/types';
import type { ChainDefinition } from '../contract/chain-definition';
import type { TaskStart } from '../contract/contract';
import { a2aTask } from './a2a-task';
import { notShownBy, toArtifact } from './chain-values';

/** Calls other agents in steps, as its definition in agents.yaml says (docs/chains.md). */
export async function chain(start: TaskStart): Promise<Task> {
  const task = a2aTask(start);
  // Every workflow evaluates the modules of its bundle anew: what expressions need takes longer than all others
  // together, and only chains need it.
  const { ChainRun } = require('./chain-run') as typeof import('./chain-run');
  const definition = start.definition as unknown as ChainDefinition;
  const run = new ChainRun(task, definition);
  const last = await run.all();
  if (definition.result === undefined) {
    return task.complete({ artifacts: notShownBy(task, last?.artifacts) });
  }
  const result = await run.result(definition.result);
  return task.complete({ artifacts: result === undefined ? [] : [toArtifact('result', result)] });
}
