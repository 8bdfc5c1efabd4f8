import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '../config/config-error';
import { createMetrics, type Metrics } from '../metrics/metrics';
import type { WatchedAgents } from '../watch-agents';
import type { ServeContext } from './serve-context';

/** Metrics as they are served. */
export interface ServedMetrics {
  metrics: Metrics;
  /** `host:port` for the exporter of the Temporal SDK, which the metrics fetch from there. */
  sdkAddress: string;
}

/**
 * Serves metrics where the settings say; undefined when they switch them off.
 * @param ready with which health is served there, too; see MetricsListenOptions
 * @throws ConfigError for a port that is taken
 */
export async function serveMetrics(
  { settings, logger, shutdown }: ServeContext,
  agents: WatchedAgents,
  ready?: () => Promise<unknown>,
): Promise<ServedMetrics | undefined> {
  const { metricsPort: port, metricsHost: host } = settings;
  if (port === 'off') return undefined;
  const sdkAddress = `127.0.0.1:${await freePort()}`;
  const metrics = await createMetrics({ sdkUrl: `http://${sdkAddress}/metrics` });
  agents.meter(metrics);
  try {
    const server = await metrics.listen({ port, host, ready });
    shutdown.add('metrics', () => server.close());
    logger.info({ metrics: `${server.url}/metrics` }, 'metrics are served');
  } catch (error) {
    const problem = PROBLEMS[(error as NodeJS.ErrnoException).code ?? ''];
    if (problem === undefined) throw error;
    const advice = 'choose another with --metrics-port or METRICS_PORT, or switch metrics off with "off"';
    throw new ConfigError([`port ${port} of ${host} ${problem}; ${advice}`]);
  }
  return { metrics, sdkAddress };
}

const PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use',
  EACCES: 'is not permitted',
  EADDRNOTAVAIL: 'is no address of this machine',
};

/** The SDK does not tell which port it got when it may choose. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
