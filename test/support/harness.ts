import { randomUUID } from 'node:crypto';
import pino from 'pino';
import type { Message, Part, SendMessageRequest, StreamResponse, Task } from '../../src/a2a/types';
import { createCallActivities } from '../../src/activities';
import type { RemoteOptions } from '../../src/activities/remote/call-remote-agent';
import { type AppOptions, createApp } from '../../src/api/app';
import { startServer } from '../../src/api/server';
import { scheduledByInterceptors } from '../../src/activities/scheduled-by';
import { sendableEnds } from '../../src/activities/sendable-ends';
import type { Audit } from '../../src/audit/audit';
import { TaskBridge, type TaskBridgeOptions } from '../../src/bridge/bridge';
import type { PushOptions } from '../../src/bridge/push-configs';
import type { CallContext, StreamEvent, TaskStream } from '../../src/bridge/types';
import type { AgentConfig, AgentInput } from '../../src/config/agents';
import { agentsFile } from '../../src/config/agents-file';
import { EncryptionKeys } from '../../src/contract/encryption-keys';
import { startGrpcServer } from '../../src/grpc/server';
import { availabilityOf } from '../../src/temporal/availability';
import { NO_TRACING, type Tracing } from '../../src/tracing/tracing';
import { A2APlugin, type NexusOptions } from '../../src/worker/plugin';
import { createPushWorker, type PushWorkerOptions, pushTaskQueue } from '../../src/worker/push-worker';
import { tracedActivities, traceSinks } from '../../src/worker/traces';
import { testActivities } from './activities';
import {
  cleanUpAfterAll,
  connectTestTemporal,
  randomTaskQueue,
  startTestWorker,
  type TestTemporal,
  type TestWorker,
} from './temporal';
import type { Step } from './workflows';

/** An agent by its ID and whatever else matters; its workflow type is the ID unless it says otherwise. */
export type HarnessAgent = Partial<Omit<AgentInput, 'workflow'>> & {
  id: string;
  workflow?: Partial<NonNullable<AgentInput['workflow']>>;
};

export interface HarnessOptions {
  /** The first is the default agent unless another says so. Without any: {@link SAMPLE_AGENTS}. */
  agents?: HarnessAgent[];
  temporal?: TestTemporal;
  activities?: object;
  remote?: RemoteOptions;
  /** No worker runs; `startWorker` starts one. */
  withoutWorker?: boolean;
  bridge?: Partial<TaskBridgeOptions>;
  /** Push notifications, with a worker for them unless `withoutWorker`; receivers are on this machine. */
  push?: Partial<PushWorkerOptions & PushOptions> | true;
  /** Also listen, on a free port. */
  app?: Partial<AppOptions> | true;
  /** Of everything that the harness starts. */
  tracing?: Tracing;
  /** Also serve the agents over Nexus. */
  nexus?: NexusOptions | true;
  /** Gets a record of each request over Nexus. */
  audit?: Audit;
  /** With `app`: serve gRPC beside it, on a free port, and say so in the cards. */
  grpc?: true;
}

export interface Harness {
  temporal: TestTemporal;
  bridge: TaskBridge;
  agents: AgentConfig[];
  taskQueue: string;
  worker: TestWorker | undefined;
  /** Base URL of the API, without a slash at the end; empty without `app`. */
  url: string;
  startWorker(): Promise<TestWorker>;
  startPushWorker(): Promise<TestWorker>;
  /** Another node: shares nothing with the first but Temporal. */
  newBridge(options?: Partial<TaskBridgeOptions>): TaskBridge;
  /** A call to an agent, of the owner `anna` unless named. */
  call(agentId: string, owner?: string): CallContext;
}

/** Those of agents.yaml. */
export const SAMPLE_AGENTS: HarnessAgent[] = [
  { id: 'echo' },
  { id: 'ticker' },
  { id: 'interview' },
  { id: 'invoice', workflow: { input: 'data' } },
];

const LOOPBACK = ['127.0.0.0/8'];

