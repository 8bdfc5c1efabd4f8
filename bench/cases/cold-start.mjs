import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { textMessage } from '../lib/a2a-client.mjs';
import { compared, counted, median, timed } from '../lib/measure.mjs';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const BARE = fileURLToPath(new URL('../bare-start.mjs', import.meta.url));

/** Longest time for a process to be there. */
const PATIENCE_MS = 120_000;

/** From the start of a process to what it is there for; the Temporal CLI is at hand. */
export const coldStart = {
  name: 'cold-start',
  async run(bench) {
    const { address } = bench.server;
    const rounds = Math.min(bench.rounds, 5);
    const rows = [];
    for (const role of ['api', 'worker']) {
      const sides = {
        bridge: () => ready(role, address),
        plain: () => bareReady(role, address),
      };
      const times = { bridge: [], plain: [] };
      for (let round = -1; round < rounds; round++) {
        for (const name of Object.keys(sides)) {
          const ms = await sides[name]();
          if (round >= 0) times[name].push(ms);
        }
      }
      const what = role === 'api' ? 'an API node, until it is ready' : 'a worker, until it polls';
      const against = role === 'api' ? 'SDK, connected' : 'worker of the SDK';
      rows.push(compared({ ...times, name: `cold-${role}`, what, against, unit: 'ms' }));
    }
    const answers = [];
    for (let round = -1; round < rounds; round++) {
      const ms = await firstAnswer();
      if (round >= 0) answers.push(ms);
    }
    const what = '`temporal-a2a start` with a new database, until the first answer';
    return [...rows, counted({ name: 'cold-start', what, unit: 'ms', value: median(answers) })];
  },
};

/** Milliseconds until the command says that it is ready, or its probe does. */
function ready(role, address) {
  return running(CLI, [role], { TEMPORAL_ADDRESS: address }, async (child, url) => {
    if (role === 'worker') return child.says('worker is ready');
    await until(async () => (await request(`${url}/readyz`)).statusCode === 200);
  });
}

/** The same of a program that does nothing but the SDK's part. */
function bareReady(role, address) {
  const options = JSON.stringify({ role, address, taskQueue: randomUUID() });
  return running(BARE, [options], {}, (child) => child.says('ready'));
}

function firstAnswer() {
  const params = { message: textMessage() };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params });
  return running(CLI, ['start'], {}, (_child, url) =>
    until(async () => {
      const headers = { 'content-type': 'application/json', 'a2a-version': '1.0' };
      const answer = await request(`${url}/a2a/echo`, { method: 'POST', headers, body });
      return (await answer.body.json()).result?.task?.status.state === 'TASK_STATE_COMPLETED';
    }),
  );
}

/** Runs a program until `done`; gives the milliseconds to that. */
async function running(script, args, more, done) {
  const data = mkdtempSync(join(tmpdir(), 'temporal-a2a-cold-'));
  const port = await freePort();
  const own = {
    PORT: String(port),
    GRPC_PORT: '0',
    HOST: '127.0.0.1',
    DATA_DIR: data,
    TASK_QUEUE: randomUUID(),
  };
  if (args[0] === 'start') delete own.TASK_QUEUE;
  let child;
  try {
    return await timed(async () => {
      child = watched(script, args, { ...own, ...more });
      await Promise.race([done(child, `http://127.0.0.1:${port}`), child.ended]);
    });
  } finally {
    await child?.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

function watched(script, args, env) {
  const { TEMPORAL_ADDRESS: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [script, ...args], {
    cwd: resolve(CLI, '../..'),
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let hear = () => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += chunk;
      hear();
    });
  }
  let stopping = false;
  const exited = new Promise((resolve_) => child.once('exit', resolve_));
  const late = new Promise((resolve_) => setTimeout(resolve_, PATIENCE_MS).unref());
  const ended = Promise.race([exited, late]).then(() => {
    if (!stopping) throw new Error(`${[script, ...args].join(' ')} was not ready:\n${said.slice(-2_000)}`);
  });
  ended.catch(() => {});
  return {
    ended,
    says: (text) =>
      new Promise((resolve_) => {
        hear = () => said.includes(text) && resolve_();
        hear();
      }),
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function until(condition) {
  for (;;) {
    if (await condition().catch(() => false)) return;
    await new Promise((resolve_) => setTimeout(resolve_, 5));
  }
}

function freePort() {
  return new Promise((resolve_) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve_(port));
    });
  });
}
