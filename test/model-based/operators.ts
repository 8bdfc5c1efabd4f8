import fc from 'fast-check';
import { resetWorkflow } from '../support/reset';
import { command, pick } from './command';

export const pause = command(
  'pause',
  {},
  (_args, _model, { system }) => system.pause(),
  () => true,
);
export const resume = command(
  'resume',
  {},
  (_args, _model, { system }) => system.resume(),
  () => true,
);

/** What an operator does: the last completed workflow task, or the first, is done again. */
export const reset = command('reset', { pick, first: fc.boolean() }, async ({ pick, first }, model, run) => {
  const task = model.task(pick);
  if (task.accepted === undefined) return;
  task.resets += 1;
  await resetWorkflow(run.system.client, task.id, first ? { workflowTask: 0 } : {}).catch(
    (error: unknown) => {
      // There is no workflow task to go back to, or another reset was first.
      if (![3, 5, 9].includes((error as { code?: number }).code ?? 0)) throw error;
    },
  );
});
