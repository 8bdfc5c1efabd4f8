import fc from 'fast-check';
import type { Message } from '../../src/a2a/types';
import { caller, callerOf, command, historyLength, how, patience, pick, place, some } from './command';
import { newHook } from './hooks';
import type { ModelTask } from './model';
import { program } from './programs';
import type { How, Place, Run } from './run';

export const send = command(
  'send',
  {
    by: fc.constantFrom(0, 0, 0, 1),
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

export const resend = command(
  'resend',
  { pick, how, place, patience, other: fc.constantFrom(false, false, true) },
  async ({ pick, how, place, patience, other }, model, run) => {
    const task = model.task(pick);
    if (!other) return deliver(run, task, place, { message: task.message, how, patience });
    const message = { ...task.message, parts: [{ text: 'something else' }] };
    const way = run.way(place, task.owner, task.agent);
    // Whichever comes first makes the task.
    if (task.accepted === undefined) return;
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

export const say = command(
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

export const sayAgain = command(
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
  const isKnown = task.accepted !== undefined;
  const isRepeated = isFirst ? isKnown : text === undefined;
  const asked = task.certainlyAsks(span.issued);
  const said =
    text === undefined || caller !== 'owner' ? undefined : { message, text, span, ...namesOf(task, message) };
  if (said !== undefined) {
    const { names } = said as { names?: number };
    if (asked !== undefined && (names === undefined || names === asked))
      Object.assign(said, { certain: asked });
    task.said.push(said);
  }
  const note = (outcome: string) => {
    model.end(span);
    if (outcome === 'accepted' && isFirst) task.accepted ??= span;
    if (said !== undefined) Object.assign(said, { outcome, isEarly: !isKnown });
  };
  const check = (outcome: string) => {
    if (caller !== 'owner' && outcome !== 'TASK_NOT_FOUND')
      throw new Error(`expected TASK_NOT_FOUND for a ${caller}, got ${outcome}`);
    if (!isKnown && outcome === 'TASK_NOT_FOUND') return;
    if (caller === 'owner' && isFirst && outcome !== 'accepted') throw new Error(`refused: ${outcome}`);
  };
  const what = run.label(`${how} ${isFirst ? 'send' : 'say'}`, way);
  await run.perform(
    what,
    async () => {
      if (how === 'stream') {
        const kind = isFirst ? 'send' : 'say';
        const watched = run.watch(task, way, 'SendStreamingMessage', params, {
          kind,
          message,
          onFirst: () => note('accepted'),
        });
        await watched.stream.ended;
        const { events, failure } = watched.stream;
        const { reason } = (failure ?? {}) as { reason?: string };
        if (events.length === 0 && reason === undefined)
          throw new Error(`the stream has ended without an event: ${failure}`);
        if (events.length === 0) note(reason ?? '');
        check(events.length === 0 ? (reason ?? '') : 'accepted');
        return;
      }
      const { answer, reason, error, span: of } = await run.ask(way, 'SendMessage', params);
      if (answer !== undefined) {
        const history = historyLength === 0 ? 'none' : (historyLength ?? 'all');
        const seen = { span: of, by: what, history, artifacts: true } as const;
        const waited = how === 'blocking' && { awaited: true, mayBeOld: isRepeated };
        run.observe(task, answer.task, { ...seen, ...waited });
      }
      note(reason ?? 'accepted');
      if (reason === 'UNAVAILABLE') throw error;
      check(reason ?? 'accepted');
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
