import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import connecting from '../../dist/temporal/connection.js';
import { a2aClient } from './a2a-client.mjs';
import { startChild } from './ipc.mjs';

/** Starts what the cases need when they need it, and stops all of it in the end. */
export class Bench {
  #logs = mkdtempSync(join(tmpdir(), 'temporal-a2a-bench-'));
  #stops = [];
  #apart;
  #together;

  /**
   * @param settings.startServer gives Temporal: {address, pid, stop}, and {databasePid} where a database serves it
   * @param settings.rounds and the sizes of the cases, as the options set them
   */
  constructor(settings) {
    this.settings = settings;
    Object.assign(this, settings);
  }

  async begin() {
    this.server = await this.startServer();
    this.#stops.push(() => this.server.stop());
    const target = { address: this.server.address, namespace: 'default' };
    this.temporal = await connecting.connectTemporal({
      ...target,
      connectionOptions: { address: target.address },
    });
    this.#stops.push(() => this.temporal.connection.close());
  }

  /** API and worker in two processes. */
  apart() {
    this.#apart ??= this.#startApart('bench-apart');
    return this.#apart;
  }

  /** API and worker in one process, on one connection: workflows start eagerly. */
  together() {
    this.#together ??= this.#node('both', 'bench-together').then(withClient('bench-together'));
    return this.#together;
  }

  /** Another API for the worker of {@link apart}. */
  async freshApi() {
    await this.apart();
    return withClient('bench-apart')(await this.#node('api', 'bench-apart'));
  }

  /** The same on another Temporal server, ended with this one unless that is done before. */
  async beside(startServer) {
    const other = new Bench({ ...this.settings, startServer });
    this.#stops.push(() => other.end());
    await other.begin();
    return other;
  }

  /** A process of the bench, ended with it. */
  async start(script, options, execArgv) {
    const child = await startChild(script, options, { logs: this.#logs, execArgv });
    this.#stops.push(() => child.stop());
    return child;
  }

  async end() {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
    rmSync(this.#logs, { recursive: true, force: true });
  }

  /** Milliseconds of CPU that a process has used; Linux only. */
  cpuOf(pid) {
    return process.platform === 'linux' ? cpuOf(pid) : Number.NaN;
  }

  /** Milliseconds of CPU that each process of {@link apart}, the server and this one have used; Linux only. */
  async cpu() {
    if (process.platform !== 'linux') return {};
    const { api, worker } = await this.apart();
    const { pid, databasePid } = this.server;
    return {
      server: cpuOf(pid),
      ...(databasePid !== undefined && { database: cpuOfFamily(databasePid) }),
      worker: cpuOf(worker.pid),
      API: cpuOf(api.pid),
      client: cpuOf(process.pid),
    };
  }

  async #startApart(taskQueue) {
    const worker = await this.#node('worker', taskQueue);
    return { worker, ...withClient(taskQueue)(await this.#node('api', taskQueue)) };
  }

  #node(role, taskQueue) {
    const profiling = this.profile
      ? ['--cpu-prof', `--cpu-prof-dir=${resolve(this.profile)}`, `--cpu-prof-name=${role}.cpuprofile`]
      : [];
    const script = fileURLToPath(new URL('../node.mjs', import.meta.url));
    const { address } = this.server;
    const { workflowSlots } = this;
    return this.start(script, { role, address, taskQueue, workflowSlots }, ['--expose-gc', ...profiling]);
  }
}

/** From /proc, in which a tick is a hundredth of a second: ms of the process, and of its children that have ended. */
function cpuTimes(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const ms = (first) => 10 * (Number(fields[first]) + Number(fields[first + 1]));
  return { own: ms(11), ended: ms(13) };
}

function cpuOf(pid) {
  return cpuTimes(pid).own;
}

/** With that of its children, those that have ended included. */
function cpuOfFamily(pid) {
  const { own, ended } = cpuTimes(pid);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return children
    .filter((child) => child !== '')
    .reduce((sum, child) => {
      try {
        return sum + cpuOf(child);
      } catch {
        // It has ended meanwhile.
        return sum;
      }
    }, own + ended);
}

function withClient(taskQueue) {
  return (api) => ({ api, taskQueue, client: a2aClient(api.url) });
}