/** With which APIs and workers seal and open push notification configs; the same in all processes of a test. */
export const SEALING_KEYS = new EncryptionKeys({ test: Buffer.alloc(32, 'test') });

/** Remote agents are on this machine, and waited for briefly. */
const REMOTE: RemoteOptions = {
  outboundAllow: ['127.0.0.0/8'],
  waiting: { poll: { firstMs: 20, mostMs: 200 }, webhook: { firstMs: 20, mostMs: 200 } },
  heartbeatMs: 200,
};

/** Worker, bridge and, if asked for, the API on a real socket; all of it ends after the tests of the file. */
export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const temporal = options.temporal ?? (await connectTestTemporal());
  const taskQueue = randomTaskQueue();
  const agents = makeAgents(options.agents ?? SAMPLE_AGENTS, taskQueue);
  const ofPush = options.push === true ? {} : options.push;
  const ofAll = { outboundAllow: LOOPBACK, sealingKeys: SEALING_KEYS, ...ofPush };
  const push = ofPush && { taskQueue: pushTaskQueue(taskQueue), ...ofAll };
  const startPushWorker = () =>
    runPushWorker({ connection: temporal.connection, tracing: options.tracing, ...ofAll }, taskQueue);
  const newBridge = (more: Partial<TaskBridgeOptions> = {}) => {
    const { client } = temporal;
    // A machine that runs tests may be slow.
    const availability = availabilityOf(client, { times: { silence: 10_000 } });
    const { tracing } = options;
    const bridge = new TaskBridge({ client, push, availability, tracing, ...options.bridge, ...more });
    cleanUpAfterAll(async () => {
      bridge.close();
      availability.close();
    });
    return bridge;
  };
  const startWorker = () =>
    startTestWorker({
      connection: temporal.connection,
      taskQueue,
      maxHeartbeatThrottleInterval: '100 ms',
      interceptors: {
        activity: [sendableEnds, scheduledByInterceptors, ...tracedActivities(options.tracing)],
      },
      sinks: traceSinks(options.tracing ?? NO_TRACING, agents),
      ...(options.nexus !== undefined && {
        plugins: [
          new A2APlugin({
            agents,
            nexus: options.nexus,
            tracing: options.tracing,
            metrics: options.bridge?.metrics,
            audit: options.audit,
          }),
        ],
      }),
      activities: {
        ...(options.activities ?? testActivities),
        ...createCallActivities({
          agents,
          remote: { ...REMOTE, tracing: options.tracing, ...options.remote },
        }),
      },
    });
  const worker = options.withoutWorker === true ? undefined : await startWorker();
  if (push !== undefined && options.withoutWorker !== true) await startPushWorker();
  const bridge = newBridge();
  const call = (agentId: string, owner = 'anna'): CallContext => {
    const agent = agents.find(({ id }) => id === agentId);
    if (agent === undefined) throw new Error(`the harness has no agent ${agentId}`);
    return { agent, owner };
  };
  const url = options.app === undefined ? '' : await startApp(options, bridge, agents);
  return { temporal, bridge, agents, taskQueue, worker, url, startWorker, startPushWorker, newBridge, call };
}

/** On the queue that belongs to the harness's own. */
async function runPushWorker(
  options: Omit<PushWorkerOptions, 'taskQueue'>,
  taskQueue: string,
): Promise<TestWorker> {
  const { worker, close } = await createPushWorker({
    workflowBundle: { codePath: process.env.TEST_WORKFLOW_BUNDLE ?? '' },
    ...options,
    taskQueue: pushTaskQueue(taskQueue),
  });
  const run = worker.run();
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= (async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await run;
      await close();
    })();
    return stopped;
  };
  cleanUpAfterAll(stop);
  return { taskQueue: pushTaskQueue(taskQueue), worker, stop };
}

