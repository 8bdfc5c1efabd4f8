import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface RetoolAgent {
  /** Of the agent: its card is below. */
  url: string;
  /** Method and path of what was served, without the agent's URL. */
  served: string[];
  /** The key that the last request had. */
  key: string | undefined;
  /** Without it in X-Api-Key, everything is answered 401; nobody is asked unless set. */
  wantedKey: string | undefined;
  /** Whether the task has ended. */
  done: boolean;
  close(): Promise<unknown>;
}

const IDS = {
  taskId: '054c93a8-b0ed-49ea-915d-418e615cb7b4',
  contextId: '23a617f6-f7a7-40a8-955c-f17faad5c954',
};
const JOKE = "Why don't skeletons fight each other?\n\nBecause they don't have the guts!";

const status = (state: string, said: string) => ({
  state,
  message: {
    role: 'agent',
    parts: [{ kind: 'text', text: said }],
    messageId: `status-${state}`,
    ...IDS,
    kind: 'message',
  },
});

const task = (state: string, said: string) => {
  const { message, ...rest } = status(state, said);
  const { taskId: id, contextId } = IDS;
  return { id, contextId, status: { ...rest, message }, kind: 'task', history: [message] };
};

const update = (state: string, said: string, final = false) => ({
  kind: 'status-update',
  ...IDS,
  status: status(state, said),
  final,
});

/** An agent that answers exactly as "Set up an A2A trigger" of Retool's documents shows, and to nothing else. */
export async function startRetoolAgent(): Promise<RetoolAgent> {
  const agent: RetoolAgent = {
    url: '',
    served: [],
    key: undefined,
    wantedKey: undefined,
    done: false,
    close: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
  const server: Server = createServer(async (request, response) => {
    const path = (request.url ?? '').replace('/api/agents/a2a/agent_id', '');
    agent.key = request.headers['x-api-key']?.toString();
    const body = await text(request);
    const name = `${request.method} ${path.replace(IDS.taskId, ':taskId')}`;
    const [code, answer] = answerOf(agent, name, body);
    if (code < 400) agent.served.push(name);
    if (Array.isArray(answer)) return stream(response, answer as [string, object][]);
    response.writeHead(code, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  agent.url = `http://127.0.0.1:${port}/api/agents/a2a/agent_id`;
  return agent;
}

function answerOf(agent: RetoolAgent, name: string, body: string): [number, object] {
  if (agent.wantedKey !== undefined && agent.key !== agent.wantedKey) return [401, { error: 'Unauthorized' }];
  switch (name) {
    case 'GET /.well-known/agent-card.json':
      return [200, card(agent.url)];
    case 'POST /v1/message:send':
      return isMessage(body) ? [200, task('submitted', 'Task submitted')] : [400, { error: 'Bad Request' }];
    case 'POST /v1/message:stream':
      if (!isMessage(body)) return [400, { error: 'Bad Request' }];
      agent.done = true;
      return [
        200,
        [
          ['task', { task: task('submitted', 'Task submitted') }],
          ['statusUpdate', { statusUpdate: update('working', 'Agent run started, thinking') }],
          ['statusUpdate', { statusUpdate: update('completed', JOKE, true) }],
        ],
      ];
    case 'GET /v1/tasks/:taskId':
      return [200, agent.done ? task('completed', JOKE) : task('working', 'thinking')];
    case 'POST /v1/tasks/:taskId:cancel':
      return [200, { success: false, message: 'workflow execution already completed' }];
    default:
      return [404, { error: 'Not Found' }];
  }
}

function isMessage(body: string): boolean {
  const { message } = JSON.parse(body) as { message?: { role?: string; parts?: { kind?: string }[] } };
  return message?.role === 'user' && message.parts?.every(({ kind }) => kind === 'text') === true;
}

function card(url: string) {
  return {
    name: 'A2A test',
    preferredTransport: 'HTTP+JSON',
    description: '',
    url,
    provider: { organization: 'youradmin@retool.com', url: 'https://yourdomain.retool.com' },
    protocolVersion: '0.3.0',
    version: '0.0.1',
    capabilities: { streaming: true, pushNotifications: false },
    defaultInputModes: ['application/json'],
    defaultOutputModes: ['application/json'],
    skills: [],
  };
}

function stream(response: ServerResponse, events: [string, object][]): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  for (const [name, data] of events) {
    // As on the page, over several lines.
    const lines = JSON.stringify(data, null, 1).replaceAll('\n', '\ndata: ');
    response.write(`event: ${name}\ndata: ${lines}\n\n`);
  }
  response.end();
}
