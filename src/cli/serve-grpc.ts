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
  try {
    const server = await startGrpcServer(
      { ...options, maxBodyBytes, grpcUrl },
      { host, port: grpcPort, tls },
    );
    return { server, url: publicGrpcUrl, port: server.port };
  } catch (error) {
    const { code } = error as { code?: string };
    const problem = PROBLEMS[code ?? ''];
    if (problem === undefined) throw error;
    const advice = 'choose another with --grpc-port or GRPC_PORT, or switch gRPC off with "off"';
    throw new ConfigError([`port ${grpcPort} of ${host} ${problem}; ${advice}`]);
  }
}

const PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use',
  EACCES: 'is not permitted',
};
