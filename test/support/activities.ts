import { Context, sleep } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { TaskUpdate } from '../../src/a2a/task-update';
import { createActivities } from '../../src/activities';
import { withTaskReporter } from '../../src/activities/task-reporter';

/** Every activity of src/, and those of test/support/workflows.ts. */
export const testActivities = {
  ...createActivities(),

  /**
   * Reports the updates one by one, with a pause of `gapMs` after each. Attempt n fails before its
   * `failBefore[n - 1]`-th update.
   */
  async report(
    updates: TaskUpdate[],
    { gapMs = 0, failBefore = [] }: { gapMs?: number; failBefore?: number[] } = {},
  ): Promise<void> {
    const failAt = failBefore[Context.current().info.attempt - 1];
    await withTaskReporter(async (reporter) => {
      for (const [index, update] of updates.entries()) {
        if (index === failAt) throw new Error(`failed before update ${index}`);
        await reporter.report(update);
        if (gapMs > 0 && !reporter.replaying) await sleep(gapMs);
      }
      if (failAt !== undefined) throw new Error('failed behind the last update');
    });
  },

  async reportLarge(count: number, size: number): Promise<void> {
    await withTaskReporter(async (reporter) => {
      for (let index = 0; index < count; index++) {
        await reporter.artifact({ artifactId: `a${index}`, parts: [{ text: 'x'.repeat(size) }] });
      }
    });
  },

  async failLike(message: string): Promise<void> {
    throw ApplicationFailure.create({ message, type: 'OutOfPaper' });
  },

  async returnLarge(size: number): Promise<string> {
    return 'x'.repeat(size);
  },

  async failLarge(size: number, where: 'message' | 'details'): Promise<void> {
    const text = 'x'.repeat(size);
    const isMessage = where === 'message';
    throw ApplicationFailure.create({
      message: isMessage ? `why: ${text}` : 'why',
      type: 'Unpaid',
      details: isMessage ? [] : [text],
    });
  },

  /** As an activity in another language does: with a signal and nothing more. */
  async signalUpdates(updates: object[]): Promise<void> {
    const { client, info } = Context.current();
    await client.workflow.getHandle(info.workflowExecution?.workflowId ?? '').signal('a2a_update', updates);
  },

  async wait(ms: number): Promise<void> {
    await sleep(ms);
  },
};
