import { CancellationScope, CancelledFailure } from '@temporalio/workflow';
import type { Content } from '../a2a/parts';
import type { Message, Struct, TaskState } from '../a2a/types';
import type { AskOptions } from './calling-task';
import type { ClientMessages } from './client-messages';

/** Questions of runs of version 0.1.0: each waits for the one before, and any unread message answers it. */
export class QuestionsInTurn {
  private asking: Promise<void> = Promise.resolve();
  private readonly scope = CancellationScope.current();

  constructor(
    private readonly messages: ClientMessages,
    private readonly show: (state: TaskState, content?: Content, metadata?: Struct) => void,
  ) {}

  async ask(question: Content, { state, metadata }: AskOptions): Promise<Message> {
    const before = this.asking;
    let shown = false;
    let answered = () => {};
    this.asking = new Promise((resolve) => {
      answered = resolve;
    });
    try {
      await before;
      // Withdrawn while it waited for its turn.
      if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('Question withdrawn');
      this.show(state ?? 'TASK_STATE_INPUT_REQUIRED', question, metadata);
      shown = true;
      const answer = await this.messages.next();
      this.show('TASK_STATE_WORKING');
      return answer;
    } catch (error) {
      if (shown && !this.scope.consideredCancelled) this.show('TASK_STATE_WORKING');
      throw error;
    } finally {
      answered();
    }
  }
}
