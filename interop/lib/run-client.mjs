import { run } from './commands.mjs';
import { shutdown } from './program.mjs';

/** A client that hangs has no more than this for all its cases. */
const CLIENT_MS = 10 * 60_000;

/**
 * Runs a client's program against a server; each line that it prints is the result of a case.
 * @param config {client, runs, url, hooks, key, otherKey, temporal}, as the programs take it
 */
export async function runClient({ command, args, env }, config, report) {
  const { signal } = shutdown;
  const onLine = (line) => {
    try {
      report.add(JSON.parse(line));
    } catch {
      process.stdout.write(`${config.client} says: ${line}\n`);
    }
  };
  const { code, stderr, timedOut } = await run(command, [...args, JSON.stringify(config)], {
    timeoutMs: CLIENT_MS,
    signal,
    onLine,
    env: { ...process.env, ...env },
  });
  signal.throwIfAborted();
  const why = timedOut
    ? `the client was not done after ${CLIENT_MS / 1000} s`
    : `the client ended with ${code}`;
  report.rest(
    config.client,
    config.runs,
    'failed',
    `${why}: ${stderr.trim().split('\n').slice(-3).join(' | ')}`,
  );
}
