import fc from 'fast-check';
import type { Message, Task, TaskState } from '../../src/a2a/types';
import { resetWorkflow } from '../support/reset';
import type { Model, ModelTask } from './model';
import { program } from './programs';
import type { How, Place, Run } from './run';
import { WIRES } from './wire';

type Command = fc.AsyncCommand<Model, Run>;

const place: fc.Arbitrary<Place> = fc.record(
  { node: fc.nat({ max: 1 }), wire: fc.constantFrom(...WIRES) },
  { noNullPrototype: true },
);
const how: fc.Arbitrary<How> = fc.constantFrom('immediate', 'blocking', 'stream');
/** How many ms the client waits before it does the next thing at the same time. */
const patience = fc.constantFrom(2_000, 0, 40);
const pick = fc.nat({ max: 11 });
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
/** Seldom somebody else than the owner. */
const caller = fc.constantFrom(
  'owner',
  'owner',
  'owner',
  'owner',
  'owner',
  'owner',
  'stranger',
  'other agent',
);
const historyLength = some(fc.constantFrom(0, 1, 2, 100));

function command<Args extends object>(
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

const send = command(
  'send',
  {
    by: fc.nat({ max: 1 }),
    program,
    how,
    place,
    patience,
    historyLength,
    context: some(pick),
    push: fc.boolean(),
    twice: fc.boolean(),
  },
  async ({ by, program, how, place, patience, historyLength, context, push, twice }, model, run) => {
    const owner = run.owner(by);
    const known = context === undefined ? undefined : model.tasks[context];
    const contextId = context === undefined ? undefined : (known?.contextId ?? `${run.name}-c${context}`);
    const task = run.newTask(owner, program, contextId);
    const config = push ? newHook(run, task, true) : undefined;
    const options = { message: task.message, how, historyLength, config };
    await deliver(run, task, place, { ...options, patience: twice ? 0 : patience });
    // The same at the same time, at the other node.
    if (twice) await deliver(run, task, { ...place, node: place.node + 1 }, { ...options, patience });
  },
  () => true,
);

const resend = command(
  'resend',
  { pick, how, place, patience, other: fc.constantFrom(false, false, true) },
  async ({ pick, how, place, patience, other }, model, run) => {
    const task = model.task(pick);
    if (!other) return deliver(run, task, place, { message: task.message, how, patience });
    const message = { ...task.message, parts: [{ text: 'something else' }] };
    const way = run.way(place, task.owner, task.agent);
    // Whichever comes first makes the task.
    if (task.accepted === undefined || task.isDeleted) return;
    await run.perform(
      run.label('SendMessage of other content with the same ID', way),
      async () => {
        const { reason } = await run.ask(way, 'SendMessage', { message });
        // The content of a text part alone makes no invoice.
        if (reason !== 'INVALID_PARAMS') throw new Error(`expected INVALID_PARAMS, got ${reason}`);
      },
      { patience, task },
    );
  },
);

const say = command(
  'say',
  { pick, how, place, patience, names: fc.constantFrom('none', 'none', 'none', 'open', 'wrong'), caller },
  async ({ pick, how, place, patience, names, caller }, model, run) => {
    const task = model.task(pick);
    const text = `s${model.now()}`;
    const question = names === 'open' ? task.lastQuestion : names === 'wrong' ? 'nonsense' : undefined;
    const message: Message = {
      messageId: run.messageId(),
      taskId: task.id,
      role: 'ROLE_USER',
      parts: [{ text }],
      ...(question !== undefined && { metadata: { a2a_question: question } }),
    };
    await deliver(run, task, place, { message, how, patience, text, caller });
  },
);

const sayAgain = command(
  'say again',
  { pick, which: pick, how, place, patience },
  async (args, model, run) => {
    const task = model.task(args.pick);
    const said = task.said[args.which % Math.max(task.said.length, 1)];
    // What was refused may be accepted now.
    if (said?.outcome !== 'accepted') return;
    await deliver(run, task, args.place, { ...args, message: said.message });
  },
);

interface Delivery {
  message: Message;
  how: How;
  patience: number;
  historyLength?: number | undefined;
  config?: object | undefined;
  /** Of a further message that is new. */
  text?: string;
  caller?: string;
}

async function deliver(run: Run, task: ModelTask, place: Place, delivery: Delivery): Promise<void> {
  const { message, how, patience, historyLength, config, text, caller = 'owner' } = delivery;
  const { model } = run;
  const way = run.way(place, ...callerOf(task, caller));
  const configuration = {
    ...(how === 'immediate' && { returnImmediately: true }),
    ...(historyLength !== undefined && { historyLength }),
    ...(config !== undefined && { taskPushNotificationConfig: config }),
  };
  const params = { message, ...(Object.keys(configuration).length > 0 && { configuration }) };
  const span = model.begin();
  const isFirst = message === task.message;
  const asked = task.certainlyAsks(span.issued);
  const said =
    text === undefined || caller !== 'owner' ? undefined : { message, text, span, ...namesOf(task, message) };
  if (said !== undefined) {
    const { names } = said as { names?: number };
    if (asked !== undefined && (names === undefined || names === asked))
      Object.assign(said, { certain: asked });
    task.said.push(said);
  }
  const settle = (outcome: string) => {
    model.end(span);
    if (outcome === 'accepted' && isFirst) task.accepted ??= span;
    if (said !== undefined) Object.assign(said, { outcome });
    if (caller !== 'owner' && outcome !== 'TASK_NOT_FOUND')
      throw new Error(`expected TASK_NOT_FOUND for a ${caller}, got ${outcome}`);
    if (task.isDeleted && outcome === 'TASK_NOT_FOUND') return;
    if (caller === 'owner' && isFirst && outcome !== 'accepted') throw new Error(`refused: ${outcome}`);
  };
  const what = run.label(`${how} ${isFirst ? 'send' : 'say'}`, way);
  await run.perform(
    what,
    async () => {
      if (how === 'stream') {
        const kind = isFirst ? 'send' : 'say';
        const watched = run.watch(task, way, 'SendStreamingMessage', params, { kind, message });
        await watched.stream.ended;
        const { events, failure } = watched.stream;
        if (events.length > 0) settle('accepted');
        else if (failure !== undefined && 'reason' in (failure as object))
          settle((failure as { reason: string }).reason);
        else throw new Error(`the stream has ended without an event: ${failure}`);
        return;
      }
      const { answer, reason, span: of } = await run.ask(way, 'SendMessage', params);
      if (answer !== undefined) {
        const history = historyLength === 0 ? 'none' : (historyLength ?? 'all');
        const seen = { span: of, by: what, history, artifacts: true } as const;
        run.observe(task, answer.task, { ...seen, ...(how === 'blocking' && { awaited: true }) });
      }
      settle(reason ?? 'accepted');
    },
    { patience, task, waits: how !== 'immediate' && caller === 'owner' },
  );
}

function namesOf(task: ModelTask, { metadata }: Message): { names?: number } {
  const id = metadata?.a2a_question as string | undefined;
  if (id === undefined) return {};
  // As in `<task ID>:ask:2`, the second question.
  const number = Number(/^.*:(\d+)$/.exec(id)?.[1] ?? 0);
  let asks = 0;
  const places = task.program.items.filter((item) => !('tell' in item));
  return { names: places.findIndex((item) => 'ask' in item && ++asks === number) };
}

function callerOf(task: ModelTask, caller: string): [owner: string, agent: string] {
  if (caller === 'stranger') return [`${task.owner}-not`, task.agent];
  if (caller === 'other agent') return [task.owner, task.agent === 'echo' ? 'script' : 'echo'];
  return [task.owner, task.agent];
}

const get = command('get', { pick, place, patience, historyLength, caller }, async (args, model, run) => {
  const task = model.task(args.pick);
  const way = run.way(args.place, ...callerOf(task, args.caller));
  const { historyLength } = args;
  const isKnown = task.accepted !== undefined;
  const what = run.label('GetTask', way);
  await run.perform(
    what,
    async () => {
      const { answer, reason, span } = await run.ask(way, 'GetTask', {
        id: task.id,
        ...(historyLength !== undefined && { historyLength }),
      });
      if (args.caller !== 'owner' && reason !== 'TASK_NOT_FOUND')
        throw new Error(
          `expected TASK_NOT_FOUND for a ${args.caller}, got ${reason ?? JSON.stringify(answer)}`,
        );
      if (reason === 'TASK_NOT_FOUND' && (args.caller !== 'owner' || !isKnown || task.isDeleted)) return;
      if (reason !== undefined) throw new Error(`refused: ${reason}`);
      const history = historyLength === 0 ? 'none' : (historyLength ?? 'all');
      run.observe(task, answer, { span, by: what, history, artifacts: true });
    },
    { ...args, task },
  );
});

const STATES: TaskState[] = [
  'TASK_STATE_COMPLETED',
  'TASK_STATE_WORKING',
  'TASK_STATE_INPUT_REQUIRED',
  'TASK_STATE_CANCELED',
];

const list = command(
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

const cancel = command('cancel', { pick, place, patience, caller }, async (args, model, run) => {
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
      if (reason === 'TASK_NOT_FOUND' && (caller !== 'owner' || !isKnown || task.isDeleted)) return;
      if (reason === 'TASK_NOT_CANCELABLE') return;
      if (reason !== undefined) throw new Error(`refused: ${reason}`);
      run.observe(task, answer, { span, by: what, history: 'all', artifacts: true });
    },
    { patience, task },
  );
}

const subscribe = command(
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
        if (reason === 'TASK_NOT_FOUND' && (!isKnown || task.isDeleted)) return;
        throw failure;
      },
      { patience, task },
    );
  },
);

