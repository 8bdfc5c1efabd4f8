import fc from 'fast-check';
import type { Model, ModelTask } from './model';
import type { How, Place, Run } from './run';
import { WIRES } from './wire';

type Command = fc.AsyncCommand<Model, Run>;

export const place: fc.Arbitrary<Place> = fc.record(
  { node: fc.nat({ max: 1 }), wire: fc.constantFrom(...WIRES) },
  { noNullPrototype: true },
);
export const how: fc.Arbitrary<How> = fc.constantFrom('immediate', 'blocking', 'stream');
/** How many ms the client waits before it does the next thing at the same time. */
export const patience = fc.constantFrom(2_000, 0, 40);
export const pick = fc.nat({ max: 11 });
export const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
/** Seldom somebody else than the owner. */
export const caller = fc.constantFrom(
  'owner',
  'owner',
  'owner',
  'owner',
  'owner',
  'owner',
  'stranger',
  'other agent',
);
export const historyLength = some(fc.constantFrom(0, 1, 2, 100));

export function command<Args extends object>(
  name: string,
  args: { [Key in keyof Args]: fc.Arbitrary<Args[Key]> },
  run: (args: Args, model: Model, run: Run) => Promise<void>,
  needs: (model: Model) => boolean = ({ tasks }) => tasks.length > 0,
): fc.Arbitrary<Command> {
  return fc.record<Args>(args as never, { noNullPrototype: true }).map((made) => ({
    check: needs,
    run: (model: Model, real: Run) => run(made, model, real),
    toString: () => `${name}(${fc.stringify(made)})`,
  }));
}

export function callerOf(task: ModelTask, caller: string): [owner: string, agent: string] {
  if (caller === 'stranger') return [`${task.owner}-not`, task.agent];
  if (caller === 'other agent') return [task.owner, task.agent === 'echo' ? 'script' : 'echo'];
  return [task.owner, task.agent];
}