async function startApp(
  { app: options, grpc: withGrpc, tracing }: HarnessOptions,
  bridge: TaskBridge,
  agents: AgentConfig[],
): Promise<string> {
  const more = options === true ? {} : options;
  const offered = { agents, operations: bridge, tracing, logger: pino({ level: 'silent' }) };
  const grpc = withGrpc && (await startGrpcServer(offered, { host: '127.0.0.1', port: 0 }));
  if (grpc !== undefined) cleanUpAfterAll(() => grpc.close(0));
  const place = grpc && { url: grpc.address, port: grpc.port };
  const app = createApp({ ...offered, grpc: place, ...more });
  const server = await startServer(app, { host: '127.0.0.1', port: 0 });
  cleanUpAfterAll(() => server.close(0));
  return server.url;
}

function makeAgents(agents: readonly HarnessAgent[], taskQueue: string): AgentConfig[] {
  const named = agents.some((agent) => agent.default !== undefined);
  const inputs = agents.map((agent, index) => ({
    name: agent.id,
    description: `The agent ${agent.id}`,
    skills: [{ id: agent.id, name: agent.id, description: `What ${agent.id} does` }],
    default: !named && index === 0,
    ...agent,
    ...runs(agent, taskQueue),
  }));
  return agentsFile.parse({ agents: inputs }).agents;
}

/** What runs the agent, on the harness's own task queue. */
function runs({ id, workflow, proxy, chain, model }: HarnessAgent, taskQueue: string) {
  if (proxy !== undefined) return { proxy: { ...proxy, taskQueue } };
  if (chain !== undefined) return { chain: { ...chain, taskQueue } };
  if (model !== undefined) return { model: { ...model, taskQueue } };
  return { workflow: { type: id, taskQueue, ...workflow } };
}

/** A message of the client: text, or any parts. */
export function message(content: string | Part[] = 'hi', more: Partial<Message> = {}): Message {
  const parts = typeof content === 'string' ? [{ text: content }] : content;
  return { messageId: randomUUID(), role: 'ROLE_USER', parts, ...more };
}

export function request(content: string | Part[] = 'hi', more: Partial<Message> = {}): SendMessageRequest {
  return { message: message(content, more) };
}

/** A request that tells the `script` workflow what to do. */
export function scripted(steps: Step[], more: Partial<Message> = {}): SendMessageRequest {
  return request([{ data: { steps } as never }], more);
}

/** A send that is answered at once. */
export function immediate(send: SendMessageRequest): SendMessageRequest {
  return { ...send, configuration: { ...send.configuration, returnImmediately: true } };
}

/** The Task of an answer. */
export function taskOf({ task }: { task?: Task }): Task {
  if (task === undefined) throw new Error('the answer holds no task');
  return task;
}

/** All events of a stream, to its end. */
export async function readAll(stream: TaskStream): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** The next event of a stream that has one. */
export async function readNext(stream: TaskStream): Promise<StreamEvent> {
  const result = await stream.next();
  if (result.done === true) throw new Error('the stream has ended');
  return result.value;
}

/** Reads on until an event is what is wanted, and gives it. */
export async function readUntil(
  stream: TaskStream,
  wanted: (response: StreamResponse) => boolean,
): Promise<StreamEvent> {
  for (;;) {
    const event = await readNext(stream);
    if (wanted(event.response)) return event;
  }
}

/** An event in a few words, as in `working "half done"` or `artifact a+"more"`. */
export function inShort({ response }: StreamEvent): string {
  const { task, message: answer, statusUpdate, artifactUpdate } = response;
  if (task) return `task ${stateName(task)}`;
  if (answer) return `message "${textIn(answer.parts)}"`;
  if (statusUpdate) {
    const said = textIn(statusUpdate.status.message?.parts ?? []);
    return said === '' ? stateName(statusUpdate) : `${stateName(statusUpdate)} "${said}"`;
  }
  if (!artifactUpdate) return 'nothing';
  const { artifact, append, lastChunk } = artifactUpdate;
  return `artifact ${artifact.artifactId}${append ? '+' : ''}"${textIn(artifact.parts)}"${lastChunk ? ' last' : ''}`;
}

function stateName({ status }: { status: Task['status'] }): string {
  return status.state.replace('TASK_STATE_', '').toLowerCase();
}

function textIn(parts: Part[]): string {
  return parts.map((part) => part.text ?? '').join('');
}
