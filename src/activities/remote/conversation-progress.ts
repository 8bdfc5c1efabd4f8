import type { Message } from '../../a2a/types';
import type { RemoteAnswer } from '../../contract/agent-call';
import type { CallProgress } from './call-progress';
import type { ConversationOptions } from './conversation-options';
import { partsOf } from './said';
import { badAnswer } from './wire/answers';

/** Which task a call is about, and how far it was heard: what a later attempt goes on from. */
export class ConversationProgress {
  /** Undefined until the agent has named a task. */
  current: CallProgress | undefined;
  /** Messages that came before a task did: the answer, when none comes. */
  private readonly messages: Message[] = [];

  constructor(private readonly options: ConversationOptions) {}

  /** @throws RemoteFault when the agent has named no task */
  get known(): CallProgress {
    if (this.current === undefined) throw badAnswer('has named no task');
    return this.current;
  }

  /**
   * The task that an answer is about: the first is the one of this call, all others have to be the same.
   * @throws RemoteFault
   */
  meet(taskId: string, contextId: string, position?: string): void {
    const { call, client, relay } = this.options;
    const expected = this.current?.taskId ?? call.message.taskId;
    if (expected !== undefined && expected !== taskId) {
      throw badAnswer(`answered about task ${quoted(taskId)} when asked about task ${quoted(expected)}`);
    }
    if (this.current !== undefined) return;
    const from = position === undefined ? {} : { position, relayed: relay.count };
    this.note({ taskId, contextId, version: client.version, ...from });
  }

  /** All up to this position of the stream was relayed. */
  reached(position: string): void {
    if (this.current === undefined) return;
    this.note({ ...this.current, position, relayed: this.options.relay.count });
  }

  /** What looks show goes beyond the position of the last stream, from which nothing may go on any more. */
  leaveStream(): void {
    if (this.current?.position === undefined) return;
    const { position: _, relayed: __, ...progress } = this.current;
    this.note(progress);
  }

  said(message: Message): void {
    if (this.current === undefined) this.messages.push(message);
  }

  /** The answer of an agent that has made no task, although its messages name one. */
  get saidOnly(): RemoteAnswer | undefined {
    const last = this.messages.at(-1);
    return last === undefined || this.current !== undefined
      ? undefined
      : { message: { ...last, parts: partsOf(this.messages) } };
  }

  private note(progress: CallProgress): void {
    this.current = progress;
    this.options.onProgress(progress);
  }
}

function quoted(id: string): string {
  return JSON.stringify(id.length > 80 ? `${id.slice(0, 80)}...` : id);
}
