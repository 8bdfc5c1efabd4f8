// Runs the official A2A compatibility kit against the agent of test/tck:
//   npm run tck -- <checkout of github.com/a2aproject/a2a-tck> [arguments for the kit]
// Without arguments for the kit it runs against each of the agents, with some against the default one.
// Its Python is the checkout's .venv, or one that is made once in the cache directory.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { Results } from '../test/tck/report.mjs';
import { serveTck } from '../test/tck/serve.mjs';

const require = createRequire(import.meta.url);
const { createLogger } = require('../dist/cli/logger.js');
const { Shutdown } = require('../dist/cli/shutdown.js');

const [checkout, ...kitArguments] = process.argv.slice(2);
if (checkout === undefined || !existsSync(join(checkout, 'run_tck.py'))) {
  process.stderr.write(
    'usage: npm run tck -- <checkout of a2aproject/a2a-tck, branch 1.0-dev> [kit arguments]\n',
  );
  process.exit(2);
}

const PLAIN =
  'TestCapabilityStreaming or TestCapabilityPushNotifications or TestCapabilityExtendedCard or test_unsupported_operation';

/** The kit has the gRPC status codes of A2A 1.0.0 here; 1.0.1 has others (section 5.4). */
const NOT_OF_1_0_1 = [
  'test_push_not_supported_returns_unimplemented',
  'test_unsupported_operation_returns_unimplemented',
  'test_version_not_supported_returns_unimplemented',
].map((test) => `tests/compatibility/grpc/test_status_codes.py::TestGrpcStatusCodes::${test}`);

/** @param selection what pytest is to run; everything without it */
function select(selection) {
  const chosen = selection === undefined ? [] : ['-k', selection];
  return ['--', ...chosen, ...NOT_OF_1_0_1.flatMap((test) => ['--deselect', test])];
}

/** What one card declares rules out tests of the other; the default agent comes last, so its report stays. */
const RUNS = [
  { agent: 'tck-extension', kitArguments: select('TestCapabilityExtensionRequired') },
  { agent: 'tck-plain', kitArguments: select(PLAIN) },
  { agent: 'tck', kitArguments: select() },
];

const kit = resolve(checkout);
const report = join(kit, 'reports/compatibility.json');
const logger = createLogger({ logLevel: process.env.LOG_LEVEL || 'warn' });
const shutdown = new Shutdown(logger);
const run = main();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(
    signal,
    () =>
      void shutdown.exit(
        130,
        run.catch(() => {}),
      ),
  );
}

try {
  await shutdown.exit(await run);
} catch (error) {
  if (!shutdown.signal.aborted) process.stderr.write(`${error.message}\n`);
  await shutdown.exit(1);
}

async function main() {
  const python = await findPython();
  const urls = await serveTck({ logger, shutdown, keepMessageIds: process.env.TCK_MESSAGE_IDS === 'kept' });
  const runs = kitArguments.length > 0 ? [{ agent: 'tck', kitArguments }] : RUNS;
  const results = new Results();
  let worst = 0;
  for (const { agent, kitArguments: args } of runs) {
    const url = urls[agent];
    process.stdout.write(`\nThe kit against ${agent} at ${url}\n`);
    rmSync(report, { force: true });
    const code = await runCommand(python, ['run_tck.py', '--sut-host', url, ...args], {
      cwd: kit,
    });
    shutdown.signal.throwIfAborted();
    worst ||= code;
    if (existsSync(report)) results.add(report);
  }
  process.stdout.write(`\n${results}`);
  process.stdout.write(`left out, since A2A 1.0.1 says otherwise: ${NOT_OF_1_0_1.join(' ')}\n`);
  return worst || (results.failures.length > 0 ? 1 : 0);
}

async function findPython() {
  const own = join(kit, '.venv/bin/python');
  if (existsSync(own)) return own;
  const requirements = readFileSync(join(kit, 'pyproject.toml'));
  const key = createHash('sha256').update(kit).update(requirements).digest('hex').slice(0, 12);
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const directory = join(cache, 'temporal-a2a/tck', key);
  const python = join(directory, 'bin/python');
  const complete = join(directory, 'complete');
  if (existsSync(complete)) return python;
  process.stderr.write(`making a Python environment for the kit in ${directory}\n`);
  mkdirSync(directory, { recursive: true });
  await must('python3', ['-m', 'venv', '--clear', directory]);
  await must(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-e', kit]);
  writeFileSync(complete, '');
  return python;
}

async function must(command, args) {
  const code = await runCommand(command, args);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`);
}

/** The exit code; a command that is still running when everything stops is stopped too. */
async function runCommand(command, args, options = {}) {
  shutdown.signal.throwIfAborted();
  // A group of its own: the kit's runner starts pytest, and does not pass signals on.
  const child = spawn(command, args, { stdio: 'inherit', detached: true, ...options });
  const stop = () => process.kill(-child.pid, 'SIGTERM');
  shutdown.signal.addEventListener('abort', stop);
  try {
    const [code] = await once(child, 'exit');
    return code ?? 1;
  } finally {
    shutdown.signal.removeEventListener('abort', stop);
  }
}
