import pino from 'pino';
import { type AppOptions, createApp } from '../../src/api/app';
import { type RunningServer, type ServerOptions, startServer } from '../../src/api/server';
import type { AgentConfig, AgentInput } from '../../src/config/agents';
import { agentsFile } from '../../src/config/agents-file';
import { FakeOperations } from './fake-operations';

export function makeAgent(overrides: Partial<AgentInput> = {}): AgentConfig {
  const input: AgentInput = {
    id: 'echo',
    default: true,
    name: 'Echo',
    description: 'Says it again',
    skills: [{ id: 'echo', name: 'Echo', description: 'Says it again' }],
    workflow: { type: 'echo' },
    ...overrides,
  };
  const [agent] = agentsFile.parse({ agents: [input] }).agents;
  if (agent === undefined) throw new Error('no agent');
  return agent;
}

export interface Api {
  url: string;
  operations: FakeOperations;
  /** Lines of the log, parsed. */
  log: Record<string, unknown>[];
  app: ReturnType<typeof createApp>;
  server: RunningServer;
}

const running: RunningServer[] = [];

/** The app on a real socket, over operations in memory; `closeAll` in `afterEach` stops it. */
export async function startApi(
  options: Partial<AppOptions> = {},
  serverOptions: Partial<ServerOptions> = {},
): Promise<Api> {
  const operations = new FakeOperations();
  const log: Record<string, unknown>[] = [];
  const logger = pino({ level: 'debug' }, { write: (line) => log.push(JSON.parse(line)) });
  const app = createApp({ agents: [makeAgent()], operations, logger, ...options });
  const server = await startServer(app, { host: '127.0.0.1', port: 0, ...serverOptions });
  running.push(server);
  return { url: server.url, operations, log, app, server };
}

export async function closeAll(): Promise<void> {
  await Promise.all(running.splice(0).map((server) => server.close(0)));
}

export const V1 = { 'A2A-Version': '1.0' };
export const JSON_V1 = { ...V1, 'Content-Type': 'application/json' };

/** An answer of either binding in one shape. */
export interface Outcome {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
  result: Record<string, unknown> | undefined;
  error: { reason: string | undefined; message: string; violations: string[] } | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: bodies of answers are read freely in tests
type Body = any;

export async function outcome(response: Response, rpc: boolean): Promise<Outcome> {
  const body = (await response.json()) as Body;
  const error = body.error;
  const details: Body[] = error === undefined ? [] : rpc ? error.data : error.details;
  const info = details.find((detail) => detail['@type'].endsWith('ErrorInfo'));
  const badRequest = details.find((detail) => detail['@type'].endsWith('BadRequest'));
  return {
    status: response.status,
    headers: response.headers,
    body,
    result: rpc ? body.result : error === undefined ? body : undefined,
    error: error && {
      reason: info?.reason,
      message: error.message,
      violations: (badRequest?.fieldViolations ?? []).map(({ field }: Body) => field),
    },
  };
}

type Params = Record<string, unknown>;

/** One way of calling operations, so that a test can be run over both. */
export interface TestBinding {
  name: string;
  request(url: string, method: string, params: Params, headers?: Record<string, string>): Promise<Response>;
  call(url: string, method: string, params: Params, headers?: Record<string, string>): Promise<Outcome>;
}

const REST: Record<string, (params: Params) => [method: string, path: string]> = {
  SendMessage: () => ['POST', '/message:send'],
  SendStreamingMessage: () => ['POST', '/message:stream'],
  GetTask: ({ id }) => ['GET', `/tasks/${encodeURIComponent(String(id))}`],
  ListTasks: () => ['GET', '/tasks'],
  CancelTask: ({ id }) => ['POST', `/tasks/${encodeURIComponent(String(id))}:cancel`],
  SubscribeToTask: ({ id }) => ['POST', `/tasks/${encodeURIComponent(String(id))}:subscribe`],
  CreateTaskPushNotificationConfig: ({ taskId }) => ['POST', `/tasks/${taskId}/pushNotificationConfigs`],
  GetTaskPushNotificationConfig: ({ taskId, id }) => [
    'GET',
    `/tasks/${taskId}/pushNotificationConfigs/${id}`,
  ],
  ListTaskPushNotificationConfigs: ({ taskId }) => ['GET', `/tasks/${taskId}/pushNotificationConfigs`],
  DeleteTaskPushNotificationConfig: ({ taskId, id }) => [
    'DELETE',
    `/tasks/${taskId}/pushNotificationConfigs/${id}`,
  ],
  GetExtendedAgentCard: () => ['GET', '/extendedAgentCard'],
};

export const BINDINGS: TestBinding[] = [
  {
    name: 'JSON-RPC',
    request: (url, method, params, headers = {}) =>
      fetch(url, {
        method: 'POST',
        headers: { ...JSON_V1, ...headers },
        body: JSON.stringify({ jsonrpc: '2.0', id: 7, method, params }),
      }),
    async call(...args) {
      return outcome(await this.request(...args), true);
    },
  },
  {
    name: 'HTTP+JSON',
    request: (url, operation, params, headers = {}) => {
      const [method, path] = REST[operation]?.(params) ?? ['GET', '/unknown'];
      if (method === 'POST') {
        return fetch(url + path, {
          method,
          headers: { ...JSON_V1, ...headers },
          body: JSON.stringify(params),
        });
      }
      const query = new URLSearchParams(
        Object.entries(params)
          .filter(([name]) => !['id', 'taskId'].includes(name))
          .map(([name, value]): [string, string] => [name, String(value)]),
      );
      return fetch(`${url}${path}?${query}`, { method, headers: { ...V1, ...headers } });
    },
    async call(...args) {
      return outcome(await this.request(...args), false);
    },
  },
];

export function userMessage(text = 'hi', more: Params = {}): Params {
  return { messageId: `m-${text}`, role: 'ROLE_USER', parts: [{ text }], ...more };
}
