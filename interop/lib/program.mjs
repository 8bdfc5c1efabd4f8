// What programs have in common that start others: a log, and an end that leaves none of them behind.
import { setMaxListeners } from 'node:events';
import { createRequire } from 'node:module';
import { killAll } from './commands.mjs';

const require = createRequire(import.meta.url);
const { createLogger } = require('../../dist/cli/logger.js');
const { Shutdown } = require('../../dist/cli/shutdown.js');

export const logger = createLogger({ logLevel: process.env.LOG_LEVEL || 'info' });
export const shutdown = new Shutdown(logger);
shutdown.addLastResort(killAll);
// Each program that runs listens to it.
setMaxListeners(0, shutdown.signal);

/**
 * Runs `main` and ends with the exit code that it gives, or 2 when it throws; a signal ends everything with 130.
 * @param allMs whatever hangs, nothing goes on after this
 */
export async function runProgram(main, allMs) {
  const running = main();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      void shutdown.exit(
        130,
        running.catch(() => {}),
      );
    });
  }
  setTimeout(() => {
    process.stderr.write(`not done after ${allMs / 60_000} minutes\n`);
    void shutdown.exit(1);
  }, allMs).unref();
  try {
    await shutdown.exit(await running);
  } catch (error) {
    if (!shutdown.signal.aborted) process.stderr.write(`${error.stack}\n`);
    await shutdown.exit(2);
  }
}
