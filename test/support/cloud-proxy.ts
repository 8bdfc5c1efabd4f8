import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import {
  connect,
  createSecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { makeCertificates } from './certificates';

/** Temporal as Temporal Cloud lets it be used. */
export interface CloudProxy {
  /** `127.0.0.1:<port>`, over TLS with the certificate of `ca.pem` in the directory. */
  address: string;
  /** What was refused, as paths of gRPC. */
  refused: string[];
  /** Headers of what was let through. */
  passed: IncomingHttpHeaders[];
  close(): Promise<void>;
}

const OPERATOR = '/temporal.api.operatorservice.v1.OperatorService/';

/**
 * Passes on to Temporal the calls that have the API key, or come over a connection with a client certificate when there is
 * no key; those of operators are PERMISSION_DENIED.
 * @param directory for certificates, which are made there
 */
export async function startCloudProxy(
  temporalAddress: string,
  { directory, apiKey }: { directory: string; apiKey?: string },
): Promise<CloudProxy> {
  makeCertificates(directory);
  const read = (name: string) => readFileSync(join(directory, name));
  const server = createSecureServer({
    key: read('server.key'),
    cert: read('server.pem'),
    ca: read('ca.pem'),
    ...(apiKey === undefined && { requestCert: true, rejectUnauthorized: true }),
  });
  const upstream = connect(`http://${temporalAddress}`);
  upstream.on('error', () => {});
  const sessions = new Set<ServerHttp2Session>();
  const refused: string[] = [];
  const passed: IncomingHttpHeaders[] = [];
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, headers) => {
    const path = String(headers[':path']);
    stream.on('error', () => {});
    if (apiKey !== undefined && headers.authorization !== `Bearer ${apiKey}`) {
      refuse(stream, status.UNAUTHENTICATED, 'Request unauthorized.');
    } else if (path.startsWith(OPERATOR)) {
      refused.push(path.slice(OPERATOR.length));
      refuse(stream, status.PERMISSION_DENIED, 'Request unauthorized.');
    } else {
      passed.push(headers);
      passOn(stream, headers);
    }
  });

  function passOn(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const { authorization: _, ':authority': __, ':scheme': ___, ...others } = headers;
    const request = upstream.request({ ...others, ':scheme': 'http', ':authority': temporalAddress });
    let trailers: IncomingHttpHeaders = {};
    request.on('error', () => stream.destroy());
    request.on('response', (answer, flags) => {
      if (stream.destroyed) return;
      // Bit 1: the answer has ended with its headers.
      if ((flags & 1) === 1) return stream.respond(answer, { endStream: true });
      stream.respond(answer, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers(trailers));
      request.pipe(stream);
    });
    request.on('trailers', (given) => {
      trailers = given;
    });
    stream.on('close', () => request.close());
    stream.pipe(request);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused,
    passed,
    close: async () => {
      upstream.destroy();
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}

function refuse(stream: ServerHttp2Stream, code: number, message: string): void {
  stream.respond(
    {
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-status': String(code),
      'grpc-message': message,
    },
    { endStream: true },
  );
}
