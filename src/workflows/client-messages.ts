import { condition } from '@temporalio/workflow';
import { type Asker, answeredQuestion, tasksAsking } from '../a2a/open-questions';
import type { Message, Part, TaskState } from '../a2a/types';
import { seenQuestions } from './seen-questions';

export interface Received {
  message: Message;
  /** How many the run had received before. */
  place: number;
  /** IDs of the questions that it may answer; undefined when that was not told. */
  answers: readonly string[] | undefined;
}

/** A question of the task, which waits for its answer. */
export interface Question {
  id: string;
  state: TaskState;
  parts: Part[];
  asker?: Asker;
  /** How many messages had come when it was asked first: only later ones answer it. */
  since: number;
  answer?: Received | undefined;
}

/**
 * The messages of a task's client: answers, and what was said without a question.
 *
 * A message answers the question that it names, or the one whose task it refers to, or else the oldest one that was
 * open when it was sent. One that comes while nothing is asked answers no later question. A reset has Temporal
 * repeat an answer before its question is asked again: such a message is kept for that question.
 */
export class ClientMessages {
  private readonly unread: Received[];
  private count = 0;
  private readonly open: Question[] = [];
  /** IDs of what this run has asked. */
  private readonly asked = new Set<string>();

  constructor(carried: readonly Message[] = []) {
    this.unread = carried.map((message) => ({ message, place: -1, answers: undefined }));
  }

  /** Those that nobody has read yet. */
  get left(): Message[] {
    return this.unread.map(({ message }) => message);
  }

  /** How many the run has received. */
  get received(): number {
    return this.count;
  }

  /** Whether {@link next} would have one at once. */
  get hasNext(): boolean {
    return this.unread.some((each) => !this.isKept(each));
  }

  /** The next one that was not read and answers nothing. */
  async next(): Promise<Message> {
    await condition(() => this.hasNext);
    const [next] = this.unread.splice(
      this.unread.findIndex((each) => !this.isKept(each)),
      1,
    );
    return (next as Received).message;
  }

  /** @param raw the argument of the signal that has brought it */
  receive(message: Message, raw: unknown): void {
    const named = answeredQuestion(message);
    const answers = named === undefined ? seenQuestions(raw) : [named];
    const waiting = this.open.filter(({ answer }) => answer === undefined);
    const question =
      (named === undefined ? waiting.find((each) => refersTo(message, each)) : undefined) ??
      waiting.find(({ id }) => answers === undefined || answers.includes(id));
    const received = { message, place: this.count++, answers };
    if (question === undefined) this.unread.push(received);
    else question.answer = received;
  }

  /**
   * From now on messages may answer the question. One that was sent for it does at once: before a reset, or before the
   * question was withdrawn for a while.
   */
  opened(question: Question): void {
    this.asked.add(question.id);
    this.open.push(question);
    const early = this.unread.findIndex(
      ({ message, answers, place }) =>
        (answers?.includes(question.id) ?? place >= question.since) || refersTo(message, question),
    );
    if (early >= 0) question.answer = this.unread.splice(early, 1)[0];
  }

  closed(question: Question): void {
    this.open.splice(this.open.indexOf(question), 1);
  }

  /** Its question was withdrawn before the answer was read. */
  putBack(answer: Received): void {
    this.unread.push(answer);
  }

  /** For a question that was asked before the reset, and will be again. */
  private isKept({ answers = [] }: Received): boolean {
    return answers.length > 0 && !answers.some((id) => this.asked.has(id));
  }
}

function refersTo({ referenceTaskIds = [] }: Message, { asker }: Question): boolean {
  const tasks = asker === undefined ? [] : tasksAsking(asker);
  return referenceTaskIds.some((id) => tasks.includes(id));
}
