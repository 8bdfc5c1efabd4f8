// A real process of the bridge: `temporal-a2a start`, on ports of its own, with Temporal beside it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const READY_MS = 60_000;
const STOP_MS = 30_000;

/**
 * @param temporalAddress of a Temporal server that outlives this process
 * @param env further settings
 */
export async function startBridge({ temporalAddress, env, signal }) {
  const [port, grpcPort] = await freePorts(2);
  const url = `http://127.0.0.1:${port}`;
  const log = { text: '' };
  let child;

  async function launch() {
    // What the user has set for a server of their own must not reach this one.
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_'));
    child = spawn(process.execPath, [file('../../dist/cli.js'), 'start'], {
      cwd: file('../..'),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...Object.fromEntries(inherited),
        // As under npm: it ends when its parent has gone, however that ended.
        npm_lifecycle_event: 'interop',
        HOST: '127.0.0.1',
        PORT: String(port),
        GRPC_PORT: String(grpcPort),
        PUBLIC_GRPC_URL: `127.0.0.1:${grpcPort}`,
        AGENTS_FILE: file('../agents.yaml'),
        OUTBOUND_ALLOW: '127.0.0.1/32',
        TEMPORAL_ADDRESS: temporalAddress,
        LOG_LEVEL: 'warn',
        ...env,
      },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        log.text = (log.text + chunk).slice(-20_000);
      });
    }
    await serving();
  }

  async function serving() {
    const deadline = Date.now() + READY_MS;
    for (;;) {
      signal.throwIfAborted();
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${log.text}`);
      if (Date.now() > deadline)
        throw new Error(`the server does not serve after ${READY_MS / 1000} s:\n${log.text}`);
      const answer = await fetch(`${url}/readyz`).catch(() => undefined);
      if (answer?.ok) return;
      await sleep(100);
    }
  }

  async function end(how) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(how);
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await exit;
    clearTimeout(late);
  }

  await launch();
  return {
    url,
    grpc: `127.0.0.1:${grpcPort}`,
    /** The end of what it has logged. */
    get log() {
      return log.text;
    },
    async restart() {
      await end('SIGKILL');
      await launch();
    },
    stop: () => end('SIGTERM'),
    kill: () => child.kill('SIGKILL'),
  };
}

/** Held open together, so that no two are the same. */
export async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

function file(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}
