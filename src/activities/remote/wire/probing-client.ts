import type { SendMessageRequest, SendMessageResponse, Task } from '../../../a2a/types';
import type { WireVersion } from '../card/remote-card';
import { isRemoteFault } from '../fault';
import type { GetOptions, RemoteClient, RemoteEvent, SubscribeOptions } from './remote-client';

/**
 * JSON-RPC codes with which a server of `tasks/send` refuses `message/send`: "method not found", or "invalid
 * request" where requests were parsed by their method. Neither has started anything.
 */
const UNKNOWN_METHOD = [-32601, -32600];

/** For a card that does not tell: `message/send` first, and `tasks/send` once that is unknown there. */
export class ProbingClient implements RemoteClient {
  private found: RemoteClient | undefined;

  constructor(
    private readonly newer: RemoteClient,
    private readonly older: RemoteClient,
  ) {}

  get version(): WireVersion {
    return this.found?.version ?? '0.2 or 0.3';
  }

  get approximate(): boolean {
    return this.client.approximate;
  }

  send(request: SendMessageRequest, signal: AbortSignal): Promise<SendMessageResponse> {
    return this.first((client) => client.send(request, signal));
  }

  async *stream(request: SendMessageRequest, signal: AbortSignal): AsyncGenerator<RemoteEvent> {
    const { events, next } = await this.first(async (client) => {
      const opened = client.stream(request, signal);
      return { events: opened, next: await opened.next() };
    });
    try {
      if (next.done === true) return;
      yield next.value;
      yield* events;
    } finally {
      await events.return(undefined);
    }
  }

  get(id: string, options: GetOptions): Promise<Task> {
    return this.client.get(id, options);
  }

  cancel(id: string, signal: AbortSignal): Promise<Task> {
    return this.client.cancel(id, signal);
  }

  subscribe(id: string, options: SubscribeOptions): AsyncGenerator<RemoteEvent> {
    return this.client.subscribe(id, options);
  }

  private get client(): RemoteClient {
    return this.found ?? this.newer;
  }

  private async first<T>(ask: (client: RemoteClient) => Promise<T>): Promise<T> {
    try {
      const answer = await ask(this.client);
      this.found ??= this.newer;
      return answer;
    } catch (error) {
      const unknown = isRemoteFault(error) && error.code !== undefined && UNKNOWN_METHOD.includes(error.code);
      if (this.found !== undefined || !unknown) throw error;
      this.found = this.older;
      return await ask(this.older);
    }
  }
}
