import {
  connectTemporal,
  type DevServer,
  type DevServerOptions,
  readTemporalTarget,
  startDevServer,
  type TemporalConnection,
} from 'temporal-a2a';

export interface Temporal extends TemporalConnection {
  /** The dev server, when there is one. */
  server?: DevServer;
  close(): Promise<void>;
}

/** A connection to the server that TEMPORAL_ADDRESS names, or else to a dev server of this process. */
export async function openTemporal(options: DevServerOptions): Promise<Temporal> {
  if (process.env.TEMPORAL_ADDRESS) {
    const temporal = await connectTemporal(readTemporalTarget(process.env));
    return { ...temporal, close: () => temporal.connection.close() };
  }
  const server = await startDevServer({ onProgress: console.log, ...options });
  const { address } = server;
  const temporal = await connectTemporal({ address, namespace: 'default', connectionOptions: { address } });
  const close = async () => {
    await temporal.connection.close();
    await server.stop();
  };
  return { ...temporal, server, close };
}
