import { heartbeat, sleep } from '@temporalio/activity';
import { withTaskReporter } from './task-reporter';

/** One status and one chunk of the artifact `ticks` every `intervalMs`, `count` times. */
export async function tick(count: number, intervalMs: number): Promise<void> {
  await withTaskReporter(async (reporter) => {
    for (let n = 1; n <= count; n++) {
      if (!reporter.replaying) await sleep(intervalMs);
      heartbeat(n);
      const at = new Date().toISOString();
      await reporter.working([{ text: `tick ${n} of ${count}` }, { data: { tick: n, of: count, at } }]);
      await reporter.artifact(
        { artifactId: 'ticks', name: 'ticks', parts: [{ text: `tick ${n}\n` }] },
        { append: n > 1, lastChunk: n === count },
      );
    }
  });
}
