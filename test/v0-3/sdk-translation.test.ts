import { AgentCard, SendMessageRequest } from '@a2a-js/sdk';
import { LegacyJsonRpcTransportHandler } from '@a2a-js/sdk/compat/v0_3/server';
import { type A2ARequestHandler, ServerCallContext, UnauthenticatedUser } from '@a2a-js/sdk/server';
import fc from 'fast-check';
import { parseRequest } from '../../src/a2a/schema';
import type { Artifact, JsonValue, Message, Part, StreamResponse, Struct, Task } from '../../src/a2a/types';
import { messageSendParams } from '../../src/a2a/v0-3/schema';
import { eventToV03, taskToV03 } from '../../src/a2a/v0-3/to-v0-3';
import { toSdkStreamResponse, toSdkTask } from '../../src/bridge/sdk-types';

/*
 * Our translation between 1.0 and 0.3 against the official SDK's, which can be reached through its handler alone.
 */

const STATES = [
  'SUBMITTED',
  'WORKING',
  'COMPLETED',
  'FAILED',
  'CANCELED',
  'INPUT_REQUIRED',
  'REJECTED',
  'AUTH_REQUIRED',
] as const;

const id = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme-ascii' });
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const key = fc.stringMatching(/^[a-z]{1,5}$/);
// The SDK's codecs cannot carry -0 and numbers beyond what JSON has, and drop `null` as content.
const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);
const struct = fc.dictionary(key, json, { maxKeys: 3 }).map((value) => ({ ...value }) as Struct);

/** Without the members that are undefined, as JSON is. */
function clean<T>(value: unknown): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

const content = fc.oneof(
  fc.record({ text: fc.string() }),
  fc.record({
    raw: fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes).toString('base64')),
    filename: optional(id),
    mediaType: optional(fc.constant('text/plain')),
  }),
  fc.record({ url: fc.webUrl(), filename: optional(id), mediaType: optional(fc.constant('image/png')) }),
  fc.record({ data: json.filter((value) => value !== null) }),
);
const part = fc
  .tuple(content, optional(struct))
  .map(([fields, metadata]) => clean<Part>({ ...fields, metadata }));
const message = fc
  .record({
    messageId: id,
    role: fc.constantFrom('ROLE_USER', 'ROLE_AGENT'),
    parts: fc.array(part, { minLength: 1, maxLength: 3 }),
    contextId: optional(id),
    taskId: optional(id),
    metadata: optional(struct),
    extensions: optional(fc.array(id, { minLength: 1, maxLength: 2 })),
    referenceTaskIds: optional(fc.array(id, { minLength: 1, maxLength: 2 })),
  })
  .map((value) => clean<Message>(value));
const artifact = fc
  .record({
    artifactId: id,
    name: optional(id),
    description: optional(id),
    parts: fc.array(part, { minLength: 1, maxLength: 3 }),
    metadata: optional(struct),
    extensions: optional(fc.array(id, { minLength: 1, maxLength: 2 })),
  })
  .map((value) => clean<Artifact>(value));
const status = fc.record({
  state: fc.constantFrom(...STATES).map((state) => `TASK_STATE_${state}` as const),
  message: optional(message),
  timestamp: optional(fc.constant('2025-12-02T23:15:34.957Z')),
});
const task = fc
  .record({
    id,
    contextId: id,
    status,
    history: optional(fc.array(message, { minLength: 1, maxLength: 2 })),
    artifacts: optional(fc.array(artifact, { minLength: 1, maxLength: 2 })),
    metadata: optional(struct),
  })
  .map((value) => clean<Task>(value));
const event = fc.oneof(
  task.map((value): StreamResponse => ({ task: value })),
  message.map((value): StreamResponse => ({ message: value })),
  fc
    .record({ taskId: id, contextId: id, status, metadata: optional(struct) })
    .map((value) => clean<StreamResponse>({ statusUpdate: value })),
  fc
    .record({
      taskId: id,
      contextId: id,
      artifact,
      append: fc.boolean(),
      lastChunk: fc.boolean(),
      metadata: optional(struct),
    })
    .map((value) => clean<StreamResponse>({ artifactUpdate: value })),
);

const context = new ServerCallContext({ user: new UnauthenticatedUser() });

/** What the SDK's handler answers when the operations are these. */
function handled(handler: Partial<A2ARequestHandler>, method: string, params: object) {
  const card = AgentCard.fromJSON({ capabilities: { streaming: true } });
  return new LegacyJsonRpcTransportHandler({
    getAgentCard: async () => card,
    ...handler,
  } as A2ARequestHandler).handle({ jsonrpc: '2.0', id: 1, method, params }, context);
}

test('a Task', async () => {
  await fc.assert(
    fc.asyncProperty(task, async (value) => {
      const answer = await handled({ getTask: async () => toSdkTask(value) }, 'tasks/get', { id: 'x' });
      expect(answer).toEqual({ jsonrpc: '2.0', id: 1, result: taskToV03(value) });
    }),
  );
});

test('an event of a stream', async () => {
  await fc.assert(
    fc.asyncProperty(event, async (value) => {
      async function* resubscribe() {
        yield toSdkStreamResponse(value);
      }
      const stream = await handled({ resubscribe }, 'tasks/resubscribe', { id: 'x' });
      const events = [];
      for await (const told of stream as AsyncIterable<object>) events.push(clean(told));
      expect(events).toEqual([{ jsonrpc: '2.0', id: 1, result: eventToV03(value) }]);
    }),
  );
});

test('a send, whose parts come back from what they were told as', async () => {
  const schema = messageSendParams({ blocking: false });
  const sent = fc.record({
    message: message.map((value) => ({ ...value, role: 'ROLE_USER' as const })),
    configuration: fc.record({ blocking: fc.boolean(), historyLength: fc.nat(5) }),
  });
  await fc.assert(
    fc.asyncProperty(sent, async ({ message: value, configuration }) => {
      const params = { message: eventToV03({ message: value }), configuration };
      let request: SendMessageRequest | undefined;
      await handled(
        {
          sendMessage: async (given) => {
            request = given;
            return toSdkTask({ id: 't', contextId: 'c', status: { state: 'TASK_STATE_WORKING' } });
          },
        },
        'message/send',
        clean(params),
      );
      const ours = SendMessageRequest.fromJSON(parseRequest(schema, clean(params)));
      expect(SendMessageRequest.toJSON(ours)).toEqual(
        SendMessageRequest.toJSON(request as SendMessageRequest),
      );
    }),
  );
});
