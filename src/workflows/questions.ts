import { CancellationScope, condition } from '@temporalio/workflow';
import { type Asker, askerPart, type OpenQuestion, QUESTIONS_FIELD } from '../a2a/open-questions';
import { toParts, type Content } from '../a2a/parts';
import type { Message, Part, Struct, TaskState } from '../a2a/types';
import type { AskOptions } from './calling-task';
import type { ClientMessages, Question, Received } from './client-messages';

/** What the client is shown: a status, its message and metadata. */
export interface Shown {
  state: TaskState;
  message?: { messageId?: string; parts: Part[] };
  metadata: Struct;
}

export interface QuestionsOptions {
  taskId: string;
  agentId: string;
  messages: ClientMessages;
  /** IDs of messages that an earlier run of the task has sent. */
  used: ReadonlySet<string>;
  show: (shown: Shown) => void;
}

/** The questions of a task to its client, as many at once as there are. */
export class Questions {
  private readonly open: Question[] = [];
  private readonly counts = new Map<string, number>();
  private readonly given = new Set<string>();
  /** Those that were withdrawn, by what was asked: asked again, they are the same. */
  private readonly withdrawn = new Map<string, Pick<Question, 'id' | 'since'>>();
  private readonly scope = CancellationScope.current();

  constructor(private readonly options: QuestionsOptions) {}

  /** Stops for the client until it has answered. Cancelling the scope that it is asked in withdraws the question. */
  async ask(content: Content, { state, metadata, asker, key, number }: AskOptions): Promise<Message> {
    const { messages } = this.options;
    const parts = toParts(content);
    const what = JSON.stringify([key, parts]);
    const question: Question = {
      ...(this.withdrawn.get(what) ?? { id: this.newId(key ?? 'ask', number), since: messages.received }),
      state: state ?? 'TASK_STATE_INPUT_REQUIRED',
      parts,
      ...(asker !== undefined && { asker }),
    };
    this.withdrawn.delete(what);
    this.open.push(question);
    messages.opened(question);
    this.show(metadata);
    let answer: Received | undefined;
    try {
      await condition(() => question.answer !== undefined);
      answer = question.answer as Received;
      return answer.message;
    } finally {
      this.open.splice(this.open.indexOf(question), 1);
      messages.closed(question);
      if (answer === undefined) this.withdraw(question, what);
      if (answer !== undefined || !this.scope.consideredCancelled) this.show();
    }
  }

  private withdraw({ id, since, answer }: Question, what: string): void {
    this.withdrawn.set(what, { id, since });
    if (answer !== undefined) this.options.messages.putBack(answer);
  }

  /** A reset has the same question asked with the same ID, by which its answer finds it. */
  private newId(key: string, number: string | undefined): string {
    const { taskId, used } = this.options;
    let id = `${taskId}:${key}:${number}`;
    while (number === undefined || used.has(id) || this.given.has(id)) {
      const count = (this.counts.get(key) ?? 0) + 1;
      this.counts.set(key, count);
      number = `${count}`;
      id = `${taskId}:${key}:${number}`;
    }
    this.given.add(id);
    return id;
  }

  private show(metadata: Struct = {}): void {
    const { open, options } = this;
    const listed = open.map((question) => entryOf(question, open.length > 1));
    options.show({
      state: stateOf(open),
      ...messageOf(open, options.agentId),
      metadata: { ...metadata, [QUESTIONS_FIELD]: listed as unknown as Struct[] },
    });
  }
}

function entryOf({ id, state, parts, asker }: Question, isOneOfSeveral: boolean): OpenQuestion {
  return { id, state, ...asker, ...(isOneOfSeveral && { parts }) };
}

function stateOf(open: readonly Question[]): TaskState {
  if (open.length === 0) return 'TASK_STATE_WORKING';
  const needsInput = open.some(({ state }) => state === 'TASK_STATE_INPUT_REQUIRED');
  return needsInput ? 'TASK_STATE_INPUT_REQUIRED' : 'TASK_STATE_AUTH_REQUIRED';
}

/** One question is said as it was asked; several are listed, each behind a line that says who asks. */
function messageOf(open: readonly Question[], agentId: string): Pick<Shown, 'message'> {
  const [first] = open;
  if (first === undefined) return {};
  if (open.length === 1) {
    const about = first.asker?.step === undefined ? [] : [askerPart(entryOf(first, false))];
    return { message: { messageId: first.id, parts: [...first.parts, ...about] } };
  }
  const parts = open.flatMap((question) => [
    { text: `${nameOf(question.asker, agentId)} asks:` },
    ...question.parts,
    askerPart(entryOf(question, false)),
  ]);
  return { message: { parts } };
}

/** As in `review (2 of 3), fact_checker`. */
function nameOf({ step, index, of, agent }: Asker = {}, agentId: string): string {
  const place = step === undefined || index === undefined ? step : `${step} (${index + 1} of ${of})`;
  return [place, agent].filter((each) => each !== undefined).join(', ') || agentId;
}
