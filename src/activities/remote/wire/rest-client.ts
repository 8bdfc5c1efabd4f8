import { isObject } from '../../../a2a/is-object';
import type { SendMessageRequest, Task } from '../../../a2a/types';
import { sendWithKinds } from '../../../a2a/v0-3/kinds';
import { responseToProto } from '../../../a2a/v0-3/to-proto';
import { RemoteFault, shortText } from '../fault';
import { type AgentRequest, faultOf } from './agent-connection';
import { type Answered, HttpClient, type HttpClientOptions, type Operation } from './http-client';

/** Statuses that say that nothing is served at a path. */
const NOTHING_HERE = [404, 405];

/** What servers say to a body whose shape they do not know; nothing has come of it. */
const NOT_UNDERSTOOD = [400, 422];

/**
 * A2A over HTTP+JSON, 1.0 and 0.3.
 *
 * Cards differ in what their URL includes, so another path is tried where nothing is served. In 0.3 a message is
 * written as the official SDKs write it, and once that was not understood as the specification's text does.
 */
export class RestClient extends HttpClient {
  protected override readonly shape;
  /** What the paths begin with: the likeliest first, or the one that was found. */
  private prefixes: readonly string[];
  private writesKinds = false;

  constructor(
    readonly version: '1.0' | '0.3',
    options: HttpClientOptions,
  ) {
    super(options);
    this.shape = { wrapsData: version === '0.3' };
    this.prefixes = prefixesOf(options.url, version);
  }

  protected async open(operation: Operation): Promise<Answered> {
    let first: RemoteFault | undefined;
    for (const prefix of this.prefixes) {
      const answered = await this.openAt(prefix, operation);
      const { response } = answered;
      if (response.ok) {
        this.prefixes = [prefix];
        return answered;
      }
      const fault = await faultOf(response, operation.doing);
      // An error of A2A comes from the agent.
      if (!NOTHING_HERE.includes(response.status) || fault.type === 'A2A_REMOTE_ERROR') throw fault;
      first ??= fault;
    }
    throw first;
  }

  private async openAt(prefix: string, operation: Operation): Promise<Answered> {
    const { connection } = this.options;
    const request = this.requestAt(prefix, operation);
    const response = await connection.ask(request);
    if (this.version === '1.0' || this.writesKinds || !NOT_UNDERSTOOD.includes(response.status)) {
      return { request, response };
    }
    const body = sendWithKinds(request.body);
    if (body === undefined) return { request, response };
    const again = { request: { ...request, body }, response: await connection.ask({ ...request, body }) };
    const [found, other] = again.response.ok ? [again, response] : [{ request, response }, again.response];
    this.writesKinds = again.response.ok;
    await other.body?.cancel();
    return found;
  }

  private requestAt(prefix: string, operation: Operation): AgentRequest {
    const { tenant = '' } = this.options;
    const tenantPath = this.version === '1.0' && tenant !== '' ? `/${encodeURIComponent(tenant)}` : '';
    const at = (path: string) => `${prefix}${tenantPath}${path}`;
    const request = this.requestOf(operation, 'application/a2a+json, application/json');
    if ('request' in operation) {
      const url = at(`/message:${operation.name}`);
      return { ...request, url, body: this.bodyOf(operation.request) };
    }
    const url = at(`/tasks/${encodeURIComponent(operation.id)}`);
    switch (operation.name) {
      case 'get': {
        const { historyLength } = operation;
        const query = historyLength === undefined ? '' : `?historyLength=${historyLength}`;
        return { ...request, method: 'GET', url: `${url}${query}` };
      }
      case 'cancel':
        return { ...request, url: `${url}:cancel` };
      case 'subscribe':
        return { ...request, url: `${url}:subscribe`, method: this.version === '1.0' ? 'POST' : 'GET' };
    }
  }

  private bodyOf(request: SendMessageRequest): object {
    const { tenant = '' } = this.options;
    if (this.version === '1.0') return { ...request, ...(tenant !== '' && { tenant }) };
    const body = protoBodyOf(request);
    return (this.writesKinds ? sendWithKinds(body) : undefined) ?? body;
  }

  /** Retool's servers answer a cancellation with `{success}`. */
  protected override async taskOf(result: unknown, operation: Operation): Promise<Task> {
    if (operation.name !== 'cancel' || !isObject(result) || typeof result.success !== 'boolean') {
      return super.taskOf(result, operation);
    }
    if (result.success) return this.get(operation.id, operation);
    const said = shortText(String(result.message ?? 'Task cannot be canceled'));
    const message = `failed while ${operation.doing}: ${said}`;
    throw new RemoteFault('A2A_REMOTE_ERROR', message, {
      shown: message,
      reason: 'TASK_NOT_CANCELABLE',
    });
  }
}

/** In 0.3 all paths begin with /v1, which some cards include in their URL; in 1.0 none do, but some servers' yet. */
function prefixesOf(url: string, version: '1.0' | '0.3'): string[] {
  const base = url.replace(/\/+$/, '').replace(/\/message:(send|stream)$/, '');
  const below = `${base}/v1`;
  const includes = base.endsWith('/v1');
  if (version === '1.0') return includes ? [base] : [base, below];
  return includes ? [base, below] : [below, base];
}

function protoBodyOf({ message, configuration, metadata }: SendMessageRequest): object {
  const { acceptedOutputModes, returnImmediately = false } = configuration ?? {};
  return {
    ...responseToProto({ message }),
    ...(configuration !== undefined && {
      configuration: {
        ...(acceptedOutputModes !== undefined && { acceptedOutputModes }),
        blocking: !returnImmediately,
      },
    }),
    ...(metadata !== undefined && { metadata }),
  };
}
