import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cleanUpAfterAll } from '../support/temporal';

export interface RpcRequest {
  id: unknown;
  method: string;
  params: Record<string, never> & {
    id?: string;
    message?: { messageId: string; parts: { text?: string }[] };
  };
  headers: IncomingMessage['headers'];
  /** Path and query of the request. */
  path: string;
}

export interface RawAgent {
  url: string;
  requests: RpcRequest[];
  /** Replaced by each test. */
  answer: (request: RpcRequest, reply: Reply) => unknown;
  card: Record<string, unknown>;
  /** Instead of the card, or of whatever else is fetched. */
  serve?: (request: IncomingMessage, response: ServerResponse, body: string) => boolean;
}

/** Ways to answer one JSON-RPC request. */
export interface Reply {
  response: ServerResponse;
  result(result: unknown): void;
  error(code: number, message: string): void;
  status(status: number, body?: string, headers?: Record<string, string>): void;
  /** One server-sent event; the first opens the stream. */
  event(result: unknown, id?: string): void;
  end(): void;
  /** Breaks the connection. */
  cut(): void;
}

/** An agent that speaks JSON-RPC as badly as a test wants it to. */
export async function startRawAgent(): Promise<RawAgent> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      if (agent.serve?.(request, response, body) === true) return;
      if (request.method === 'GET') {
        const found = request.url?.includes('.well-known/agent-card.json');
        response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
        response.end(JSON.stringify(found ? agent.card : {}));
        return;
      }
      const rpc = {
        ...(JSON.parse(body) as Omit<RpcRequest, 'headers' | 'path'>),
        headers: request.headers,
        path: request.url ?? '',
      };
      agent.requests.push(rpc);
      agent.answer(rpc, replyTo(rpc, response));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUpAfterAll(async () => server.close().closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const agent: RawAgent = { url, requests: [], answer: () => {}, card: rawCard(`${url}/rpc`) };
  return agent;
}

export function rawCard(url: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: 'Raw',
    supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
    capabilities: { streaming: true },
    ...more,
  };
}

function replyTo({ id }: RpcRequest, response: ServerResponse): Reply {
  const json = (value: object) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, ...value }));
  };
  return {
    response,
    result: (result) => json({ result }),
    error: (code, message) => json({ error: { code, message } }),
    status: (status, body = '', headers = {}) => response.writeHead(status, headers).end(body),
    event(result, eventId) {
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
      const head = eventId === undefined ? '' : `id: ${eventId}\n`;
      response.write(`${head}data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`);
    },
    end: () => response.end(),
    // A little later, so that what was written arrives.
    cut: () => void setTimeout(() => response.destroy(), 50),
  };
}

export const status = (state: string, text?: string) => ({
  state: `TASK_STATE_${state}`,
  ...(text !== undefined && {
    message: { messageId: `says ${text}`, role: 'ROLE_AGENT', parts: [{ text }] },
  }),
});

export const task = (state = 'SUBMITTED', more: object = {}) => ({
  id: 't1',
  contextId: 'c1',
  status: status(state),
  ...more,
});

export const statusEvent = (state: string, text?: string) => ({
  statusUpdate: { taskId: 't1', contextId: 'c1', status: status(state, text) },
});

export const chunkEvent = (text: string, append = true) => ({
  artifactUpdate: {
    taskId: 't1',
    contextId: 'c1',
    artifact: { artifactId: 'said', parts: [{ text }] },
    append,
  },
});

export const said = (...texts: string[]) => ({
  artifacts: [{ artifactId: 'said', parts: texts.map((text) => ({ text })) }],
});
