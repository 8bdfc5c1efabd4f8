import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StreamResponse } from '../../src/a2a/types';
import { cleanUpAfterAll } from '../support/temporal';

export interface Notification {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  json: StreamResponse & Record<string, unknown>;
}

/** Answers one notification; what it does not answer waits for ever. */
export type Answer = (notification: Notification, response: ServerResponse) => void;

/** A real server that is notified. */
export class Receiver {
  /** All that came, taken or not. */
  readonly received: Notification[] = [];
  /** Those that were answered with 2xx. */
  readonly taken: Notification[] = [];
  answer: Answer = (_notification, response) => response.writeHead(204).end();
  port = 0;
  private server: Server | undefined;

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** Again at the same port, when it was stopped. */
  async start(): Promise<this> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        const notification = {
          path: request.url ?? '',
          headers: request.headers,
          body,
          json: JSON.parse(body) as Notification['json'],
        };
        this.received.push(notification);
        response.on('finish', () => {
          if (response.statusCode >= 200 && response.statusCode < 300) this.taken.push(notification);
        });
        this.answer(notification, response);
      });
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }
}

export async function startReceiver(answer?: Answer): Promise<Receiver> {
  const receiver = new Receiver();
  if (answer !== undefined) receiver.answer = answer;
  await receiver.start();
  cleanUpAfterAll(() => receiver.stop());
  return receiver;
}

/** A notification of 1.0 in a few words, as in `working "on"`. */
export function told({ json }: Notification): string {
  const { task, message, statusUpdate, artifactUpdate } = json;
  const state = (status?: { state: string }) => status?.state.replace('TASK_STATE_', '').toLowerCase() ?? '';
  if (task) return `task ${state(task.status)}`;
  if (message) return `message ${message.parts.map(({ text }) => text).join()}`;
  if (statusUpdate) {
    const said = statusUpdate.status.message?.parts.map(({ text }) => text).join();
    return `${state(statusUpdate.status)}${said ? ` "${said}"` : ''}`;
  }
  const { artifact, append } = artifactUpdate ?? {};
  return `artifact ${artifact?.artifactId}${append ? '+' : ''} "${artifact?.parts.map(({ text }) => text).join()}"`;
}
