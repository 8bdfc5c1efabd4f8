import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AgentCard, Role, type Task, TaskState } from '@a2a-js/sdk';
import { LegacyA2AService, legacyGrpcService } from '@a2a-js/sdk/compat/v0_3/server/grpc';
import {
  AgentEvent,
  type AgentExecutor,
  DefaultRequestHandler,
  type ExecutionEventBus,
  InMemoryTaskStore,
  type RequestContext,
} from '@a2a-js/sdk/server';
import { jsonRpcHandler, restHandler, UserBuilder } from '@a2a-js/sdk/server/express';
import { A2AService, grpcService } from '@a2a-js/sdk/server/grpc';
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import express from 'express';
import { cleanUpAfterAll } from '../support/temporal';

export interface SdkServer {
  /** URL of a card that offers one binding in one version. */
  card(binding: string, version: '1.0' | '0.3'): string;
  executor: ScriptedExecutor;
}

/** Does what the first word of a message says. */
export class ScriptedExecutor implements AgentExecutor {
  readonly started: string[] = [];
  readonly cancelled: string[] = [];
  private readonly buses = new Map<string, { bus: ExecutionEventBus; contextId: string; end: () => void }>();

  async execute(
    { taskId, contextId, userMessage, task }: RequestContext,
    bus: ExecutionEventBus,
  ): Promise<void> {
    this.started.push(taskId);
    const content = userMessage.parts[0]?.content;
    const said = content?.$case === 'text' ? content.value : '';
    const [command = '', rest = ''] = said.split(/ (.*)/s);
    const message = (value: string) => ({
      role: Role.ROLE_AGENT,
      messageId: `${taskId}-${value}`,
      taskId,
      contextId,
      parts: [
        { content: { $case: 'text' as const, value }, metadata: undefined, filename: '', mediaType: '' },
      ],
      metadata: undefined,
      extensions: [],
      referenceTaskIds: [],
    });
    if (command === 'answer') {
      bus.publish(AgentEvent.message({ ...message(rest), taskId: '' }));
      bus.finished();
      return;
    }
    const status = (state: TaskState, text?: string) =>
      bus.publish(
        AgentEvent.statusUpdate({
          taskId,
          contextId,
          status: {
            state,
            message: text === undefined ? undefined : message(text),
            timestamp: new Date().toISOString(),
          },
          metadata: undefined,
        }),
      );
    const fresh: Task = {
      id: taskId,
      contextId,
      status: {
        state: TaskState.TASK_STATE_SUBMITTED,
        timestamp: new Date().toISOString(),
        message: undefined,
      },
      artifacts: [],
      history: [userMessage],
      metadata: undefined,
    };
    bus.publish(AgentEvent.task(task ?? fresh));
    if (command === 'fail') status(TaskState.TASK_STATE_FAILED, rest);
    else if (command === 'ask') status(TaskState.TASK_STATE_INPUT_REQUIRED, rest);
    else if (command === 'forever') {
      await new Promise<void>((end) => {
        this.buses.set(taskId, { bus, contextId, end });
        status(TaskState.TASK_STATE_WORKING, 'for ever');
      });
      return;
    } else {
      status(TaskState.TASK_STATE_WORKING, 'on it');
      const pieces = command === 'spell' ? [...rest] : [said];
      for (const [index, text] of pieces.entries()) {
        bus.publish(
          AgentEvent.artifactUpdate({
            taskId,
            contextId,
            artifact: { ...message(text), artifactId: 'said', name: 'said', description: '' },
            append: index > 0,
            lastChunk: index === pieces.length - 1,
            metadata: undefined,
          }),
        );
      }
      status(TaskState.TASK_STATE_COMPLETED);
    }
    bus.finished();
  }

  cancelTask = async (taskId: string): Promise<void> => {
    this.cancelled.push(taskId);
    const { bus, contextId, end } = this.buses.get(taskId) ?? {};
    bus?.publish(
      AgentEvent.statusUpdate({
        taskId,
        contextId: contextId ?? '',
        status: {
          state: TaskState.TASK_STATE_CANCELED,
          message: undefined,
          timestamp: new Date().toISOString(),
        },
        metadata: undefined,
      }),
    );
    bus?.finished();
    end?.();
  };
}

/** The official JavaScript SDK as a server: 1.0 and 0.3, each over JSON-RPC, HTTP+JSON and gRPC. */
export async function startSdkServer(): Promise<SdkServer> {
  const executor = new ScriptedExecutor();
  const app = express();
  const server = await new Promise<Server>((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
  });
  cleanUpAfterAll(async () => server.close().closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const grpc = new GrpcServer();
  const grpcPort = await new Promise<number>((resolve, reject) => {
    grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
  cleanUpAfterAll(async () => grpc.forceShutdown());
  const endpoints: Record<string, string> = {
    JSONRPC: `${url}/rpc`,
    'HTTP+JSON': `${url}/rest`,
    GRPC: `127.0.0.1:${grpcPort}`,
  };
  const declared = (binding: string, protocolVersion: string) => ({
    url: endpoints[binding] ?? '',
    protocolBinding: binding,
    protocolVersion,
    tenant: '',
  });
  const card = {
    name: 'SDK agent',
    description: 'The official SDK',
    version: '1',
    supportedInterfaces: Object.keys(endpoints).flatMap((binding) => [
      declared(binding, '1.0'),
      declared(binding, '0.3'),
    ]),
    capabilities: { streaming: true, pushNotifications: false, extensions: [], extendedAgentCard: false },
    securitySchemes: {},
    securityRequirements: [],
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [],
    signatures: [],
    provider: undefined,
    documentationUrl: '',
  } as unknown as AgentCard;
  const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), executor);
  const options = {
    requestHandler,
    userBuilder: UserBuilder.noAuthentication,
    legacyCompat: { enabled: true },
  };
  app.use('/rpc', jsonRpcHandler(options));
  app.use('/rest', restHandler(options));
  app.get('/cards/:binding/1.0.json', (request, response) => {
    const supportedInterfaces = [declared(request.params.binding, '1.0')];
    response.json({ name: 'SDK agent', supportedInterfaces, capabilities: { streaming: true } });
  });
  app.get('/cards/:binding/0.3.json', (request, response) => {
    const { binding } = request.params;
    response.json({
      name: 'SDK agent',
      url: endpoints[binding],
      protocolVersion: '0.3.0',
      preferredTransport: binding,
      capabilities: { streaming: true },
    });
  });
  grpc.addService(A2AService, grpcService({ requestHandler, userBuilder: async () => noUser }) as never);
  grpc.addService(
    LegacyA2AService,
    legacyGrpcService({ requestHandler, userBuilder: async () => noUser }) as never,
  );
  return {
    executor,
    card: (binding, version) => `${url}/cards/${encodeURIComponent(binding)}/${version}.json`,
  };
}

const noUser = { isAuthenticated: false, userName: '' };
