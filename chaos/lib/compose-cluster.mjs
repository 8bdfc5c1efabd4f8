// What docker-compose.yml describes, as plain processes of this machine: PostgreSQL as Debian packages it, the Temporal
// server of the image's version, built with Go, two API nodes and two workers. Commands, environment and grace periods
// are those of the file.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import cli from '../../dist/dev-server/temporal-cli.js';
import { parse, stringify } from 'yaml';
import { must } from '../../interop/lib/commands.mjs';
import { stablePorts } from '../../interop/lib/ports.mjs';
import { startPostgres } from '../../interop/lib/postgres.mjs';
import {
  buildTemporalServer,
  TEMPORAL_SERVER_VERSION,
  temporalServerSource,
} from '../../interop/lib/temporal-server.mjs';
import { startFakeModel } from '../../partners/lib/fake-model.mjs';
import { callingAgents } from './agents.mjs';
import { ROOT, readCompose } from './compose.mjs';
import { beginOthers, CLI, REMOTE_NAMESPACE } from './others.mjs';
import { answers, startProcess } from './process.mjs';

const SETUP_MS = 3 * 60_000;

/** Where the services listen: those that the file publishes, and those inside its network. */
const PUBLISHED = [4000, 4001, 4002, 4003, 7233];
const INSIDE = [
  'FRONTEND_HTTP',
  'FRONTEND_MEMBERSHIP',
  'MATCHING_GRPC',
  'MATCHING_MEMBERSHIP',
  'HISTORY_GRPC',
].concat(['HISTORY_MEMBERSHIP', 'WORKER_GRPC', 'WORKER_MEMBERSHIP']);

/**
 * @param options.directory for files of this run
 * @param options.keys of callers, by the variables of interop/agents.yaml
 * @returns a cluster as that of cluster.mjs, and `parts`: by service {stop, start, graceMs}; or `{ missing }`
 */
