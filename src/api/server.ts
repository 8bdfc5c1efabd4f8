import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { BridgeError } from '../a2a/errors';
import { describe } from '../a2a/proto-json';
import { isServedHost } from '../config/served-host';
import type { App } from './app';
import { statusBody } from './error-body';
import { toWireError } from './error-table';

/** Time in ms that clients get to read the last answers. */
const ANSWER_MS = 500;

/** Options of {@link startServer}. */
export interface ServerOptions {
  /** Address to listen on. */
  host: string;
  /** 0 for any free one. */
  port: number;
  /** How long a client may take to send a whole request, in milliseconds; 30,000 unless set. */
  requestTimeoutMs?: number;
  /** Names under which it is called, besides addresses and localhost; any unless set. A function is asked each time. */
  names?: readonly string[] | (() => readonly string[] | undefined) | undefined;
}

/** An HTTP server that listens. */
export interface RunningServer {
  /** Where it listens, without a slash at the end. */
  url: string;
  /**
   * Stops: no new connections, streams end, and calls that wait for longer than `graceMs` milliseconds are told that
   * the server is shutting down.
   */
  close(graceMs?: number): Promise<void>;
}

/**
 * Serves the app over HTTP on a port of its own.
 * @throws the error of `listen`, such as EADDRINUSE
 */
export async function startServer(app: App, options: ServerOptions): Promise<RunningServer> {
  const requestTimeout = options.requestTimeoutMs ?? 30_000;
  const serve = app.callback();
  const { names: given } = options;
  const names = typeof given === 'function' ? given : () => given;
  // The timeouts end with the last byte of a request, so they do not touch streams.
  const server = createServer(
    {
      requestTimeout,
      headersTimeout: Math.min(10_000, requestTimeout),
      connectionsCheckingInterval: Math.min(5_000, requestTimeout),
    },
    (req, res) => (isServedHost(req.headers.host, names()) ? serve(req, res) : refuseName(req, res)),
  );
  server.on('clientError', answerClientError);
  server.on('request', (_req, res) => {
    // After its last answer a connection that is kept alive would hold up the server's end.
    res.once('close', () => {
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  server.removeAllListeners('error');
  server.on('error', (error) => app.logger.error({ err: error }, 'server error'));
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return { url: `http://${host}:${port}`, close: (graceMs = 5000) => close(server, app, graceMs) };
}

async function close(server: Server, app: App, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  app.closeStreams();
  server.closeIdleConnections();
  let cut: NodeJS.Timeout | undefined;
  const fail = setTimeout(() => {
    app.failCalls();
    cut = setTimeout(() => server.closeAllConnections(), ANSWER_MS);
  }, graceMs);
  await closed;
  clearTimeout(fail);
  clearTimeout(cut);
}

function refuseName(req: IncomingMessage, res: ServerResponse): void {
  const message =
    `Host ${describe(req.headers.host)} is not served: the agents have no authentication, so only localhost is ` +
    'accepted. Set PUBLIC_URL to accept another name';
  const wire = { ...toWireError(new BridgeError('INVALID_REQUEST', message)), httpStatus: 421 };
  res.writeHead(421, { 'Content-Type': 'application/json' }).end(JSON.stringify(statusBody(wire)));
}

/** What is not even HTTP, or comes too slowly, gets an answer in the shape of every other error. */
function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, message] = CLIENT_ERRORS[error.code ?? ''] ?? [400, 'The request is not valid HTTP'];
  const wire = { ...toWireError(new BridgeError('INVALID_REQUEST', message)), httpStatus: status };
  const body = JSON.stringify(statusBody(wire));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

const CLIENT_ERRORS: Readonly<Record<string, readonly [status: number, message: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request took too long to arrive'],
  HPE_HEADER_OVERFLOW: [431, 'The headers are too large'],
};
