import { setTimeout as sleep } from 'node:timers/promises';
import type { Message, Task } from '../../src/a2a/types';
import { taskIds } from '../../src/bridge/task-id';
import { type Model, ModelTask, type Observation, type Span, type Watched } from './model';
import type { Program } from './programs';
import type { System } from './system';
import { call, ReadStream, Refused, type StreamOptions, type Way, type Wire } from './wire';

export interface Place {
  node: number;
  wire: Wire;
}

export type How = 'immediate' | 'blocking' | 'stream';

interface Pending {
  what: string;
  task: ModelTask | undefined;
  /** A send that ends by itself when the task asks or has ended. */
  waits: boolean;
  promise: Promise<void>;
  isDone: boolean;
}

/** One case: its model, and the owners that are its own on the system that all cases share. */
export class Run {
  readonly pending: Pending[] = [];
  private readonly faults: unknown[] = [];
  private messages = 0;

  constructor(
    readonly system: System,
    readonly model: Model,
    /** Unique to the case. */
    readonly name: string,
  ) {}

  /** A case that has failed leaves nothing behind. */
  async close(): Promise<void> {
    for (const { watched } of this.model.tasks) for (const { stream } of watched) stream.leave();
    await this.system.resume();
    const { workflow } = this.system.client;
    const ends = this.model.tasks.map(({ id }) =>
      workflow
        .getHandle(id)
        .terminate()
        .catch(() => {}),
    );
    await Promise.all(ends);
    await Promise.race([Promise.all(this.pending.map(({ promise }) => promise)), sleep(10_000)]);
  }

  owner(pick: number): string {
    return `${this.name}-${['anna', 'ben'][pick % 2]}`;
  }

  messageId(): string {
    this.messages += 1;
    return `${this.name}-m${this.messages}`;
  }

  way({ node, wire }: Place, owner: string, agent: string): Way {
    return { node: this.system.nodes[node % 2] as Way['node'], wire, owner, agent };
  }

  /** As in `GetTask at node 2 over gRPC`. */
  label(what: string, { node, wire }: Way): string {
    return `${what} at ${node.name} over ${wire}`;
  }

  /** Does it, and waits so many ms for its end; it goes on in the background then. */
  async perform(
    what: string,
    act: () => Promise<void>,
    { patience, task, waits = false }: { patience: number; task?: ModelTask; waits?: boolean },
  ): Promise<void> {
    this.assertFaultless();
    const pending: Pending = { what, task, waits, isDone: false, promise: Promise.resolve() };
    pending.promise = act()
      .catch((error: unknown) => {
        const { message } = error as Error;
        this.faults.push(
          new Error(`${what}${task === undefined ? '' : ` of ${task}`}: ${message}`, { cause: error }),
        );
      })
      .then(() => {
        pending.isDone = true;
      });
    this.pending.push(pending);
    await Promise.race([pending.promise, sleep(patience)]);
    this.assertFaultless();
  }

  assertFaultless(): void {
    if (this.faults.length > 0) throw this.faults[0];
  }

  /** The answer, or the reason of the error. */
  async ask(way: Way, operation: string, params: Record<string, unknown>) {
    const span = this.model.begin();
    try {
      const answer = await call(way, operation, params);
      this.model.end(span);
      return { span, answer };
    } catch (error) {
      this.model.end(span);
      if (!(error instanceof Refused)) throw error;
      return { span, reason: error.reason, error };
    }
  }

  newTask(owner: string, program: Program, contextId: string | undefined): ModelTask {
    const message: Message = {
      messageId: this.messageId(),
      role: 'ROLE_USER',
      parts: program.parts,
      ...(contextId !== undefined && { contextId }),
    };
    const ids = taskIds(program.agent, owner, message);
    const task = new ModelTask(this.model.tasks.length, owner, program, message, ids.id, ids.contextId);
    this.model.tasks.push(task);
    return task;
  }

  observe(task: ModelTask, shown: Task, seen: Omit<Observation, 'task'>): void {
    if (shown?.id !== task.id || shown.contextId !== task.contextId)
      throw new Error(`${seen.by}: the answer shows another task: ${JSON.stringify(shown)}`);
    task.seen.push({ ...seen, task: shown });
  }

  /** Every Task in the stream is an observation, and so is every event, at the time when it comes. */
  watch(
    task: ModelTask,
    way: Way,
    operation: string,
    params: Record<string, unknown>,
    watched: Pick<Watched, 'kind' | 'message' | 'after'> &
      Pick<StreamOptions, 'cutAfter'> & { onFirst?: () => void },
  ): Watched {
    const span = this.model.begin();
    const by = this.label(operation, way);
    const { cutAfter, after, onFirst, ...more } = watched;
    const made: Watched = { ...more, ...(after && { after }), by, span, stream: undefined as never };
    (made as { stream: ReadStream }).stream = new ReadStream(way, operation, params, {
      cutAfter,
      lastEventId: after?.of.stream.events[after.index]?.id,
      onEvent: ({ response }, index) => {
        if (index === 0) onFirst?.();
        if (response.task === undefined) return;
        const now: Span = { ...span };
        this.model.end(now);
        const seen = { span: now, task: response.task, by, history: 'all', artifacts: true } as const;
        task.seen.push({ ...seen, mayBeOld: watched.kind !== 'subscribe' });
      },
    });
    task.watched.push(made);
    return made;
  }
}
