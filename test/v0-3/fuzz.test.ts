import fc from 'fast-check';
import { closeAll, startApi } from '../api/harness';
import { rest, rpc } from './wire';

afterEach(closeAll);

const word = fc.constantFrom(
  'kind',
  'text',
  'file',
  'data',
  'parts',
  'content',
  'role',
  'message',
  'id',
  '__proto__',
);
const junk = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.dictionary(word, fc.jsonValue({ maxDepth: 2 })),
  fc.constantFrom('', 'user', 'ROLE_USER', [], {}, null, 0, -1, 1e21),
);

/** A send of which some members are something else. */
const send = fc
  .record({
    proto: fc.boolean(),
    part: fc.oneof(fc.constant(undefined), junk),
    parts: fc.oneof(fc.constant(undefined), junk),
    message: fc.dictionary(word, junk, { maxKeys: 2 }),
    instead: fc.option(junk, { freq: 4, nil: undefined }),
    configuration: fc.oneof(
      fc.constant(undefined),
      junk,
      fc.record({ pushNotificationConfig: junk, blocking: junk }),
    ),
    more: fc.dictionary(word, junk, { maxKeys: 1 }),
  })
  .map(({ proto, part, parts, message, instead, configuration, more }) => ({
    message: instead ?? {
      messageId: 'm',
      role: proto ? 'ROLE_USER' : 'user',
      [proto ? 'content' : 'parts']: parts ?? [part ?? { kind: 'text', text: 'hi' }],
      ...message,
    },
    configuration,
    ...more,
  }));

/** Whatever comes, the answer is a result or an error that says what is wrong, and never one of our own. */
test('sends of which something is wrong', async () => {
  const { url, log } = await startApi();
  await fc.assert(
    fc.asyncProperty(send, async (body) => {
      const overRest = await rest('POST', `${url}/v1/message:send`, body);
      expect([200, 400]).toContain(overRest.status);
      const overRpc = await rpc(url, 'message/send', body);
      expect(overRpc.status).toBe(200);
      expect([undefined, -32602, -32005]).toContain(overRpc.body.error?.code);
    }),
    { numRuns: 100 },
  );
  expect(log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});

test('other calls of which something is wrong', async () => {
  const { url, log } = await startApi();
  const method = fc.constantFrom(
    'tasks/get',
    'tasks/cancel',
    'tasks/resubscribe',
    'tasks/pushNotificationConfig/set',
    'tasks/pushNotificationConfig/get',
    'tasks/pushNotificationConfig/list',
    'tasks/pushNotificationConfig/delete',
  );
  await fc.assert(
    fc.asyncProperty(method, fc.dictionary(word, junk), junk, async (name, params, config) => {
      const { status, body } = await rpc(url, name, {
        taskId: 't',
        pushNotificationConfig: config,
        ...params,
      });
      expect(status).toBe(200);
      expect([-32602, -32001]).toContain(body.error.code);
      const set = await rest('POST', `${url}/v1/tasks/t/pushNotificationConfigs`, { config, ...params });
      expect([400, 404]).toContain(set.status);
    }),
    { numRuns: 100 },
  );
  expect(log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});
