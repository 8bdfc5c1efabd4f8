import { activityInfo } from '@temporalio/activity';
import type { Priority } from '@temporalio/common';
import { fairnessKey, priorityOf } from '../../src/bridge/fairness';
import { pushWorkflowId } from '../../src/contract/push';
import { makeAgent } from '../api/harness';
import { testActivities } from '../support/activities';
import { immediate, request, startHarness, taskOf } from '../support/harness';

/** Those that activities were run with. */
const ofActivities: (Priority | undefined)[] = [];

async function start() {
  return startHarness({
    agents: [
      { id: 'echo' },
      { id: 'ticker', priority: 2 },
      {
        id: 'caller',
        chain: { steps: [{ name: 'one', agent: 'ticker', message: '1 every 0ms' }] },
        priority: 4,
      },
    ],
    activities: {
      ...testActivities,
      tick: async () => {
        // The first attempt is handed to the worker past the task queue, and is not told.
        const { attempt, priority } = activityInfo();
        if (attempt === 1) throw new Error('again');
        ofActivities.push(priority);
      },
    },
    push: true,
  });
}

it('tasks, what they call, their activities and their webhooks have the fairness key of their owner', async () => {
  const { bridge, call, temporal } = await start();
  const startedWith = async (workflowId: string) => {
    const { events } = await temporal.client.workflow.getHandle(workflowId).fetchHistory();
    const child = events?.find((event) => event.childWorkflowExecutionStartedEventAttributes);
    return {
      priority: events?.[0]?.workflowExecutionStartedEventAttributes?.priority,
      child: child?.childWorkflowExecutionStartedEventAttributes?.workflowExecution?.workflowId ?? '',
    };
  };
  const byCaller = call('caller', 'anna');
  const { id } = taskOf(await bridge.sendMessage(request('go'), byCaller));
  const caller = await startedWith(id);
  expect(caller.priority).toMatchObject({ fairnessKey: 'anna', priorityKey: 4 });
  expect((await startedWith(caller.child)).priority).toMatchObject({ fairnessKey: 'anna', priorityKey: 4 });
  expect(ofActivities).toEqual([expect.objectContaining({ fairnessKey: 'anna', priorityKey: 4 })]);

  const webhook = { configuration: { taskPushNotificationConfig: { url: 'http://127.0.0.1:1/hook' } } };
  const sent = immediate({ ...request(), ...webhook });
  const echo = taskOf(await bridge.sendMessage(sent, call('echo', 'bert')));
  expect((await startedWith(echo.id)).priority).toMatchObject({ fairnessKey: 'bert' });
  expect((await startedWith(pushWorkflowId(echo.id))).priority).toMatchObject({ fairnessKey: 'bert' });
});

it('a fairness key fits in 64 bytes, and tells owners apart', () => {
  const long = `jwt:https://issuer.example.com/tenants/one#${'s'.repeat(60)}`;
  const keys = [fairnessKey(`${long}1`), fairnessKey(`${long}2`), fairnessKey('ä'.repeat(33))];
  for (const key of keys) expect(Buffer.byteLength(key)).toBeLessThanOrEqual(64);
  expect(new Set(keys).size).toBe(3);
  expect(fairnessKey('key:anna')).toBe('key:anna');
});

it('a caller may have another weight', () => {
  const agent = { ...makeAgent(), callerQuotas: { callers: { batch: { weight: 0.1 } } } };
  expect(priorityOf({ agent, owner: 'key:batch' })).toEqual({
    fairnessKey: 'key:batch',
    fairnessWeight: 0.1,
  });
  expect(priorityOf({ agent, owner: 'key:anna' })).toEqual({ fairnessKey: 'key:anna' });
});
