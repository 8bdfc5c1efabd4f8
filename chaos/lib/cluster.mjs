// Two API nodes, two workers, Temporal on a database file, a remote agent, a receiver of webhooks and a model, with
// links between them.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { stablePorts } from '../../interop/lib/ports.mjs';
import { startFakeModel } from '../../partners/lib/fake-model.mjs';
import { agentsFile } from './agents.mjs';
import { startLink } from './link.mjs';
import { beginOthers, CLI, REMOTE_NAMESPACE } from './others.mjs';
import { answers, startProcess } from './process.mjs';

const require = createRequire(import.meta.url);
const { startDevServer } = require('../../dist/dev-server/dev-server.js');

/**
 * @param options.directory for files of this run
 * @param options.database Temporal's file
 * @param options.disk on which that lies, where there is one for it alone
 * @param options.clockShiftMs of worker-2
 * @param options.own agents whose worker is started later, by `begin`: {type, taskQueue}
 * @param options.env settings of all processes of the bridge
 * @param options.shutdown stops what was started
 */
export async function startCluster({ directory, database, disk, clockShiftMs, own = [], env, shutdown }) {
  const { signal } = shutdown;
  const processes = {};
  const links = {};
  const temporal = await startDevServer({ dbFile: database, namespace: REMOTE_NAMESPACE, signal });
  shutdown.add('temporal', () => temporal.stop());
  shutdown.addLastResort(() => temporal.kill());
  const model = await startFakeModel();
  shutdown.add('model', () => model.close());

  const link = async (name, target) => {
    links[name] = await startLink(target);
    shutdown.add(`link ${name}`, () => links[name].close());
    return links[name];
  };
  const begin = async (name, args, options) => {
    processes[name] = await startProcess(name, args, {
      signal,
      log: join(directory, `${name}.log`),
      ...options,
    });
    shutdown.add(name, () => processes[name].stop());
  };

  const [remotePort, receiverPort, ...ports] = await stablePorts(8);
  await link('remote', `127.0.0.1:${remotePort}`);
  const agents = join(directory, 'agents.yaml');
  writeFileSync(agents, agentsFile({ remoteUrl: links.remote.url, modelUrl: model.url, own }));

  const common = {
    // As under npm: they end when this process has gone, however that ended.
    npm_lifecycle_event: 'chaos',
    HOST: '127.0.0.1',
    GRPC_PORT: 'off',
    OUTBOUND_ALLOW: '127.0.0.1/32',
    PUSH_SEALING_KEYS: 'chaos=env:CHAOS_SEALING_KEY',
    CHAOS_SEALING_KEY: randomBytes(32).toString('base64'),
    LOG_LEVEL: 'info',
    ...env,
  };
  const { starts, receiver } = beginOthers({
    ...{ begin, directory, env: common, temporalAddress: temporal.address },
    ...{ remotePort, receiverPort, remoteUrl: links.remote.url },
  });
  const nodes = [];
  const metrics = {};
  for (const n of [1, 2]) {
    const [port, metricsPort, workerMetricsPort] = ports.splice(0, 3);
    await link(`api-${n}`, temporal.address);
    await link(`worker-${n}`, temporal.address);
    await link(`clients-${n}`, `127.0.0.1:${port}`);
    nodes.push({ url: links[`clients-${n}`].url, metrics: `http://127.0.0.1:${metricsPort}/metrics` });
    metrics[`api-${n}`] = nodes.at(-1).metrics;
    metrics[`worker-${n}`] = `http://127.0.0.1:${workerMetricsPort}/metrics`;
    starts.push(
      begin(`api-${n}`, [CLI, 'api'], {
        isReady: answers(`http://127.0.0.1:${port}/readyz`),
        env: {
          ...common,
          PORT: String(port),
          METRICS_PORT: String(metricsPort),
          AGENTS_FILE: agents,
          TEMPORAL_ADDRESS: links[`api-${n}`].address,
        },
      }),
      begin(`worker-${n}`, [CLI, 'worker'], {
        isReady: async (logged) => logged.includes('worker is ready'),
        execArgv: n === 2 && clockShiftMs !== 0 ? ['--require', file('./shift-clock.cjs')] : [],
        env: {
          ...common,
          METRICS_PORT: String(workerMetricsPort),
          AGENTS_FILE: agents,
          TEMPORAL_ADDRESS: links[`worker-${n}`].address,
          CHAOS_CLOCK_SHIFT_MS: String(clockShiftMs),
        },
      }),
    );
  }
  await Promise.all(starts);
  return {
    temporal,
    disk,
    processes,
    links,
    nodes,
    metrics,
    receiver,
    remoteNamespace: REMOTE_NAMESPACE,
    /** A worker of agents in a file of workflows. */
    begin: (name, args) =>
      begin(name, [file('../programs/own-worker.mjs'), ...args], {
        isReady: async (logged) => logged.includes('worker is ready'),
        env: { ...common, TEMPORAL_ADDRESS: temporal.address },
      }),
  };
}

function file(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}
