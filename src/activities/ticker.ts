import { Context } from '@temporalio/activity';
import { withTaskReporter } from './task-reporter';

/** How often Temporal hears of the activity, in ms; ticks may be a minute apart. */
const HEARTBEAT_MS = 1_000;

/** One status and one chunk of the artifact `ticks` every `intervalMs`, `count` times. */
export async function tick(count: number, intervalMs: number): Promise<void> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
  try {
    await withTaskReporter(async (reporter) => {
      for (let n = 1; n <= count; n++) {
        if (!reporter.replaying) await context.sleep(intervalMs);
        const at = new Date().toISOString();
        await reporter.working([{ text: `tick ${n} of ${count}` }, { data: { tick: n, of: count, at } }]);
        await reporter.artifact(
          { artifactId: 'ticks', name: 'ticks', parts: [{ text: `tick ${n}\n` }] },
          { append: n > 1, lastChunk: n === count },
        );
      }
    });
  } finally {
    clearInterval(beat);
  }
}
