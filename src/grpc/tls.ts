import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ConfigError } from '../config/config-error';

/** PEM texts; with `clientCa`, only clients with a certificate of that authority get a connection. */
export interface GrpcTls {
  /** Certificate of the server. */
  cert: Buffer;
  /** Its private key. */
  key: Buffer;
  clientCa?: Buffer | undefined;
}

/** Paths of PEM files, with or without `file:` before them. */
export interface GrpcTlsFiles {
  cert?: string | undefined;
  key?: string | undefined;
  clientCa?: string | undefined;
}

/**
 * Reads the files; undefined when there are none.
 * @throws ConfigError that says what is missing or no PEM
 */
export function readGrpcTls({ cert, key, clientCa }: GrpcTlsFiles): GrpcTls | undefined {
  if (cert === undefined && key === undefined) {
    if (clientCa === undefined) return undefined;
    throw new ConfigError(['GRPC_TLS_CLIENT_CA: requires GRPC_TLS_CERT and GRPC_TLS_KEY']);
  }
  if (cert === undefined || key === undefined) {
    const [has, lacks] =
      cert === undefined ? ['GRPC_TLS_KEY', 'GRPC_TLS_CERT'] : ['GRPC_TLS_CERT', 'GRPC_TLS_KEY'];
    throw new ConfigError([`${has}: requires ${lacks}`]);
  }
  const tls: GrpcTls = { cert: readPem('GRPC_TLS_CERT', cert), key: readPem('GRPC_TLS_KEY', key) };
  if (clientCa !== undefined) tls.clientCa = readPem('GRPC_TLS_CLIENT_CA', clientCa);
  try {
    createSecureContext({ cert: tls.cert, key: tls.key, ...(tls.clientCa && { ca: tls.clientCa }) });
  } catch (error) {
    const { message } = error as { message: string };
    throw new ConfigError([`GRPC_TLS_CERT, GRPC_TLS_KEY: cannot be used together: ${message}`]);
  }
  return tls;
}

function readPem(name: string, path: string): Buffer {
  const file = path.replace(/^file:(\/\/)?/, '');
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as { code?: string };
    throw new ConfigError([`${name}: cannot read ${file} (${code ?? 'unknown error'})`]);
  }
}
