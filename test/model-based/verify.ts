import { isTerminal } from '../../src/a2a/task-update';
import type { Message, Task } from '../../src/a2a/types';
import { type Course, placesOf, shortOf } from './canonical';
import { type Seen, sameArtifacts, sameJson, sameMessage, sameStatus, tellsProblem } from './fold';
import type { Hook, ModelTask, Observation, Said, Watched } from './model';
import { courseOf, placesOf as placesOfProgram } from './programs';
import type { Run } from './run';
import type { WireEvent } from './wire';

/** Whatever is wrong with what the clients of an ended task were told. @throws Error that says what */
export function verifyTask(run: Run, task: ModelTask, course: Course, final: Task): void {
  const fail = (text: string): never => {
    throw new Error(`${task}: ${text}\n${describe(task, course)}`);
  };
  verifyEnd(task, course, final, fail);
  verifyMessages(task, course, final, fail);
  verifyCancels(task, course, final, fail);
  // What a reset undoes was shown, and is in no course any more.
  if (task.resets > 0) return;
  verifyProgram(task, course, fail);
  verifyObservations(task, course, final, fail);
  const ends = new Map<Watched, number[][]>();
  for (const watched of task.watched) ends.set(watched, verifyStream(watched, course, ends, fail));
  for (const hook of task.hooks) verifyHook(run, hook, course, fail);
}

type Fail = (text: string) => never;

function describe(task: ModelTask, { told }: Course): string {
  const said = task.said.map(({ text, outcome, certain, names }) => {
    const more = `${certain === undefined ? '' : `, answers place ${certain}`}${names === undefined ? '' : `, names ${names}`}`;
    return `${text} (${outcome}${more})`;
  });
  return [
    `its program: ${JSON.stringify(task.message.parts)}`,
    `what has happened: ${['submitted', ...told].join(' | ')}`,
    `messages: ${said.join(', ') || 'none'}; cancels: ${task.cancels.map(({ outcome }) => outcome).join() || 'none'}`,
  ].join('\n');
}

/** GetTask shows what the stream's events add up to. */
function verifyEnd(_task: ModelTask, { seen }: Course, final: Task, fail: Fail): void {
  const { status, artifacts } = seen.at(-1) as Seen;
  if (!sameStatus(status, final.status))
    fail(`GetTask has the status ${JSON.stringify(final.status)}, the stream ${JSON.stringify(status)}`);
  if (!sameArtifacts(artifacts, final.artifacts))
    fail(
      `GetTask has the artifacts ${JSON.stringify(final.artifacts)}, the stream ${JSON.stringify(artifacts)}`,
    );
}

/** Every accepted message is in the history once, in the order in which they were sent. */
function verifyMessages(task: ModelTask, { endedAt }: Course, final: Task, fail: Fail): void {
  const ids = (final.history ?? []).map(({ messageId }) => messageId);
  if (new Set(ids).size < ids.length) fail(`the history holds a message twice: ${ids}`);
  const heard = (final.history ?? []).filter(({ role }) => role === 'ROLE_USER');
  if (heard[0]?.messageId !== task.message.messageId) fail(`the history begins with ${heard[0]?.messageId}`);
  if (!sameJson(heard[0]?.parts, task.message.parts)) fail('the first message is another');
  for (const { message, outcome, span, isEarly } of task.said) {
    if (isEarly && outcome === 'TASK_NOT_FOUND') continue;
    const found = heard.find(({ messageId }) => messageId === message.messageId);
    if (outcome === 'accepted' && found === undefined) fail(`the message ${message.messageId} is lost`);
    if (found !== undefined && !sameJson(found.parts, message.parts)) fail('a message has changed');
    if (outcome !== 'accepted' && found !== undefined) fail(`a message was refused (${outcome}), and taken`);
    if (outcome === 'UNSUPPORTED_OPERATION' && task.program.plain !== true && task.resets === 0) {
      if (endedAt > span.answeredAt + 5) fail(`${message.messageId} was refused before the end`);
    } else if (outcome === 'INVALID_PARAMS') {
      if (message.metadata === undefined) fail(`${message.messageId} was refused as invalid`);
    } else if (outcome !== 'accepted' && outcome !== 'UNSUPPORTED_OPERATION') {
      fail(`${message.messageId} was refused: ${outcome}`);
    }
  }
  const place = (said: Said) => heard.findIndex(({ messageId }) => messageId === said.message.messageId);
  const accepted = task.said.filter(({ outcome }) => outcome === 'accepted');
  for (const one of accepted)
    for (const other of accepted)
      if (one.span.answered < other.span.issued && place(one) > place(other))
        fail(`${one.message.messageId} was sent before ${other.message.messageId}, and comes behind it`);
}

function verifyCancels(task: ModelTask, { endedAt }: Course, final: Task, fail: Fail): void {
  const isCanceled = final.status.state === 'TASK_STATE_CANCELED';
  if (isCanceled && task.cancels.length === 0) fail('nobody has canceled it');
  if (task.resets > 0) return;
  for (const { outcome, span } of task.cancels) {
    if (outcome === 'TASK_STATE_CANCELED' && !isCanceled) fail('CancelTask said that it is canceled');
    if (outcome === 'TASK_NOT_CANCELABLE' && endedAt > span.answeredAt + 5)
      fail('it was not cancelable before its end');
  }
}

