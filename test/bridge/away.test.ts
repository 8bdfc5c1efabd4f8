import { InterceptingCall, type Interceptor, ListenerBuilder, RequesterBuilder } from '@grpc/grpc-js';
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { BridgeLogger } from '../../src/bridge/temporal-calls';
import { availabilityOf } from '../../src/temporal/availability';
import { eventually } from '../support/eventually';
import {
  type Harness,
  immediate,
  message,
  request,
  scripted,
  startHarness,
  taskOf,
} from '../support/harness';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy';
import { cleanUpAfterAll, connectTestTemporal } from '../support/temporal';

const AWAY = {
  reason: 'UNAVAILABLE',
  message: 'Temporal cannot be reached; try again in a moment',
  headers: { 'Retry-After': '2' },
};

/** Without it, the SDK's connections keep a call for 5 to 20 s; a machine that is busy may take its time. */
const AT_MOST_MS = 4_000;

/** Calls of the Connection that are not over. Its own retries must not find it closed, which ends the process. */
let pending = 0;
const count: Interceptor = (options, nextCall) => {
  pending += 1;
  const listener = new ListenerBuilder().withOnReceiveStatus((status, next) => {
    pending -= 1;
    next(status);
  });
  const requester = new RequesterBuilder().withStart((metadata, _, next) => next(metadata, listener.build()));
  return new InterceptingCall(nextCall(options), requester.build());
};
const interceptors = [count, makeGrpcRetryInterceptor(defaultGrpcRetryOptions())];

describe.each([
  ['NativeConnection', (address: string) => NativeConnection.connect({ address })],
  ['Connection', (address: string) => Connection.connect({ address, interceptors })],
])('Temporal away from a %s', (_, connect) => {
  let proxy: TcpProxy;
  let harness: Harness;
  let taskId: string;
  const lines: string[] = [];
  const logger = { warn: (line: string) => lines.push(line), info: (line: string) => lines.push(line) };

  beforeAll(async () => {
    const temporal = await connectTestTemporal();
    proxy = await startTcpProxy(temporal.address);
    cleanUpAfterAll(() => proxy.close());
    const connection = await connect(proxy.address);
    cleanUpAfterAll(async () => {
      await eventually(() => pending === 0);
      await connection.close();
    });
    const client = new Client({ connection });
    const availability = availabilityOf(client, { logger: logger as unknown as BridgeLogger });
    cleanUpAfterAll(async () => availability.close());
    // The worker keeps its way to Temporal.
    harness = await startHarness({
      agents: [{ id: 'script' }],
      push: true,
      bridge: { client, availability },
    });
    const waiting = immediate(
      scripted([{ working: 'at it' }, { next: true }, { complete: { text: 'done' } }]),
    );
    taskId = taskOf(await harness.bridge.sendMessage(waiting, harness.call('script'))).id;
  }, 60_000);

  it.each([
    ['has ended', () => proxy.refuse()],
    ['hangs', () => proxy.silence()],
  ])(
    'answers every call soon when it %s, and goes on when it is back',
    async (__, takeAway) => {
      const { bridge } = harness;
      const call = harness.call('script');
      lines.length = 0;
      const stream = await bridge.subscribeToTask({ id: taskId }, call);
      await stream.next();
      const calls: (() => Promise<unknown>)[] = [
        () => bridge.sendMessage(scripted([]), call),
        () => bridge.sendMessage(request('more', { taskId }), call),
        () => bridge.sendStreamingMessage(scripted([]), call),
        () => bridge.getTask({ id: taskId }, call),
        () => bridge.getTask({ id: 'unknown' }, call),
        () => bridge.listTasks({}, call),
        () => bridge.cancelTask({ id: taskId }, call),
        () => bridge.subscribeToTask({ id: taskId }, call),
        () => bridge.createTaskPushNotificationConfig({ taskId, url: 'http://127.0.0.1:9/' }, call),
        () => bridge.listTaskPushNotificationConfigs({ taskId }, call),
        () => bridge.checkHealth(),
      ];

      await takeAway();
      const began = Date.now();
      await Promise.all(calls.map((each) => expect(each()).rejects.toMatchObject(AWAY)));
      expect(Date.now() - began).toBeLessThan(AT_MOST_MS);
      // It is known now.
      for (const each of calls) await expect(each()).rejects.toMatchObject(AWAY);
      expect(lines).toEqual([
        expect.stringMatching(/^Temporal cannot be reached: calls fail until it is back/),
      ]);

      await proxy.restore();
      await eventually(() => bridge.checkHealth().then(() => true), { timeoutMs: 30_000 });
      const next = stream.next();
      await bridge.sendMessage(immediate({ message: message('more', { taskId }) }), call);
      expect((await next).value).toMatchObject({ response: {} });
      await stream.return();
      expect(lines).toEqual([expect.any(String), expect.stringMatching(/^Temporal is back after \d+ s$/)]);
      // A task for the next round.
      const again = immediate(
        scripted([{ working: 'at it' }, { next: true }, { complete: { text: 'done' } }]),
      );
      taskId = taskOf(await bridge.sendMessage(again, call)).id;
    },
    90_000,
  );
});
