import { randomUUID } from 'node:crypto';
import type { EventV03, TaskV03 } from '../../src/a2a/v0-3/types';
import { closeAll, makeAgent, startApi } from '../api/harness';
import { SUITE_AGENTS } from '../sdk/client-suite';
import { startHarness } from '../support/harness';
import { CLIENTS } from './clients';

const CARD = '/.well-known/agent-card.json';

describe.each(CLIENTS)('%s', (name, connect) => {
  describe.each(['JSONRPC', 'HTTP+JSON'])('over %s', (binding) => {
    let url = '';

    beforeAll(async () => {
      ({ url } = await startHarness({ agents: SUITE_AGENTS, app: true }));
    });

    const client = (agentId: string) => connect(`${url}/a2a/${agentId}${CARD}`, binding);

    it('finds an agent by its card', async () => {
      expect((await (await client('script')).card()).name).toBe('script');
    });

    it('sends and waits for the end', async () => {
      const echo = await client('echo');
      const task = asTask(
        await echo.send({
          parts: [
            { kind: 'text', text: 'hello' },
            { kind: 'data', data: { a: [1, null] } },
            { kind: 'file', file: { bytes: 'aGk=', mimeType: 'text/plain' } },
          ],
        }),
      );
      expect(task.status.state).toBe('completed');
      expect(task.artifacts?.[0]?.parts).toMatchObject([
        { kind: 'text', text: 'hello' },
        { kind: 'data', data: { a: [1, null] } },
        { kind: 'file', file: { bytes: 'aGk=', mimeType: 'text/plain' } },
      ]);
    });

    it('sends, does not wait, gets and talks over several turns', async () => {
      const interview = await client('interview');
      const sent = asTask(await interview.send({ parts: 'hi', blocking: false }));
      expect(sent.status.state).toBe('submitted');
      await until(interview.resubscribe(sent.id), 'input-required');
      const asked = await interview.get(sent.id);
      expect(asked.status.state).toBe('input-required');
      expect(asked.history).toHaveLength(2);
      const again = asTask(await interview.send({ parts: 'Ada', taskId: sent.id }));
      expect(again).toMatchObject({ id: sent.id, status: { state: 'completed' } });
    });

    it('streams a task from its start to its end', async () => {
      const ticker = await client('ticker');
      const parts = [{ kind: 'data' as const, data: { count: 3, intervalMs: 1 } }];
      const events = await collect(ticker.stream({ parts }));
      expect(events[0]).toMatchObject({ kind: 'task', status: { state: 'submitted' } });
      expect(events.at(-1)).toMatchObject({
        kind: 'status-update',
        final: true,
        status: { state: 'completed' },
      });
      const texts = events.flatMap((event) =>
        event.kind === 'status-update' && event.status.state === 'working'
          ? (event.status.message?.parts[0] ?? [])
          : [],
      );
      expect(texts).toMatchObject([
        { text: 'tick 1 of 3' },
        { text: 'tick 2 of 3' },
        { text: 'tick 3 of 3' },
      ]);
      const chunks = events.flatMap((event) => (event.kind === 'artifact-update' ? [event] : []));
      // The clients' reader of HTTP+JSON drops `append`; test/v0-3/rest-proto.test.ts sees that it is sent.
      const appended = binding === 'JSONRPC';
      expect(chunks.map(({ append = false }) => append)).toEqual([false, appended, appended]);
      expect(chunks.map(({ lastChunk = false }) => lastChunk)).toEqual([false, false, true]);
    });

    it('streams to the question of the agent, whose event is the final one', async () => {
      const interview = await client('interview');
      const events = await collect(interview.stream({ parts: 'hi' }));
      // 1.0 has no "final", and the client of 1.x forgets it.
      const final = name.endsWith('0.3');
      const asks = { kind: 'status-update', status: { state: 'input-required' }, final };
      expect(events.at(-1)).toMatchObject(asks);
    });

    it('gets a Message from an agent that answers with one, and streams it', async () => {
      const replier = await client('replier');
      const message = { kind: 'message', role: 'agent', parts: [{ kind: 'text', text: 'You said: hi' }] };
      expect(await replier.send({ parts: 'hi' })).toMatchObject(message);
      expect(await collect(replier.stream({ parts: 'hi' }))).toMatchObject([message]);
    });

    it('cancels, and is told when it cannot', async () => {
      const script = await client('script');
      const parts = [{ kind: 'data' as const, data: { steps: [{ forever: true }] } }];
      const { id } = asTask(await script.send({ parts, blocking: false }));
      expect((await script.cancel(id)).status.state).toBe('canceled');
      await expect(script.cancel(id)).rejects.toMatchObject({
        name: expect.stringMatching(/TaskNotCancelable/),
      });
    });

    it('gets errors as their classes', async () => {
      const echo = await client('echo');
      const notFound = { name: expect.stringMatching(/TaskNotFound/) };
      await expect(echo.get(randomUUID())).rejects.toMatchObject(notFound);
      await expect(echo.cancel(randomUUID())).rejects.toMatchObject(notFound);
      await expect(echo.send({ parts: [] })).rejects.toThrow(
        /message\.(parts|content): must be a non-empty list|is required/,
      );
    });

    describe('without Temporal', () => {
      afterEach(closeAll);

      it('gets the extended card, with its security schemes', async () => {
        const agent = makeAgent({
          extendedCard: { skills: [{ id: 'more', name: 'More', description: 'More' }] },
          authentication: {
            apiKeys: [{ owner: 'anna', values: ['env:KEY'] }],
            jwt: [{ issuer: 'https://issuer.example.com', audience: 'us', scopes: ['tasks'] }],
          },
        });
        const api = await startApi({ agents: [agent], authenticate: () => 'anna' });
        const card = await (await connect(`${api.url}${CARD}`, binding)).card();
        expect(card.skills?.map(({ id }) => id)).toEqual(['echo', 'more']);
        expect(Object.keys(card.securitySchemes ?? {})).toEqual(['apiKey', 'bearer', 'openIdConnect']);
      });

      it('sets, gets, lists and deletes push notification configs', async () => {
        const api = await startApi();
        const fake = await connect(`${api.url}${CARD}`, binding);
        const { id: taskId } = asTask(await fake.send({ parts: 'wait', blocking: false }));
        const config = {
          taskId,
          pushNotificationConfig: { id: 'x', url: 'https://example.com/', token: 's' },
        };
        expect(await fake.setPush(config)).toMatchObject(config);
        expect(await fake.getPush(taskId, 'x')).toMatchObject(config);
        expect(await fake.listPush(taskId)).toMatchObject([config]);
        await fake.deletePush(taskId, 'x');
        expect(await fake.listPush(taskId)).toEqual([]);
        expect(api.operations.calls.map(({ call }) => call.version)).toEqual(Array(6).fill('0.3'));
      });

      it('asks for push notifications in a send', async () => {
        const api = await startApi();
        const fake = await connect(`${api.url}${CARD}`, binding);
        await fake.send({ parts: 'hi', pushUrl: 'https://example.com/' });
        expect(api.operations.calls[0]?.request).toMatchObject({
          configuration: { taskPushNotificationConfig: { id: 'p', url: 'https://example.com/' } },
        });
      });
    });
  });
});

function asTask(event: EventV03): TaskV03 {
  if (event.kind !== 'task') throw new Error(`answered with ${event.kind}`);
  return event;
}

async function collect(stream: AsyncIterable<EventV03>): Promise<EventV03[]> {
  const events: EventV03[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** Reads on to an event with this state. */
async function until(stream: AsyncIterable<EventV03>, state: string): Promise<void> {
  for await (const event of stream) {
    if ('status' in event && event.status.state === state) return;
  }
  throw new Error(`never ${state}`);
}
