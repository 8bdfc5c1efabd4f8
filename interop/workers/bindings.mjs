// Clients of one agent over the other bindings: each tells what it is told in the shapes of A2A 1.0. What a binding does
// not have (lists in 0.3, streams that resume over gRPC) is asked for as AgentClient does, or left out.
import { createRequire } from 'node:module';
import { AgentClient, Recording } from './client.mjs';
import { configurationToOld, responseOf, taskOf, toKinds, toProto } from './old-shapes.mjs';

const require = createRequire(import.meta.url);
const {
  CancelTaskRequest,
  SendMessageRequest,
  SendMessageResponse,
  StreamResponse,
  SubscribeToTaskRequest,
  GetTaskRequest,
  Task,
} = require('@a2a-js/sdk');

class RpcClient extends AgentClient {
  async send(message, configuration, signal) {
    const { task, message: answer } = await this.rpc(
      'SendMessage',
      { message, configuration },
      '1.0',
      signal,
    );
    return task ?? answer;
  }

  get(id) {
    return this.rpc('GetTask', { id });
  }

  cancel(id) {
    return this.rpc('CancelTask', { id });
  }

  list(query) {
    return this.rpc('ListTasks', query);
  }

  stream(message) {
    return this.record('SendStreamingMessage', { message });
  }

  subscribe(id, lastEventId) {
    return this.record('SubscribeToTask', { id }, lastEventId);
  }

  record(method, params, lastEventId, version = '1.0') {
    const body = { jsonrpc: '2.0', id: 1, method, params };
    const read = ({ result, error }) => {
      if (error !== undefined) throw new Error(JSON.stringify(error));
      return this.responseOf(result);
    };
    return new Recording((signal) => this.open('', body, resumeAt(lastEventId), signal, version), read);
  }

  responseOf(result) {
    return result;
  }
}

class GrpcClient extends AgentClient {
  /** Its events have no position. */
  resumes = false;

  async send(message, configuration, signal) {
    const request = SendMessageRequest.fromJSON({ tenant: this.agentId, message, configuration });
    const { task, message: answer } = SendMessageResponse.toJSON(
      await this.call('sendMessage', request, signal),
    );
    return task ?? answer;
  }

  async get(id) {
    const request = GetTaskRequest.fromJSON({ tenant: this.agentId, id });
    return Task.toJSON(await this.call('getTask', request));
  }

  async cancel(id) {
    const request = CancelTaskRequest.fromJSON({ tenant: this.agentId, id });
    return Task.toJSON(await this.call('cancelTask', request));
  }

  stream(message) {
    return this.record(
      'sendStreamingMessage',
      SendMessageRequest.fromJSON({ tenant: this.agentId, message }),
    );
  }

  subscribe(id) {
    return this.record('subscribeToTask', SubscribeToTaskRequest.fromJSON({ tenant: this.agentId, id }));
  }

  record(method, request) {
    return new Recording(async (signal) => {
      const call = this.grpc[method](request, this.metadata());
      signal.addEventListener('abort', () => call.cancel());
      return responses(call);
    });
  }
}

/** As the events of SSE are read. */
async function* responses(call) {
  for await (const response of call) yield { data: JSON.stringify(StreamResponse.toJSON(response)) };
}

class OldRpcClient extends RpcClient {
  async send(message, configuration, signal) {
    const params = {
      message: toKinds(message),
      configuration: configurationToOld(configuration, 'pushNotificationConfig'),
    };
    const { task, message: answer } = responseOf(await this.rpc('message/send', params, '0.3', signal));
    return task ?? answer;
  }

  async get(id) {
    return taskOf(await this.rpc('tasks/get', { id }, '0.3'));
  }

  async cancel(id) {
    return taskOf(await this.rpc('tasks/cancel', { id }, '0.3').catch(named));
  }

  list(query) {
    return AgentClient.prototype.list.call(this, query);
  }

  stream(message) {
    return this.record('message/stream', { message: toKinds(message) }, undefined, '0.3');
  }

  subscribe(id, lastEventId) {
    return this.record('tasks/resubscribe', { id }, lastEventId, '0.3');
  }

  responseOf(result) {
    return responseOf(result);
  }

  deliveredOf(body) {
    return responseOf(body);
  }
}

/** JSON-RPC 0.3 tells such an error by its code. */
function named(error) {
  throw /-32002/.test(error.message) ? new Error(`TASK_NOT_CANCELABLE: ${error.message}`) : error;
}

class OldRestClient extends AgentClient {
  async send(message, configuration, signal) {
    const body = {
      message: toProto(message),
      configuration: configurationToOld(configuration, 'pushNotification'),
    };
    const { task, message: answer } = responseOf(await this.ask('/message:send', body, signal));
    return task ?? answer;
  }

  async get(id) {
    return taskOf(await this.ask(`/tasks/${id}`));
  }

  async cancel(id) {
    return taskOf(await this.ask(`/tasks/${id}:cancel`, {}).catch(refused));
  }

  stream(message) {
    return this.record('/message:stream', { message: toProto(message) });
  }

  subscribe(id, lastEventId) {
    return this.record(`/tasks/${id}:subscribe`, undefined, lastEventId);
  }

  deliveredOf(body) {
    return responseOf(body);
  }

  ask(path, body, signal) {
    const options = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    return this.request(`/v1${path}`, { ...options, signal }, '0.3');
  }

  record(path, body, lastEventId) {
    const open = (signal) => this.open(`/v1${path}`, body, resumeAt(lastEventId), signal, '0.3');
    return new Recording(open, responseOf);
  }
}

/** HTTP+JSON 0.3 has no names for errors: a task that has ended cannot be canceled, which is a conflict. */
function refused(error) {
  throw /cannot be canceled|not cancelable/i.test(error.message)
    ? new Error(`TASK_NOT_CANCELABLE: ${error.message}`)
    : error;
}

function resumeAt(lastEventId) {
  return lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId };
}

/** By binding and version, as the matrix names them. */
const CLIENTS = {
  '1.0 all': AgentClient,
  '1.0 JSONRPC': RpcClient,
  '1.0 GRPC': GrpcClient,
  '0.3 JSONRPC': OldRpcClient,
  '0.3 HTTP+JSON': OldRestClient,
};

export function clientFor({ version, binding }, ...args) {
  return new CLIENTS[`${version} ${binding}`](...args);
}
