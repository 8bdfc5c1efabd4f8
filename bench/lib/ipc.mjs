import { fork } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** In a child: answers its parent's calls; ends with it. */
export function answerParent(methods) {
  process.on('disconnect', () => process.exit(0));
  process.on('message', async ({ id, method, args }) => {
    try {
      process.send({ id, result: await methods[method](...args) });
    } catch (error) {
      process.send({ id, error: String(error?.stack ?? error) });
    }
  });
}

/**
 * Starts a script as a process and waits until it is ready. `child.call(method, ...args)` asks it something.
 * What it logs goes to a file in `logs`, and its end is shown when the process dies by itself.
 */
export async function startChild(script, options, { logs, execArgv = [] }) {
  const logFile = join(logs, `${options.role ?? basename(script, '.mjs')}-${process.pid}-${++started}.log`);
  const log = openSync(logFile, 'w');
  const process_ = fork(script, [JSON.stringify(options)], { stdio: ['ignore', log, log, 'ipc'], execArgv });
  closeSync(log);
  const calls = new Map();
  let lastId = 0;
  let stopping = false;
  let ready;
  let failed;
  const readiness = new Promise((resolve, reject) => {
    ready = resolve;
    failed = reject;
  });
  const ended = new Promise((resolve) => process_.once('exit', resolve));
  process_.on('message', (message) => {
    if (message.ready !== undefined) return ready(message.ready);
    const call = calls.get(message.id);
    calls.delete(message.id);
    if (message.error === undefined) call?.resolve(message.result);
    else call?.reject(new Error(message.error));
  });
  process_.once('exit', (code, signal) => {
    if (stopping) return;
    const tail = readFileSync(logFile, 'utf8').slice(-3_000);
    const error = new Error(`${script} ended (${signal ?? code}):\n${tail}`);
    failed(error);
    for (const { reject } of calls.values()) reject(error);
  });
  const call = (method, ...args) =>
    new Promise((resolve, reject) => {
      const id = ++lastId;
      calls.set(id, { resolve, reject });
      process_.send({ id, method, args });
    });
  const facts = await readiness;
  return {
    ...facts,
    pid: process_.pid,
    call,
    async stop() {
      if (process_.exitCode !== null) return;
      stopping = true;
      const force = setTimeout(() => process_.kill('SIGKILL'), 8_000);
      await Promise.race([call('stop').catch(() => {}), ended]);
      await ended;
      clearTimeout(force);
    },
    kill() {
      stopping = true;
      process_.kill('SIGKILL');
    },
  };
}

let started = 0;