/** Its events are what its program makes of the messages. */
function verifyProgram(task: ModelTask, { told }: Course, fail: Fail): void {
  const isCanceled = told.at(-1)?.startsWith('canceled') === true;
  const allowed = hearings(task).map((heard) => courseOf(task.program, heard));
  const isAllowed = allowed.some(({ events, waits }) => {
    if (!isCanceled) return waits === undefined && sameJson(events, told);
    const before = told.slice(0, -1);
    return sameJson(events.slice(0, before.length), before) || isCanceledChain(task, events, before);
  });
  if (isAllowed) return;
  const expected = [...new Set(allowed.map(({ events }) => events.join(' | ')))];
  fail(`expected one of${expected.map((each) => `\n  ${each}`).join('')}\ncanceled or not`);
}

/** It tells how its steps end. */
function isCanceledChain({ agent }: ModelTask, events: string[], told: string[]): boolean {
  const own = told.filter((each) => !/^working "\w+ (canceled|failed)|^working$/.test(each));
  const expected = events.filter((each) => each !== 'working');
  return agent === 'chain' && sameJson(expected.slice(0, own.length), own);
}

/** What the places where the program waits may have heard, one after the other. */
export function hearings({ program, said }: Pick<ModelTask, 'program' | 'said'>): string[][] {
  const places = placesOfProgram(program);
  const heard = said.filter(({ outcome }) => outcome === undefined || outcome === 'accepted');
  const found: string[][] = [];
  const extend = (chosen: Said[]) => {
    const skipped = heard.some(
      (each) => !chosen.includes(each) && each.certain !== undefined && each.certain < chosen.length,
    );
    if (skipped) return;
    found.push(chosen.map(({ text }) => text));
    const place = chosen.length;
    if (place === places.length) return;
    for (const each of heard) {
      if (chosen.includes(each)) continue;
      if (each.certain !== undefined && each.certain !== place) continue;
      if (each.names !== undefined && each.names !== place && (places[place] === 'ask' || each.names < 0))
        continue;
      extend([...chosen, each]);
    }
  };
  extend([]);
  return found;
}

/** What was shown is what there was, and nobody was shown less than somebody before. */
function verifyObservations(task: ModelTask, course: Course, final: Task, fail: Fail): void {
  const { seen } = task;
  const placed = seen.map((each) => ({ ...each, places: shownAt(each, course) }));
  for (const each of placed) {
    const show = `${each.by} shows ${JSON.stringify(each.task)}`;
    if (each.places.length === 0) fail(`${show}, which it never was`);
    verifyHistory(each, final, (text) => fail(`${show}: ${text}`));
    const { state } = each.task.status;
    const answers =
      isTerminal(state) || state === 'TASK_STATE_INPUT_REQUIRED' || tellsProblem(each.task.status);
    if (each.awaited && !answers) fail(`${show}, which is no answer`);
    if (each.mayBeOld) continue;
    for (const before of placed) {
      if (before.span.answered >= each.span.issued || before.mayBeOld) continue;
      if (Math.max(...each.places) < Math.min(...before.places))
        fail(`${show}; ${before.by} had shown ${JSON.stringify(before.task)} before`);
    }
    for (const { message, outcome, span } of task.said) {
      if (outcome !== 'accepted' || span.answered >= each.span.issued || each.history !== 'all') continue;
      if (!each.task.history?.some(({ messageId }) => messageId === message.messageId))
        fail(`${show}; the message ${message.messageId} had been accepted before`);
    }
  }
}

function shownAt({ task, artifacts, by }: Observation, course: Course): number[] {
  const places = placesOf(course, task, { artifacts });
  // Where an answer goes before the agent has read it, the question is shown as answered.
  if (!by.startsWith('SendStreamingMessage') || task.status.state !== 'TASK_STATE_WORKING') return places;
  const asked = { ...task, status: { ...task.status, state: 'TASK_STATE_INPUT_REQUIRED' as const } };
  const asking = course.seen.flatMap(({ status, artifacts }, index) =>
    status.state === asked.status.state &&
    status.timestamp === asked.status.timestamp &&
    sameArtifacts(artifacts, task.artifacts)
      ? [index]
      : [],
  );
  return [...places, ...asking];
}

function verifyHistory({ task, history }: Observation, final: Task, fail: Fail): void {
  const all = final.history ?? [];
  const shown = task.history ?? [];
  if (history === 'none') {
    if (task.history !== undefined && shown.length > 0) fail('no history was asked for');
    return;
  }
  if (history === 'all') {
    if (!isAt(shown, all, 0)) fail(`its history is no beginning of ${JSON.stringify(all)}`);
    return;
  }
  if (shown.length > history) fail(`no more than ${history} messages were asked for`);
  const place = all.findIndex(({ messageId }) => messageId === shown[0]?.messageId);
  if (!isAt(shown, all, place)) fail(`its history is no part of ${JSON.stringify(all)}`);
  if (shown.length < history && place !== 0) fail(`${history} messages were asked for`);
}

function isAt(part: readonly Message[], all: readonly Message[], place: number): boolean {
  return place >= 0 && part.every((message, index) => sameMessage(message, all[place + index]));
}

/** Each event once, in order, without a gap. Returns where in the course each of its events may lie: behind so many. */
function verifyStream(
  watched: Watched,
  course: Course,
  others: ReadonlyMap<Watched, number[][]>,
  fail: Fail,
): number[][] {
  const { stream, kind, after, by, message } = watched;
  const { events, failure, cut } = stream;
  const show = () => {
    const behind =
      after === undefined ? '' : `, behind ${inFull(after.of.stream.events[after.index])} of ${after.of.by},`;
    return `${by}${behind} has told ${events.map(inFull).join(' | ')}${failure === undefined ? '' : `, then ${failure}`}`;
  };
  let places = after === undefined ? undefined : others.get(after.of)?.[after.index];
  const all: number[][] = [];
  for (const [index, { response }] of events.entries()) {
    if (response.task !== undefined) {
      if (index > 0 || after !== undefined) fail(`${show()}: a Task where an update was to be`);
      const seen = { span: watched.span, task: response.task, by, history: 'all', artifacts: true } as const;
      places = shownAt(seen, course);
    } else if (response.statusUpdate && tellsProblem(response.statusUpdate.status)) {
      // No event of the task's own.
    } else {
      if (places === undefined) return fail(`${show()}: begins without a Task`);
      places = places
        .filter((place) => sameJson(contentOf(course.events[place]), contentOf({ response })))
        .map((place) => place + 1);
      if (places.length === 0) fail(`${show()}: event ${index} is not the one that comes next`);
    }
    all.push(places as number[]);
  }
  if (cut || places === undefined) return all;
  const isAtEnd = places.includes(course.events.length);
  const reason = (failure as { reason?: string } | undefined)?.reason;
  if (failure !== undefined) {
    if (reason !== 'UNSUPPORTED_OPERATION' || events.length > 0 || !isAtEnd) fail(`${show()}: it fails`);
    return all;
  }
  const asks = places.some((place) => course.seen[place]?.status.state === 'TASK_STATE_INPUT_REQUIRED');
  if (!isAtEnd && !(kind !== 'subscribe' && asks)) fail(`${show()}: it ends before the task does`);
  const history = events[0]?.response.task?.history;
  if (kind === 'say' && !history?.some(({ messageId }) => messageId === message?.messageId))
    fail(`${show()}: the first Task lacks the message`);
  return all;
}

function inFull(event: WireEvent | undefined): string {
  return event === undefined ? 'nothing' : `[${event.id ?? ''}] ${shortOf(event)}`;
}

/** Without what gRPC leaves out. */
function contentOf(event: { response: object } | undefined): unknown {
  const drop = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(drop);
    if (typeof value !== 'object' || value === null) return value;
    const kept = Object.entries(value).filter(([, each]) => each !== false && !isEmpty(each));
    return Object.fromEntries(kept.map(([key, each]) => [key, drop(each)]));
  };
  return drop(event?.response);
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** A webhook is told each event once, in order, from some place on; to the end, unless its config is deleted. */
function verifyHook({ system }: Run, hook: Hook, course: Course, fail: Fail): void {
  const taken = system.receiver.taken.filter(({ path }) => path === hook.path);
  const keys = taken.map(({ headers }) => headers['idempotency-key']);
  const once = taken.filter((_, index) => keys.indexOf(keys[index]) === index);
  const told = once.map(({ json }) => shortOf({ id: undefined, response: json }));
  const show = `the webhook ${hook.id} was told ${told.join(' | ') || 'nothing'}`;
  if (hook.outcome !== 'accepted') {
    if (told.length > 0 && hook.outcome !== undefined)
      fail(`${show}, although its config was refused (${hook.outcome})`);
    return;
  }
  const updates = once
    .map(({ json }) => json)
    .filter((json, index) => !(index === 0 && json.task !== undefined));
  const all = course.events.map(contentOf);
  const rest = updates.map((response) => contentOf({ response }));
  const starts = hook.fromStart ? [0] : all.map((_, index) => index).concat(all.length);
  if (hook.fromStart && once.length > 0 && once[0]?.json.task === undefined)
    fail(`${show}, and not the Task first`);
  const found = starts.some((start) => {
    const part = all.slice(start, start + rest.length);
    if (!sameJson(part, rest)) return false;
    return hook.deleted !== undefined || start + rest.length === all.length;
  });
  if (!found) fail(`${show}, which is not what has happened`);
  // What has happened behind its creation is told.
  if (
    !hook.fromStart &&
    hook.deleted === undefined &&
    rest.length === 0 &&
    hook.created.answeredAt < course.endedAt - 5
  )
    fail(`${show}, although it was there before the end`);
}
