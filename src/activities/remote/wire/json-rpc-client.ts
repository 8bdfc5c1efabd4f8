import { randomUUID } from 'node:crypto';
import { isObject } from '../../../a2a/is-object';
import type { SendMessageRequest } from '../../../a2a/types';
import { messageToV02 } from '../../../a2a/v0-2/to-v0-2';
import { eventToV03 } from '../../../a2a/v0-3/to-v0-3';
import type { WireVersion } from '../card/remote-card';
import { type Answered, HttpClient, type HttpClientOptions, type Operation } from './http-client';

type Version = Extract<WireVersion, '1.0' | '0.3' | '0.2'>;

const METHODS: Readonly<Record<Version, Readonly<Record<Operation['name'], string>>>> = {
  '1.0': {
    send: 'SendMessage',
    stream: 'SendStreamingMessage',
    get: 'GetTask',
    cancel: 'CancelTask',
    subscribe: 'SubscribeToTask',
  },
  '0.3': {
    send: 'message/send',
    stream: 'message/stream',
    get: 'tasks/get',
    cancel: 'tasks/cancel',
    subscribe: 'tasks/resubscribe',
  },
  '0.2': {
    send: 'tasks/send',
    stream: 'tasks/sendSubscribe',
    get: 'tasks/get',
    cancel: 'tasks/cancel',
    subscribe: 'tasks/resubscribe',
  },
};

const SEND_PARAMS: Readonly<Record<Version, (request: SendMessageRequest) => object>> = {
  '1.0': (request) => request,
  '0.3': sendParamsV03,
  '0.2': sendParamsV02,
};

/** A2A over JSON-RPC: 1.0, 0.3, and `tasks/send` of the years before. */
export class JsonRpcClient extends HttpClient {
  constructor(
    readonly version: Version,
    options: HttpClientOptions,
  ) {
    super(options);
  }

  protected async open(operation: Operation): Promise<Answered> {
    const requestId = randomUUID();
    const method = METHODS[this.version][operation.name];
    const body = { jsonrpc: '2.0', id: requestId, method, params: this.paramsOf(operation) };
    const request = { ...this.requestOf(operation, 'application/json'), url: this.options.url, body };
    return { request, requestId, response: await this.options.connection.fetch(request) };
  }

  private paramsOf(operation: Operation): object {
    const { tenant = '' } = this.options;
    const more = this.version === '1.0' && tenant !== '' ? { tenant } : {};
    if ('request' in operation) return { ...SEND_PARAMS[this.version](operation.request), ...more };
    const historyLength = operation.name === 'get' ? operation.historyLength : undefined;
    return { id: operation.id, ...(historyLength !== undefined && { historyLength }), ...more };
  }

  /** In 0.2 updates need not name the task, which has the ID that the client gave it; some send the whole task. */
  protected override eventOf(result: unknown, operation: Operation): unknown {
    if (this.version !== '0.2' || !isObject(result)) return result;
    const asked = 'request' in operation ? taskIdV02(operation.request) : operation.id;
    const id = result.id ?? asked;
    const isTask = 'artifacts' in result || 'sessionId' in result || 'history' in result;
    return isTask ? { ...result, id } : { ...result, taskId: id };
  }
}

function sendParamsV03({ message, configuration, metadata }: SendMessageRequest): object {
  const { acceptedOutputModes, returnImmediately = false } = configuration ?? {};
  return {
    message: eventToV03({ message }),
    ...(configuration !== undefined && {
      configuration: {
        blocking: !returnImmediately,
        ...(acceptedOutputModes !== undefined && { acceptedOutputModes }),
      },
    }),
    ...(metadata !== undefined && { metadata }),
  };
}

/** There the client names the task: the messageId does it, so that a repeated send is a send to the same task. */
function sendParamsV02(request: SendMessageRequest): object {
  const { message, configuration, metadata } = request;
  return {
    id: taskIdV02(request),
    ...(message.contextId !== undefined && { sessionId: message.contextId }),
    message: messageToV02(message),
    ...(configuration?.acceptedOutputModes !== undefined && {
      acceptedOutputModes: configuration.acceptedOutputModes,
    }),
    ...(metadata !== undefined && { metadata }),
  };
}

function taskIdV02({ message }: SendMessageRequest): string {
  return message.taskId ?? message.messageId;
}
