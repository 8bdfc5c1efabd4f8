import type { Message, Task } from '../../src/a2a/types';
import { type Program, placesOf } from './programs';
import type { ReadStream } from './wire';

/** When a call was made and answered, by the counter of the model and by the clock. */
export interface Span {
  issued: number;
  /** Infinity while it is not. */
  answered: number;
  answeredAt: number;
}

/** A Task that was shown to its owner. */
export interface Observation {
  span: Span;
  task: Task;
  /** What has shown it, for error messages. */
  by: string;
  /** It has all messages of the history, or none, or the latest ones. */
  history: 'all' | 'none' | number;
  artifacts: boolean;
  /** A send that was to wait for an answer; it shows the Task behind this message. */
  awaited?: boolean;
  /**
   * Lists lag behind, the stream of a send begins where its message is, and a message that is sent again is answered with
   * the question that it had led to, as long as the agent has not heard an answer.
   */
  mayBeOld?: boolean;
}

/** A further message. */
export interface Said {
  message: Message;
  text: string;
  span: Span;
  /** `accepted`, or the reason of the error. */
  outcome?: string;
  /** Sent before it was known that there is such a task. */
  isEarly?: boolean;
  /** The place of the program that certainly hears it, as the client has seen the question and nobody else has answered. */
  certain?: number;
  /** The one question that it names: no other hears it. -1: there is none of that name. */
  names?: number;
}

export interface Canceling {
  span: Span;
  /** The state that the answer shows, or the reason of the error. */
  outcome?: string;
}

/** A stream that was read. */
export interface Watched {
  by: string;
  kind: 'send' | 'say' | 'subscribe';
  stream: ReadStream;
  span: Span;
  message?: Message;
  /** Event of another stream that it goes on behind. */
  after?: { of: Watched; index: number };
}

/** A push notification config. */
export interface Hook {
  id: string;
  path: string;
  fromStart: boolean;
  created: Span;
  outcome?: string;
  deleted?: Span;
}

/** One task, as the test knows it: what its clients have done, and what they were shown. */
export class ModelTask {
  readonly seen: Observation[] = [];
  readonly said: Said[] = [];
  readonly cancels: Canceling[] = [];
  readonly watched: Watched[] = [];
  readonly hooks: Hook[] = [];
  /** Of the send that has made it. */
  accepted: Span | undefined;
  resets = 0;

  constructor(
    readonly index: number,
    readonly owner: string,
    readonly program: Program,
    readonly message: Message,
    readonly id: string,
    readonly contextId: string,
  ) {}

  get agent(): string {
    return this.program.agent;
  }

  /** The question that is certainly open: its place in the program. */
  certainlyAsks(now: number): number | undefined {
    const last = this.seen.filter(({ span, mayBeOld }) => span.answered <= now && !mayBeOld).at(-1);
    if (last === undefined || last.history !== 'all' || this.resets > 0 || this.cancels.length > 0)
      return undefined;
    if (last.task.status.state !== 'TASK_STATE_INPUT_REQUIRED') return undefined;
    // An answer that is under way may be what the question hears.
    if (this.said.some(({ span }) => span.answered >= last.span.issued)) return undefined;
    const asked = last.task.history?.filter(({ role }) => role === 'ROLE_AGENT').length ?? 0;
    const asks = placesOf(this.program).flatMap((place, index) => (place === 'ask' ? [index] : []));
    return asks[asked - 1];
  }

  /** ID of the question that was seen last. */
  get lastQuestion(): string | undefined {
    for (const { task } of this.seen.toReversed()) {
      const questions = task.metadata?.a2a_questions;
      if (Array.isArray(questions) && questions.length > 0) return (questions[0] as { id: string }).id;
    }
    return undefined;
  }

  toString(): string {
    return `task ${this.index} (${this.agent} of ${this.owner}, ${this.id})`;
  }
}

/** Everything that the clients of one case have done and seen. */
export class Model {
  readonly tasks: ModelTask[] = [];
  private count = 0;

  now(): number {
    this.count += 1;
    return this.count;
  }

  begin(): Span {
    return { issued: this.now(), answered: Number.POSITIVE_INFINITY, answeredAt: Number.POSITIVE_INFINITY };
  }

  end(span: Span): void {
    span.answered = this.now();
    span.answeredAt = Date.now();
  }

  task(pick: number): ModelTask {
    return this.tasks[pick % this.tasks.length] as ModelTask;
  }
}
