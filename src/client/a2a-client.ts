import type { A2AClientError } from './client-error';
import { Connection, type ConnectionOptions } from './connection';
import { PlainProtocol } from './plain-protocol';
import type { CallOptions, Protocol } from './protocol';
import { SdkProtocol } from './sdk-protocol';
import type { AgentCard, Message, Task } from './types';

export type { CallOptions } from './protocol';

/** See {@link A2AClient}. */
export type ClientOptions = Omit<ConnectionOptions, 'apiKey'>;

/**
 * A client for one agent, whatever it speaks: A2A 1.0 and 0.3 as its card says, or the JSON-RPC of agent-native at
 * `/_agent-native/a2a` or `/a2a`. Tasks look the same from all of them.
 *
 * ```ts
 * const client = new A2AClient('https://analytics.example.com', process.env.ANALYTICS_A2A_KEY);
 * const task = await client.send({ role: 'user', parts: [{ type: 'text', text: "What were last week's signups?" }] });
 * console.log(task.status.state, task.status.message?.parts);
 * ```
 *
 * Every method throws {@link A2AClientError}, and the reason of a signal that ends the call.
 */
export class A2AClient {
  private readonly connection: Connection;
  private protocol: Promise<Protocol> | undefined;

  /**
   * @param url of the agent: the one that its card is below, or its endpoint
   * @param apiKey sent as bearer token
   * @throws A2AClientError when the URL is none
   */
  constructor(url: string, apiKey?: string, options: ClientOptions = {}) {
    this.connection = new Connection(url, { ...options, apiKey });
  }

  /** The agent's card as it is. */
  getAgentCard({ signal }: CallOptions = {}): Promise<AgentCard> {
    return this.connection.getCard(signal);
  }

  /** Sends a message. The task has ended or asks for something, unless the agent does not let its callers wait. */
  async send(message: Message, options: CallOptions = {}): Promise<Task> {
    return (await this.speak(options)).send(message, options);
  }

  /**
   * Sends a message and gives the task after each change, with the text so far in `status.message`; the last has its
   * artifacts. Leaving the loop ends the stream, not the task.
   */
  async *stream(message: Message, options: CallOptions = {}): AsyncGenerator<Task> {
    yield* (await this.speak(options)).stream(message, options);
  }

  /** The task as it is now. */
  async get(taskId: string, options: CallOptions = {}): Promise<Task> {
    return (await this.speak(options)).get(taskId, options);
  }

  /** The task as its cancellation leaves it. */
  async cancel(taskId: string, options: CallOptions = {}): Promise<Task> {
    return (await this.speak(options)).cancel(taskId, options);
  }

  private speak(options: CallOptions): Promise<Protocol> {
    this.protocol ??= this.connect(options).catch((error: unknown) => {
      this.protocol = undefined;
      throw error;
    });
    return this.protocol;
  }

  /** A card of 1.0 lists interfaces, one of 0.3 names a transport; agent-native's do neither. */
  private async connect({ signal }: CallOptions): Promise<Protocol> {
    if (this.connection.endpoint !== undefined) return new PlainProtocol(this.connection, undefined);
    const card = await this.connection.knownCard(signal);
    const tells = Array.isArray(card?.supportedInterfaces) || typeof card?.preferredTransport === 'string';
    if (card !== undefined && tells) return SdkProtocol.connect(this.connection, card);
    return new PlainProtocol(this.connection, card);
  }
}
