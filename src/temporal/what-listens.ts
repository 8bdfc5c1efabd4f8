import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/**
 * What answers at an address: a gRPC server without TLS, a server with TLS (that may want a client certificate), a web
 * server without HTTP/2, as Temporal's UI is, or nothing that could be told.
 */
export type Listener = 'grpc' | 'tls' | 'tls, with client certificates' | 'web' | 'unknown';

const TIMEOUT_MS = 2_000;

/** Beginning of every HTTP/2 connection, with empty settings (RFC 9113, section 3.4). */
const HTTP2 = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);

/** First byte of a TLS alert, which is what some servers say to those who do not speak TLS. */
const TLS_ALERT = 0x15;

/** Byte 3 of the first frame of an HTTP/2 server: SETTINGS. */
const SETTINGS = 4;

export async function whatListens(address: string): Promise<Listener> {
  const { host, port } = parse(address);
  const answer = await firstAnswer(connectTcp({ host, port }), HTTP2);
  if (answer?.[0] !== undefined) {
    if (answer[0] === TLS_ALERT) return tlsOf(host, port);
    if (answer.subarray(0, 5).toString() === 'HTTP/') return 'web';
    if (answer[3] === SETTINGS) return 'grpc';
  }
  return tlsOf(host, port);
}

async function tlsOf(host: string, port: number): Promise<Listener> {
  let code = '';
  let handshake = false;
  // Whom it belongs to is checked by the connection that counts.
  const servername = isIP(host) === 0 ? host : '';
  const socket = connectTls({ host, port, servername, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
  socket.once('secureConnect', () => {
    handshake = true;
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    code = error.code ?? '';
  });
  await firstAnswer(socket, HTTP2);
  if (/ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|HANDSHAKE_FAILURE)/.test(code)) {
    return 'tls, with client certificates';
  }
  return handshake || /_ALERT_/.test(code) ? 'tls' : 'unknown';
}

/** What a server says to a few bytes; undefined when it closes the connection or is silent. */
function firstAnswer(socket: Socket, bytes: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const end = (answer?: Buffer) => {
      resolve(answer);
      socket.destroy();
    };
    socket.setTimeout(TIMEOUT_MS, () => end());
    socket.once('data', end);
    socket.on('error', () => end());
    socket.once('close', () => end());
    socket.write(bytes);
  });
}

/** An address as NativeConnection takes it. */
function parse(address: string): { host: string; port: number } {
  const [, host = address, port = '7233'] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(address) ?? [];
  return { host, port: Number(port) };
}