const hook = command(
  'hook',
  { pick, place, patience, what: fc.constantFrom('create', 'create', 'delete', 'list'), which: pick, caller },
  async ({ pick, place, patience, what, which, caller }, model, run) => {
    const task = model.task(pick);
    if (task.accepted === undefined || task.isDeleted) return;
    const way = run.way(place, ...callerOf(task, caller));
    const taskId = task.id;
    const known = task.hooks[which % Math.max(task.hooks.length, 1)];
    const expectFound = (reason: string | undefined) => {
      const expected = caller === 'owner' ? undefined : 'TASK_NOT_FOUND';
      if (reason !== expected && !task.isDeleted) throw new Error(`expected ${expected}, got ${reason}`);
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
        if (caller !== 'owner' || task.isDeleted) return;
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

function newHook(run: Run, task: ModelTask, fromStart: boolean): { id: string; url: string } {
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

const pause = command(
  'pause',
  {},
  (_args, _model, { system }) => system.pause(),
  () => true,
);
const resume = command(
  'resume',
  {},
  (_args, _model, { system }) => system.resume(),
  () => true,
);

/** What an operator does: the last completed workflow task, or the first, is done again. */
const reset = command('reset', { pick, first: fc.boolean() }, async ({ pick, first }, model, run) => {
  const task = model.task(pick);
  if (task.accepted === undefined || task.isDeleted) return;
  task.resets += 1;
  await resetWorkflow(run.system.client, task.id, first ? { workflowTask: 0 } : {}).catch(
    (error: unknown) => {
      // There is no workflow task to go back to, or another reset was first.
      if (![3, 5, 9].includes((error as { code?: number }).code ?? 0)) throw error;
    },
  );
});

export interface CommandOptions {
  /** Also what operators do to workflows, after which less is certain. */
  operators?: boolean;
  maxCommands?: number;
}

/** Random operations of the clients of a case. */
export function operations({ operators = true, maxCommands = 30 }: CommandOptions = {}) {
  const twice = <T>(arbitrary: T): T[] => [arbitrary, arbitrary];
  return fc.commands(
    [
      ...twice(send),
      ...twice(send),
      resend,
      ...twice(say),
      ...twice(say),
      sayAgain,
      ...twice(get),
      list,
      cancel,
      ...twice(subscribe),
      hook,
      pause,
      resume,
      ...(operators ? [reset] : []),
    ],
    { maxCommands, size: 'max' },
  );
}
