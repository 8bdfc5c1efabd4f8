import fc from 'fast-check';
import type { Task, TaskState } from '../../src/a2a/types';
import { caller, callerOf, command, historyLength, patience, pick, place, some } from './command';

export const get = command(
  'get',
  { pick, place, patience, historyLength, caller, times: fc.constantFrom(1, 2, 3) },
  async ({ pick, place, patience, historyLength, caller, times }, model, run) => {
    const task = model.task(pick);
    const isKnown = task.accepted !== undefined;
    const history = historyLength === 0 ? 'none' : (historyLength ?? 'all');
    const params = { id: task.id, ...(historyLength !== undefined && { historyLength }) };
    /** At one node after the other. */
    const getOnce = async (node: number) => {
      const way = run.way({ ...place, node }, ...callerOf(task, caller));
      const { answer, reason, span } = await run.ask(way, 'GetTask', params);
      if (caller !== 'owner' && reason !== 'TASK_NOT_FOUND')
        throw new Error(`expected TASK_NOT_FOUND for a ${caller}, got ${reason ?? JSON.stringify(answer)}`);
      if (reason === 'TASK_NOT_FOUND' && (caller !== 'owner' || !isKnown)) return;
      if (reason !== undefined) throw new Error(`refused: ${reason}`);
      run.observe(task, answer, { span, by: run.label('GetTask', way), history, artifacts: true });
    };
    await run.perform(
      'GetTask',
      async () => {
        for (let time = 0; time < times; time++) await getOnce(place.node + time);
      },
      { patience, task },
    );
  },
);

const STATES: TaskState[] = [
  'TASK_STATE_COMPLETED',
  'TASK_STATE_WORKING',
  'TASK_STATE_INPUT_REQUIRED',
  'TASK_STATE_CANCELED',
];

export const list = command(
  'list',
  {
    pick,
    place,
    patience,
    status: some(fc.constantFrom(...STATES)),
    ofContext: fc.boolean(),
    pageSize: fc.constantFrom(50, 1, 2),
    includeArtifacts: fc.boolean(),
    historyLength,
  },
  async (
    { pick, place, patience, status, ofContext, pageSize, includeArtifacts, historyLength },
    model,
    run,
  ) => {
    const { owner, agent, contextId } = model.task(pick);
    const way = run.way(place, owner, agent);
    const what = run.label('ListTasks', way);
    const params = {
      pageSize,
      ...(includeArtifacts && { includeArtifacts }),
      ...(historyLength !== undefined && { historyLength }),
      ...(status !== undefined && { status }),
      ...(ofContext && { contextId }),
    };
    await run.perform(
      what,
      async () => {
        let pageToken = '';
        let pages = 0;
        do {
          const { answer, error, span } = await run.ask(way, 'ListTasks', {
            ...params,
            ...(pageToken && { pageToken }),
          });
          if (error !== undefined) throw error;
          const tasks = (answer.tasks ?? []) as Task[];
          if (tasks.length > pageSize) throw new Error(`a page has ${tasks.length} tasks`);
          for (const listed of tasks) {
            const task = model.tasks.find(({ id }) => id === listed.id);
            if (task?.owner !== owner || task.agent !== agent)
              throw new Error(`lists a task that is not of ${owner} and ${agent}: ${JSON.stringify(listed)}`);
            if (status !== undefined && listed.status.state !== status)
              throw new Error(`lists a task in another state than ${status}: ${JSON.stringify(listed)}`);
            if (ofContext && listed.contextId !== contextId)
              throw new Error('lists a task of another context');
            const history = historyLength === 0 ? 'none' : (historyLength ?? 'all');
            run.observe(task, listed, {
              span,
              by: what,
              history,
              artifacts: includeArtifacts,
              mayBeOld: true,
            });
          }
          pageToken = answer.nextPageToken ?? '';
          pages += 1;
        } while (pageToken !== '' && pages < 100);
      },
      { patience },
    );
  },
);

export const subscribe = command(
  'subscribe',
  {
    pick,
    place,
    patience,
    behind: some(fc.tuple(pick, fc.nat({ max: 30 }))),
    cutAfter: some(fc.integer({ min: 1, max: 5 })),
  },
  async ({ pick, place, patience, behind, cutAfter }, model, run) => {
    const task = model.task(pick);
    const isKnown = task.accepted !== undefined;
    // gRPC has no place for the ID of an event.
    const streams = task.watched.filter(({ stream }) => stream.events.some(({ id }) => id !== undefined));
    const of = behind && streams[behind[0] % Math.max(streams.length, 1)];
    const after = of && { of, index: (behind?.[1] ?? 0) % of.stream.events.length };
    const way = run.way(
      after !== undefined && place.wire === 'gRPC' ? { ...place, wire: 'HTTP+JSON' } : place,
      task.owner,
      task.agent,
    );
    await run.perform(
      run.label('SubscribeToTask', way),
      async () => {
        const watched = run.watch(
          task,
          way,
          'SubscribeToTask',
          { id: task.id },
          {
            kind: 'subscribe',
            ...(after && { after }),
            ...(cutAfter !== undefined && { cutAfter }),
          },
        );
        await watched.stream.ended;
        const { failure } = watched.stream;
        const reason = (failure as { reason?: string } | undefined)?.reason;
        if (failure === undefined || reason === 'UNSUPPORTED_OPERATION') return;
        if (reason === 'TASK_NOT_FOUND' && !isKnown) return;
        throw failure;
      },
      { patience, task },
    );
  },
);
