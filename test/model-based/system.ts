import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import pino from 'pino';
import { createApp } from '../../src/api/app';
import { startServer } from '../../src/api/server';
import { startGrpcServer } from '../../src/grpc/server';
import { rawClient } from '../grpc/harness';
import { type Receiver, startReceiver } from '../push/receiver';
import { type Harness, type HarnessAgent, startHarness } from '../support/harness';
import { cleanUpAfterAll, type TestWorker } from '../support/temporal';
import type { Node } from './wire';

const AGENTS: HarnessAgent[] = [
  { id: 'script' },
  { id: 'echo' },
  { id: 'interview' },
  { id: 'ticker' },
  { id: 'invoice', workflow: { input: 'data' } },
  // Called by the chain alone, so that lists of the others hold what clients have sent.
  { id: 'asker', workflow: { type: 'interview' } },
  { id: 'repeater', workflow: { type: 'echo' } },
  {
    id: 'chain',
    chain: {
      steps: [
        { name: 'guest', agent: 'asker', message: 'Let us begin', result: '{% $result.text %}' },
        { name: 'greeting', agent: 'repeater', message: 'So: {% $steps.guest %}' },
      ],
    },
  },
];

/** One Temporal server, one worker that may be paused, two API nodes that share nothing else, one webhook receiver. */
export class System {
  private paused: Promise<unknown> | undefined;
  /** Time in ms in which what must become so does. */
  patienceMs = 60_000;

  private constructor(
    readonly harness: Harness,
    readonly nodes: readonly Node[],
    readonly receiver: Receiver,
    private worker: TestWorker,
  ) {}

  static async start(): Promise<System> {
    const harness = await startHarness({ agents: AGENTS, push: true, withoutWorker: true });
    const worker = await harness.startWorker();
    await harness.startPushWorker();
    const nodes = [await startNode(harness, 'node 1'), await startNode(harness, 'node 2')];
    return new System(harness, nodes, await startReceiver(), worker);
  }

  /** While a case that fails is made smaller. */
  hurry(): void {
    this.patienceMs = 12_000;
  }

  get client(): Client {
    return this.harness.temporal.client;
  }

  get isPaused(): boolean {
    return this.paused !== undefined;
  }

  /** Nothing is done from now on, until {@link resume}. */
  async pause(): Promise<void> {
    this.paused ??= this.worker.stop();
    await this.paused;
  }

  async resume(): Promise<void> {
    if (this.paused === undefined) return;
    await this.paused;
    this.worker = await this.harness.startWorker();
    this.paused = undefined;
  }
}

async function startNode(harness: Harness, name: string): Promise<Node> {
  const { agents, temporal } = harness;
  const connection = await NativeConnection.connect({ address: temporal.address });
  cleanUpAfterAll(() => connection.close());
  const bridge = harness.newBridge({ client: new Client({ connection, namespace: temporal.namespace }) });
  const options = {
    agents,
    operations: bridge,
    logger: pino({ level: 'silent' }),
    authenticate: (caller: { header(name: string): string }) =>
      caller.header('authorization').replace('Bearer ', ''),
  };
  const grpc = await startGrpcServer(options, { host: '127.0.0.1', port: 0 });
  cleanUpAfterAll(() => grpc.close(0));
  const server = await startServer(createApp(options), { host: '127.0.0.1', port: 0 });
  cleanUpAfterAll(() => server.close(0));
  return { name, url: server.url, grpc: rawClient(grpc.address) };
}
