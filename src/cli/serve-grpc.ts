import { format } from 'node:util';
import { setLogger } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { GrpcPlace } from '../api/services';
import { ConfigError } from '../config/config-error';
import type { Settings } from '../config/settings';
import { type GrpcOptions, type RunningGrpcServer, startGrpcServer } from '../grpc/server';
import { readGrpcTls } from '../grpc/tls';

/** gRPC as it is served. */
export interface ServedGrpc extends GrpcPlace {
  server: RunningGrpcServer;
}

/**
 * Serves gRPC where the settings say; undefined when they switch it off.
 * @throws ConfigError for a port that is taken, or certificates that cannot be used
 */
export async function serveGrpc(settings: Settings, options: GrpcOptions): Promise<ServedGrpc | undefined> {
  const { host, grpcPort, publicGrpcUrl } = settings;
  if (grpcPort === 'off') return undefined;
  const tls = readGrpcTls({
    cert: settings.grpcTlsCert,
    key: settings.grpcTlsKey,
    clientCa: settings.grpcTlsClientCa,
  });
  const { maxBodyBytes } = settings;
  const grpcUrl = publicGrpcUrl;
  const log = { level: 'debug' as 'debug' | 'warn' };
  logTo(options.logger, log);
  try {
    const server = await startGrpcServer(
      { ...options, maxBodyBytes, grpcUrl },
      { host, port: grpcPort, tls },
    );
    log.level = 'warn';
    return { server, url: publicGrpcUrl, port: server.port };
  } catch (error) {
    const { code } = error as { code?: string };
    const problem = PROBLEMS[code ?? ''];
    if (problem === undefined) throw error;
    const advice = 'choose another with --grpc-port or GRPC_PORT, or switch gRPC off with "off"';
    throw new ConfigError([`port ${grpcPort} of ${host} ${problem}; ${advice}`]);
  }
}

/** What grpc-js itself has to say, which would go to the console; of a port that is taken, the error says it all. */
function logTo(logger: Logger, log: { level: 'debug' | 'warn' }): void {
  setLogger({
    error: (...said: unknown[]) => logger[log.level](`gRPC: ${format(...said)}`),
    info: (...said: unknown[]) => logger.debug(`gRPC: ${format(...said)}`),
    debug: (...said: unknown[]) => logger.trace(`gRPC: ${format(...said)}`),
  });
}

const PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use',
  EACCES: 'is not permitted',
};
