// Runs the cases of the servers, one server after the other; each stands behind a recorder.
import { setTimeout as sleep } from 'node:timers/promises';
import { AgentClient } from '../../interop/lib/agent-client.mjs';
import { launch } from '../../interop/lib/commands.mjs';
import { freePorts } from '../../interop/lib/server.mjs';
import { tryCase } from '../lib/known.mjs';
import { startRecorder } from '../lib/recorder.mjs';
import { CASES } from './cases.mjs';

const READY_MS = 180_000;

/** Of each body, when what went over the wire is shown. */
const TOLD = 6_000;

/** See ../README.md. */
export default {
  title: 'Servers: remote agents of the bridge',
  program: 'server',
  cases: Object.keys(CASES),

  /** The URL of a server, which is that of its recorder, must be known before the bridge starts. */
  async prepare(partner) {
    const [port] = await freePorts(1);
    const recorder = await startRecorder(() => port);
    return { port, recorder, agents: agentsOf(partner, recorder.url) };
  },

  run: runServer,
};

/** A proxy, one that polls, and a chain. */
function agentsOf({ id, path = '' }, url) {
  const remote = `${url}${path}`;
  const agent = (suffix, more) => ({
    id: `${id}${suffix}`,
    name: `${id}${suffix}`,
    description: 'In front of a partner',
    skills: [{ id: 'say', name: 'Say', description: 'Says what it is told.' }],
    ...more,
  });
  const then = { name: 'then', agent: 'echo', message: 'Then: {% $trim($steps.first.text) %}' };
  return [
    agent('', { proxy: { url: remote, timeout: '60s', retry: { maximumAttempts: 2 } } }),
    agent('-poll', { proxy: { url: remote, waiting: 'poll', timeout: '60s' } }),
    agent('-chain', { chain: { steps: [{ name: 'first', url: remote, timeout: '60s' }, then] } }),
  ];
}

/**
 * @param partner with how its `program` is started
 * @param place what `prepare` gave
 * @param names of the cases to run
 */
async function runServer(partner, place, names, context) {
  const { bridgeUrl, model, signal, verbose } = context;
  const { port, recorder } = place;
  const { command, args, env, cwd } = partner.program;
  const settings = { PARTNER_PORT: String(port), PARTNER_URL: recorder.url, MODEL_URL: model.url };
  const server = launch(command, args, { cwd, signal, env: { ...process.env, ...env, ...settings } });
  const output = { text: '' };
  server.output.on('line', (line) => {
    output.text = `${output.text}${line}\n`.slice(-4_000);
  });
  try {
    await serving(
      server,
      `http://127.0.0.1:${port}${partner.ready ?? '/.well-known/agent-card.json'}`,
      output,
    );
    for (const name of names) {
      const from = recorder.exchanges.length;
      const exchanges = () => recorder.exchanges.slice(from);
      const agent = (suffix = '') => new AgentClient(`${bridgeUrl}/a2a/${partner.id}${suffix}`, 60_000);
      const ok = await tryCase(partner, name, context, () =>
        CASES[name]({ partner, exchanges, agent, broken: model.broken }),
      );
      if (!ok && verbose) tell(exchanges());
    }
    if (verbose) process.stdout.write(`${output.text}${server.stderr}\n`);
  } finally {
    server.kill();
    await server.ended;
    await recorder.close();
  }
}

async function serving(server, url, output) {
  let ended = false;
  void server.ended.then(() => {
    ended = true;
  });
  const deadline = Date.now() + READY_MS;
  for (;;) {
    if (ended) throw new Error(`it has ended: ${output.text.slice(-2_000)} ${server.stderr.slice(-2_000)}`);
    if (Date.now() > deadline)
      throw new Error(`it does not serve after ${READY_MS / 1000} s: ${server.stderr}`);
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(200);
  }
}

function tell(exchanges) {
  for (const { method, path, request, status, response } of exchanges) {
    process.stdout.write(
      `  > ${method} ${path} ${request.slice(0, TOLD)}\n  < ${status} ${response.slice(0, TOLD)}\n`,
    );
  }
}
