import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import type { Task } from '../../src/a2a/types';
import { startReceiver } from '../push/receiver';
import { type Harness, immediate, message, request, startHarness, taskOf } from '../support/harness';
import { eventually } from '../support/temporal';

/** What operators see in Temporal's UI. */

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({
    agents: [
      { id: 'interview' },
      { id: 'echo' },
      {
        id: 'tour',
        chain: {
          steps: [
            { name: 'repeat', agent: 'echo', timeout: '1m' },
            { name: 'say', agent: 'echo', message: 'again' },
          ],
        },
      },
    ],
    push: true,
  });
}, 60_000);

const handle = ({ id }: Pick<Task, 'id'>) => harness.temporal.client.workflow.getHandle(id);

const summaries = async (task: Pick<Task, 'id'>): Promise<string[]> => {
  const { events } = await handle(task).fetchHistory();
  return (events ?? []).flatMap(({ userMetadata }: temporal.api.history.v1.IHistoryEvent) => {
    const summary = userMetadata?.summary;
    return summary ? [String(defaultPayloadConverter.fromPayload(summary))] : [];
  });
};

/** What a workflow tells of itself when the UI opens it. */
async function metadataOf(task: Pick<Task, 'id'>) {
  const { queryResult } = await harness.temporal.client.workflowService.queryWorkflow({
    namespace: 'default',
    execution: { workflowId: task.id },
    query: { queryType: '__temporal_workflow_metadata' },
  });
  const payload = queryResult?.payloads?.[0];
  return JSON.parse(Buffer.from(payload?.data ?? []).toString('utf8')) as {
    currentDetails: string;
    definition: Record<'queryDefinitions' | 'signalDefinitions', { name: string; description?: string }[]>;
  };
}

it('tells of a task by its agent, its owner and the first words, and of where it is now', async () => {
  const call = harness.call('interview');
  const task = taskOf(await harness.bridge.sendMessage(request('Hello there, twice'), call));
  const described = await handle(task).describe();
  expect(await described.staticSummary()).toBe('interview: Hello there, twice');
  expect(await described.staticDetails()).toContain('- owner: anna');

  const { currentDetails, definition } = await metadataOf(task);
  expect(currentDetails).toMatch(/^\*\*INPUT_REQUIRED\*\* since 20.*Z\n\n> What is your name\?$/);
  const descriptionsOf = (kind: 'queryDefinitions' | 'signalDefinitions', prefix: string) =>
    definition[kind].filter(({ name }) => name.startsWith(prefix)).map(({ description }) => description);
  expect(descriptionsOf('queryDefinitions', 'a2a_')).toEqual(['The A2A Task as it is now']);
  expect(descriptionsOf('signalDefinitions', 'a2a_')).toEqual([
    'What an activity reports: a list of status and artifact updates (docs/contract.md)',
    'A further message of the client: a Message of A2A 1.0',
  ]);
  await harness.bridge.cancelTask({ id: task.id }, call);
});

it('names the steps of a chain, the agents that they call, and what timers are for', async () => {
  const task = taskOf(await harness.bridge.sendMessage(request('ping'), harness.call('tour')));
  expect(task.status.state).toBe('TASK_STATE_COMPLETED');
  expect(await summaries(task)).toEqual([
    'tour: ping',
    'repeat: the longest time for it',
    'repeat: echo: ping',
    // Of the timer that is canceled.
    'repeat: the longest time for it',
    'say: echo: again',
  ]);
  expect((await metadataOf(task)).currentDetails).toContain('- repeat: completed\n- say: completed');
});

it('lets a delivery of push notifications be found, and counts it as no task', async () => {
  const { client } = harness.temporal;
  const call = harness.call('interview', `owner-${Date.now()}`);
  const receiver = await startReceiver();
  const send = immediate(request('Hello'));
  const { id, contextId } = taskOf(
    await harness.bridge.sendMessage(
      {
        ...send,
        configuration: {
          ...send.configuration,
          taskPushNotificationConfig: { url: `${receiver.url}?key=secret` },
        },
      },
      call,
    ),
  );
  const push = `a2a-push:${id}`;
  await eventually(async () => {
    const found: string[] = [];
    const query = `A2aAgent = 'interview' AND A2aContext = '${contextId}'`;
    for await (const { workflowId } of client.workflow.list({ query })) found.push(workflowId);
    return found.length === 2 && found.includes(push);
  });
  const described = await handle({ id: push }).describe();
  expect(await described.staticSummary()).toBe(`Push notifications of task ${id}`);
  const { tasks, totalSize } = await harness.bridge.listTasks({}, call);
  expect([tasks.map((task) => task.id), totalSize]).toEqual([[id], 1]);
  await expect(harness.bridge.getTask({ id: push }, call)).rejects.toMatchObject({
    name: 'TaskNotFoundError',
  });

  expect((await metadataOf({ id: push })).currentDetails).toBe(
    `- http://127.0.0.1:${receiver.port}: under way`,
  );
  expect(await eventually(async () => (await summaries({ id: push }))[1])).toBe(
    `To http://127.0.0.1:${receiver.port}`,
  );
  const answer = { message: message('Ada', { taskId: id }) };
  expect(taskOf(await harness.bridge.sendMessage(answer, call)).status.state).toBe('TASK_STATE_COMPLETED');
});
