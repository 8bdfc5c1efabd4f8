import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLoopback, isServedHost } from '../config/served-host';

/** Where metrics are scraped. */
export interface MetricsListenOptions {
  /** 0 for any free one. */
  port: number;
  /**
   * 127.0.0.1 unless set: whoever reaches the port may read the metrics. A loopback address is served under localhost and
   * by address alone, so that no web page can read it under a name of its own (DNS rebinding).
   */
  host?: string;
  /**
   * Throws an Error that says what is missing while the process cannot do its work. With it, the port has `/healthz` and
   * `/readyz`, too, for processes that serve nothing else.
   */
  ready?: (() => Promise<unknown>) | undefined;
}

/** A server for `/metrics` that listens. */
export interface RunningMetricsServer {
  /** Where it listens, without a slash at the end. */
  url: string;
  close(): Promise<void>;
}

interface Scraped {
  text(): Promise<string>;
  contentType: string;
}

/** Serves `/metrics`, and health where that is asked for. @throws the error of `listen` */
export async function listenForScrapes(
  scraped: Scraped,
  { port, host = '127.0.0.1', ready }: MetricsListenOptions,
): Promise<RunningMetricsServer> {
  const names = isLoopback(host) ? [] : undefined;
  const server = createServer((req, res) => {
    if (isServedHost(req.headers.host, names)) void answer({ ...scraped, ready }, req, res);
    else end(res, 421, 'This name is not served: use localhost, or an address, or set METRICS_HOST\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  // It is there for those who look, and keeps no process alive.
  server.unref();
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  { text, contentType, ready }: Scraped & Pick<MetricsListenOptions, 'ready'>,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const path = req.url?.split('?', 1)[0];
  const isProbe = ready !== undefined && (path === '/healthz' || path === '/readyz');
  if (path !== '/metrics' && !isProbe) return end(res, 404, 'Metrics are at /metrics\n');
  if (req.method !== 'GET' && req.method !== 'HEAD') {
    res.setHeader('Allow', 'GET, HEAD');
    return end(res, 405, 'Use GET\n');
  }
  if (path === '/healthz') return end(res, 200, 'ok\n');
  if (isProbe) {
    return ready().then(
      () => end(res, 200, 'ready\n'),
      (error: Error) => end(res, 503, `not ready: ${error.message}\n`),
    );
  }
  try {
    const all = await text();
    res.setHeader('Content-Type', contentType);
    res.end(all);
  } catch (error) {
    end(res, 500, `The metrics cannot be read: ${(error as Error).message}\n`);
  }
}

function end(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(text);
}
