import { caller, callerOf, command, patience, pick, place } from './command';
import type { ModelTask } from './model';
import type { Run } from './run';

export const cancel = command('cancel', { pick, place, patience, caller }, async (args, model, run) => {
  const task = model.task(args.pick);
  const way = run.way(args.place, ...callerOf(task, args.caller));
  const isKnown = task.accepted !== undefined;
  await cancelTask(run, task, way, { ...args, isKnown });
});

/** Also at the end of a case. */
export async function cancelTask(
  run: Run,
  task: ModelTask,
  way: ReturnType<Run['way']>,
  { patience, caller = 'owner', isKnown = true }: { patience: number; caller?: string; isKnown?: boolean },
): Promise<void> {
  const what = run.label('CancelTask', way);
  const canceling = { span: run.model.begin() };
  if (caller === 'owner') task.cancels.push(canceling);
  await run.perform(
    what,
    async () => {
      const { answer, reason, span } = await run.ask(way, 'CancelTask', { id: task.id });
      Object.assign(canceling.span, { answered: span.answered, answeredAt: span.answeredAt });
      Object.assign(canceling, { outcome: reason ?? answer.status.state });
      if (caller !== 'owner' && reason !== 'TASK_NOT_FOUND')
        throw new Error(`expected TASK_NOT_FOUND for a ${caller}, got ${reason ?? JSON.stringify(answer)}`);
      if (reason === 'TASK_NOT_FOUND' && (caller !== 'owner' || !isKnown)) return;
      if (reason === 'TASK_NOT_CANCELABLE') return;
      if (reason !== undefined) throw new Error(`refused: ${reason}`);
      run.observe(task, answer, { span, by: what, history: 'all', artifacts: true });
    },
    { patience, task },
  );
}
