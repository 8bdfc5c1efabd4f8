import fc from 'fast-check';
import { caller, callerOf, command, patience, pick, place } from './command';
import type { ModelTask } from './model';
import type { Run } from './run';

export const hook = command(
  'hook',
  { pick, place, patience, what: fc.constantFrom('create', 'create', 'delete', 'list'), which: pick, caller },
  async ({ pick, place, patience, what, which, caller }, model, run) => {
    const task = model.task(pick);
    if (task.accepted === undefined) return;
    const way = run.way(place, ...callerOf(task, caller));
    const taskId = task.id;
    const known = task.hooks[which % Math.max(task.hooks.length, 1)];
    const expectFound = (reason: string | undefined) => {
      const expected = caller === 'owner' ? undefined : 'TASK_NOT_FOUND';
      if (reason !== expected) throw new Error(`expected ${expected}, got ${reason}`);
    };
    const options = { patience, task };
    if (what === 'create' && caller === 'owner' && task.hooks.length < 9) {
      const config = newHook(run, task, false);
      const made = task.hooks.at(-1);
      return run.perform(
        run.label('CreateTaskPushNotificationConfig', way),
        async () => {
          const { span, reason, answer } = await run.ask(way, 'CreateTaskPushNotificationConfig', {
            ...config,
            taskId,
          });
          Object.assign(made?.created as object, span);
          Object.assign(made as object, { outcome: reason ?? 'accepted' });
          expectFound(reason);
          if (answer?.id !== config.id || answer.url !== config.url)
            throw new Error(`made ${JSON.stringify(answer)}`);
        },
        options,
      );
    }
    if (what === 'delete' && known !== undefined && known.deleted === undefined) {
      const span = model.begin();
      if (caller === 'owner') known.deleted = span;
      return run.perform(
        run.label('DeleteTaskPushNotificationConfig', way),
        async () => {
          const { reason } = await run.ask(way, 'DeleteTaskPushNotificationConfig', { taskId, id: known.id });
          model.end(span);
          expectFound(reason);
        },
        options,
      );
    }
    await run.perform(
      run.label('ListTaskPushNotificationConfigs', way),
      async () => {
        const { span, reason, answer } = await run.ask(way, 'ListTaskPushNotificationConfigs', { taskId });
        expectFound(reason);
        if (caller !== 'owner') return;
        const ids = ((answer.configs ?? []) as { id: string }[]).map(({ id }) => id);
        for (const { id, created, deleted, outcome } of task.hooks) {
          const isThere = outcome === 'accepted' && created.answered < span.issued && deleted === undefined;
          const isGone =
            created.issued > span.answered || (deleted !== undefined && deleted.answered < span.issued);
          if (isThere && !ids.includes(id)) throw new Error(`does not list ${id}: ${ids}`);
          if (isGone && ids.includes(id)) throw new Error(`lists ${id}, which is deleted: ${ids}`);
        }
        const strange = ids.filter((id) => !task.hooks.some((each) => each.id === id));
        if (strange.length > 0 || new Set(ids).size < ids.length) throw new Error(`lists ${ids}`);
      },
      options,
    );
  },
);

export function newHook(run: Run, task: ModelTask, fromStart: boolean): { id: string; url: string } {
  const id = `h${task.hooks.length}`;
  const path = `/${task.id}/${id}`;
  task.hooks.push({
    id,
    path,
    fromStart,
    created: run.model.begin(),
    ...(fromStart && { outcome: 'accepted' }),
  });
  return { id, url: `${new URL(run.system.receiver.url).origin}${path}` };
}
