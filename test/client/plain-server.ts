import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface PlainCall {
  path: string;
  authorization: string | undefined;
  method: string;
  params: {
    message?: { parts: { type?: string; kind?: string; text?: string }[]; messageId?: string };
    id?: string;
  };
}

export interface PlainServer {
  url: string;
  calls: PlainCall[];
  /** Paths of JSON-RPC; all else is not found. */
  paths: string[];
  card: object | undefined;
  /** Answers by method: a result; a list is a stream of results. */
  answers: Record<string, unknown>;
  /** Answers every call with this status instead. */
  status: number | undefined;
  /** Breaks off in the middle of an answer of this type. */
  broken: string | undefined;
}

/** A server that speaks as agent-native's do: no `kind`, no message IDs, answers in the status. */
export async function startPlainServer(): Promise<PlainServer> {
  const server: PlainServer = {
    url: '',
    calls: [],
    paths: ['/_agent-native/a2a'],
    card: undefined,
    answers: {},
    status: undefined,
    broken: undefined,
  };
  const http = createServer((request, response) => void serve(server, request, response));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  server.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  closing.push(() => new Promise((resolve) => http.close(resolve).closeAllConnections()));
  return server;
}

const closing: (() => Promise<unknown>)[] = [];

export async function closePlainServers(): Promise<void> {
  await Promise.all(closing.splice(0).map((close) => close()));
}

async function serve(server: PlainServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? '';
  const body = await text(request);
  if (request.method === 'GET' && path === '/.well-known/agent-card.json' && server.card !== undefined) {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(server.card));
    return;
  }
  if (request.method !== 'POST' || !server.paths.includes(path)) {
    response.writeHead(404).end('<html>nothing here</html>');
    return;
  }
  const { id, method, params } = JSON.parse(body);
  server.calls.push({ path, authorization: request.headers.authorization, method, params });
  if (server.status !== undefined) {
    response.writeHead(server.status).end('no');
    return;
  }
  if (server.broken !== undefined) {
    response.writeHead(200, { 'Content-Type': server.broken });
    response.write('data: {', () => response.destroy());
    return;
  }
  const result = server.answers[method];
  const answer = (value: unknown) => JSON.stringify({ jsonrpc: '2.0', id, result: value });
  if (Array.isArray(result)) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.end(result.map((value) => `data: ${answer(value)}\n\n`).join(''));
    return;
  }
  const error = JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } });
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(result ? answer(result) : error);
}