export async function startComposeCluster({ directory, keys, shutdown, onProgress }) {
  const { signal } = shutdown;
  const programs = await buildTemporalServer(onProgress);
  if (programs.missing !== undefined) return programs;
  const postgres = await startPostgres({ user: 'temporal' });
  if (postgres.missing !== undefined) return postgres;
  shutdown.add('postgresql', () => postgres.stop());

  const ports = await stablePorts(PUBLISHED.length + INSIDE.length + 4);
  const published = new Map(PUBLISHED.map((port) => [port, ports.pop()]));
  const temporalAddress = `127.0.0.1:${published.get(7233)}`;
  const database = new URL(postgres.url);
  const keysDirectory = join(directory, 'keys');
  mkdirSync(keysDirectory);
  const services = readCompose([
    ...[...published].map(([port, here]) => [`127.0.0.1:${port}`, `127.0.0.1:${here}`]),
    ['temporal:7233', temporalAddress],
    ['-ep postgresql -p 5432', `-ep ${database.hostname} -p ${database.port}`],
    ['/run/keys', keysDirectory],
    ['/etc/temporal/schema', join(await temporalServerSource(), 'schema')],
    ['config/dynamicconfig', join(ROOT, 'docker')],
    ['0.0.0.0', '127.0.0.1'],
  ]);

  const processes = {};
  const parts = {};
  const begin = async (name, args, options) => {
    const log = join(directory, `${name}.log`);
    processes[name] = await startProcess(name, args, { signal, log, ...options });
    shutdown.add(name, () => processes[name].stop());
  };
  const beginService = async (name, args, options) => {
    const { graceMs } = services[name];
    await begin(name, args, options);
    parts[name] = { graceMs, start: processes[name].start, stop: () => processes[name].stop(graceMs) };
  };
  const bin = await toolsIn(directory, programs);
  const runOnce = (name) => {
    const [command, ...args] = services[name].run;
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, ...services[name].env };
    return must(command, args, { timeoutMs: SETUP_MS, env, signal });
  };

  await Promise.all([runOnce('sealing-key'), runOnce('temporal-schema')]);
  await beginService('temporal', ['-c', 'exec "$0" --allow-no-auth start >&2', programs.server], {
    command: '/bin/sh',
    isReady: listensAt(published.get(7233)),
    env: {
      ...services.temporal.env,
      POSTGRES_SEEDS: database.hostname,
      DB_PORT: database.port,
      FRONTEND_GRPC_PORT: String(published.get(7233)),
      ...Object.fromEntries(INSIDE.map((name) => [`${name}_PORT`, String(ports.pop())])),
    },
  });
  await eventually(() => runOnce('temporal-namespace'), signal);
  const registered = ['--address', temporalAddress, '-n', REMOTE_NAMESPACE, '--retention', '1d'];
  await must(join(bin, 'temporal'), ['operator', 'namespace', 'create', ...registered], {
    timeoutMs: SETUP_MS,
    signal,
  });
  parts.postgresql = {
    graceMs: services.postgresql.graceMs,
    start: postgres.resume,
    async stop() {
      const began = Date.now();
      await postgres.halt();
      return { code: 0, ms: Date.now() - began };
    },
  };

  const model = await startFakeModel();
  shutdown.add('model', () => model.close());
  const [remotePort, receiverPort, ...metricsPorts] = ports;
  const remoteUrl = `http://127.0.0.1:${remotePort}`;
  const agents = join(directory, 'agents.yaml');
  writeFileSync(agents, agentsOf({ remoteUrl, modelUrl: model.url }));
  // The parts are no containers: they share a loopback interface, end with this process, and are watched.
  const here = { npm_lifecycle_event: 'chaos', OUTBOUND_ALLOW: '127.0.0.1/32', HOST: '127.0.0.1' };
  const { starts, receiver } = beginOthers({
    ...{ begin, directory, temporalAddress, remotePort, remoteUrl, receiverPort },
    env: { ...here, GRPC_PORT: 'off' },
  });
  const nodes = [];
  for (const name of ['api-1', 'api-2', 'worker-1', 'worker-2']) {
    const { run, env } = services[name];
    const settings = { ...env, ...here, ...keys, AGENTS_FILE: agents };
    if (run[0] === 'worker') {
      const isReady = async (logged) => logged.includes('worker is ready');
      starts.push(beginService(name, [CLI, ...run], { isReady, env: settings }));
      continue;
    }
    const metricsPort = metricsPorts.pop();
    const url = env.PUBLIC_URL;
    nodes.push({ url, metrics: `http://127.0.0.1:${metricsPort}/metrics` });
    const listens = {
      PORT: new URL(url).port,
      GRPC_PORT: env.PUBLIC_GRPC_URL.split(':').at(-1),
      METRICS_PORT: String(metricsPort),
    };
    starts.push(
      beginService(name, [CLI, ...run], {
        isReady: answers(`${url}/readyz`),
        env: { ...settings, ...listens },
      }),
    );
  }
  await Promise.all(starts);
  return {
    version: `Temporal ${TEMPORAL_SERVER_VERSION}, ${postgres.version}`,
    temporal: { address: temporalAddress },
    ...{ processes, parts, nodes, receiver },
    remoteNamespace: REMOTE_NAMESPACE,
  };
}

/** The programs of the image temporalio/admin-tools. */
async function toolsIn(directory, { sql }) {
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  symlinkSync(sql, join(bin, 'temporal-sql-tool'));
  symlinkSync((await cli.findTemporalCli()).path, join(bin, 'temporal'));
  return bin;
}

/** Those that the official clients call, and those that call others. */
function agentsOf(urls) {
  const { agents } = parse(readFileSync(join(ROOT, 'interop/agents.yaml'), 'utf8'));
  return stringify({ agents: [...agents, ...callingAgents(urls)] });
}

/** As the health check of the service. */
function listensAt(port) {
  return () =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
}

/** As `restart: on-failure` of the service. */
async function eventually(run, signal) {
  const deadline = Date.now() + SETUP_MS;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      signal.throwIfAborted();
      if (Date.now() > deadline) throw error;
      await sleep(500);
    }
  }
}
