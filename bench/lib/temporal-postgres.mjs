// A Temporal server as it is deployed, with its tables and visibility in PostgreSQL.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import devServers from '../../dist/dev-server/dev-server.js';
import ends from '../../dist/dev-server/process-end.js';
import searchAttributes from '../../dist/temporal/search-attributes.js';
import { must } from '../../interop/lib/commands.mjs';
import { stablePorts } from '../../interop/lib/ports.mjs';
import { startPostgres } from '../../interop/lib/postgres.mjs';
import { buildTemporalServer, TEMPORAL_SERVER_VERSION } from '../../interop/lib/temporal-server.mjs';

/** As Temporal's own configuration for development with PostgreSQL; the dev server has one. */
const SHARDS = 4;

const SCHEMA_MS = 2 * 60_000;
const READY_MS = 2 * 60_000;

/** By database: its embedded schema. */
const SCHEMAS = { temporal: 'postgresql/v12/temporal', temporal_visibility: 'postgresql/v12/visibility' };

/**
 * Temporal on a PostgreSQL of its own, with a namespace and the search attributes of the contract. It ends with this process.
 * @param options.onProgress gets a line when something takes long
 * @returns {{address: string, pid: number, databasePid: number, version: string, stop: () => Promise<void>}} or
 *   `{ missing }`, which says what is not installed
 */
export async function startTemporalOnPostgres({ namespace = 'default', onProgress = () => {} } = {}) {
  const programs = await buildTemporalServer(onProgress);
  if (programs.missing !== undefined) return programs;
  const postgres = await startPostgres();
  if (postgres.missing !== undefined) return postgres;
  const directory = mkdtempSync(join(tmpdir(), 'temporal-a2a-temporal-'));
  const stops = [() => rmSync(directory, { recursive: true, force: true }), postgres.stop];
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    await createTables(programs.sql, postgres);
    const server = await launch(programs.server, directory, postgres);
    stops.push(server.stop);
    await untilServing(server, namespace);
    const { address, pid } = server;
    return {
      address,
      pid,
      databasePid: postgres.pid,
      version: `${TEMPORAL_SERVER_VERSION}, ${postgres.version}`,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function createTables(tool, postgres) {
  const { hostname, port, username } = new URL(postgres.url);
  const where = ['--plugin', 'postgres12', '--endpoint', hostname, '--port', port, '--user', username];
  for (const [database, schema] of Object.entries(SCHEMAS)) {
    const run = (...args) =>
      must(tool, [...where, '--database', database, ...args], { timeoutMs: SCHEMA_MS });
    await run('create-database', '--defaultdb', 'postgres');
    await run('setup-schema', '--version', '0.0');
    await run('update-schema', '--schema-name', schema);
  }
}

async function launch(program, directory, postgres) {
  const ports = await stablePorts(9);
  // JSON is YAML.
  const file = (name, content) => {
    writeFileSync(join(directory, name), JSON.stringify(content));
    return join(directory, name);
  };
  const dynamicConfig = Object.entries(devServers.DYNAMIC_CONFIG).map(([key, value]) => [key, [{ value }]]);
  const limits = file('dynamic-config.yaml', Object.fromEntries(dynamicConfig));
  const config = file('config.yaml', configOf({ ports, postgres, limits }));
  const logFile = join(directory, 'temporal.log');
  const log = openSync(logFile, 'w');
  const { HOME, PATH } = process.env;
  const child = spawn(program, ['--config-file', config, '--allow-no-auth', 'start'], {
    detached: true,
    stdio: ['ignore', log, log],
    // Variables of the user's, such as TEMPORAL_SERVICES, are not meant for this one.
    env: { HOME, PATH },
  });
  closeSync(log);
  const ended = ends.exitOfChild(child);
  ends.endWithThisProcess(child.pid, ended);
  return {
    address: `127.0.0.1:${ports[0]}`,
    pid: child.pid,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    lastLines: () => readFileSync(logFile, 'utf8').trim().split('\n').slice(-10).join('\n'),
    stop: () => ends.endProcess(child.pid, ended),
  };
}

function configOf({ ports, postgres, limits }) {
  const { hostname, port, username } = new URL(postgres.url);
  const store = (databaseName, maxConns) => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: `${hostname}:${port}`,
      connectProtocol: 'tcp',
      user: username,
      password: '',
      maxConns,
      maxIdleConns: maxConns,
      maxConnLifetime: '1h',
    },
  });
  const [frontend, http, ...inner] = ports;
  const service = (grpcPort) => ({ grpcPort, membershipPort: inner.pop(), bindOnIP: '127.0.0.1' });
  const [temporal, visibility] = Object.keys(SCHEMAS);
  const notArchived = { state: 'disabled', URI: '' };
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      numHistoryShards: SHARDS,
      // Of each of the four services: PostgreSQL takes 100 connections unless it is told otherwise.
      datastores: { default: store(temporal, 16), visibility: store(visibility, 6) },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: {
      frontend: { rpc: { ...service(frontend), httpPort: http } },
      matching: { rpc: service(inner.pop()) },
      history: { rpc: service(inner.pop()) },
      worker: { rpc: service(inner.pop()) },
    },
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: 'frontend',
          rpcAddress: `127.0.0.1:${frontend}`,
        },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    archival: { history: { state: 'disabled' }, visibility: { state: 'disabled' } },
    namespaceDefaults: { archival: { history: notArchived, visibility: notArchived } },
    dynamicConfigClient: { filepath: limits, pollInterval: '60s' },
  };
}

/** Registers the namespace, which a server that is not for development does not have by itself. */
async function untilServing(server, namespace) {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    try {
      return await prepare(server.address, namespace);
    } catch (error) {
      if (server.hasEnded() || Date.now() > deadline) {
        throw new Error(`Temporal on PostgreSQL does not serve: ${error.message}\n${server.lastLines()}`);
      }
      await sleep(500);
    }
  }
}

async function prepare(address, namespace) {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 });
  try {
    const workflowExecutionRetentionPeriod = { seconds: 24 * 3_600 };
    await connection.workflowService
      .registerNamespace({ namespace, workflowExecutionRetentionPeriod })
      .catch((error) => {
        if (error.code !== ALREADY_EXISTS) throw error;
      });
    await searchAttributes.ensureSearchAttributes(connection, namespace);
  } finally {
    await connection.close();
  }
}

/** Of gRPC. */
const ALREADY_EXISTS = 6;
