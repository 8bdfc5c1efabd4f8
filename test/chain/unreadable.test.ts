import type { JsonValue, Task } from '../../src/a2a/types';
import {
  type Harness,
  type HarnessAgent,
  immediate,
  request,
  startHarness,
  taskOf,
} from '../support/harness';
import {
  applicationFailure,
  type Command,
  complete,
  fail,
  jsonProtobuf,
  payload,
  startRawWorker,
} from '../support/raw-worker';
import { eventually, randomTaskQueue } from '../support/temporal';

/** Steps whose workflows are of other languages: what they end with must never stop the chain for good. */

const secret = payload('binary/encrypted', 'cipher');

const ENDS: Record<string, Command> = {
  protobuf: complete(jsonProtobuf({ total: '12.50' })),
  bytes: complete(payload('binary/plain', Uint8Array.from([1, 2, 3, 255]))),
  nan: complete(payload('json/plain', '{"rate": NaN}')),
  encrypted: complete(secret),
  truncated: complete(payload('json/plain', '[1,')),
  declined: fail(applicationFailure('card declined', [jsonProtobuf({ code: 'no funds' })])),
  secretive: fail(
    applicationFailure('card declined', [secret], { cause: applicationFailure('socket closed', [secret]) }),
  ),
  encoded: fail(applicationFailure('Encoded failure', [secret], { encodedAttributes: secret })),
  late: fail({
    message: 'Activity task failed',
    activityFailureInfo: { activityType: { name: 'charge' } },
    cause: {
      message: 'charge timed out',
      timeoutFailureInfo: { lastHeartbeatDetails: { payloads: [secret] } },
    },
  }),
};

let harness: Harness;

beforeAll(async () => {
  const taskQueue = randomTaskQueue();
  const others = Object.keys(ENDS).map(
    (id): HarnessAgent => ({ id, workflow: { taskQueue, input: 'text' } }),
  );
  const chains = Object.keys(ENDS).flatMap((agent): HarnessAgent[] => [
    {
      id: `${agent}Chain`,
      chain: { steps: [{ name: 'first', agent }], result: '{% $steps.first %}' },
    },
    {
      id: `${agent}Passed`,
      chain: { steps: [{ name: 'first', agent, onError: 'continue' }], result: '{% $steps.first %}' },
    },
  ]);
  harness = await startHarness({
    agents: [...others, ...chains, { id: 'interviewed', workflow: { type: 'interview' } }],
  });
  await startRawWorker(harness.temporal, taskQueue, ({ workflowType }) => [ENDS[workflowType] ?? complete()]);
}, 60_000);

const run = async (agentId: string): Promise<Task> =>
  taskOf(await harness.bridge.sendMessage(request('hi'), harness.call(agentId)));

const resultOf = ({ artifacts = [] }: Task) => artifacts[0]?.parts[0]?.data as Record<string, JsonValue>;

it.each([
  ['protobuf', { data: { total: '12.50' } }],
  ['bytes', { parts: [{ raw: 'AQID/w==', mediaType: 'application/octet-stream' }] }],
  ['nan', { data: { rate: 'NaN' } }],
])('a result of %s is passed on', async (agent, expected) => {
  const task = await run(`${agent}Chain`);
  expect(task.status.state).toBe('TASK_STATE_COMPLETED');
  expect(resultOf(task)).toMatchObject(expected);
});

it.each([
  [
    'encrypted',
    'encrypted: the result of its workflow cannot be read: it has the encoding "binary/encrypted"',
  ],
  [
    'truncated',
    'truncated: the result of its workflow cannot be read: it has the encoding "json/plain", but is not JSON',
  ],
  ['declined', 'declined: card declined'],
  ['secretive', 'secretive: card declined'],
  ['late', 'late: charge timed out'],
  ['encoded', 'encoded: The failure of the workflow cannot be read: it has the encoding "binary/encrypted"'],
])('%s ends the chain, saying why', async (agent, why) => {
  const { status } = await run(`${agent}Chain`);
  expect(status.state).toBe('TASK_STATE_FAILED');
  expect(status.message?.parts[0]?.text).toContain(`first: ${why}`);
  expect(resultOf(await run(`${agent}Passed`))).toMatchObject({
    error: { message: expect.stringContaining(why) },
  });
});

describe('a contract workflow', () => {
  it('takes no harm of messages and updates that it cannot read', async () => {
    const call = harness.call('interviewed');
    const { id } = taskOf(await harness.bridge.sendMessage(immediate(request('hi')), call));
    const { workflowService } = harness.temporal.client;
    const signal = (signalName: string, input: Parameters<typeof payload>) =>
      workflowService.signalWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId: id },
        signalName,
        input: { payloads: [payload(...input)] },
      });
    const answer = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'Ada' }] };
    await signal('a2a_update', ['binary/encrypted', 'x']);
    await signal('a2a_message', ['binary/protobuf', 'x']);
    await signal('a2a_update', ['json/plain', '{"statusUpdate":']);
    await signal('a2a_message', ['json/protobuf', JSON.stringify(answer)]);
    const task = await eventually(async () => {
      const now = await harness.bridge.getTask({ id }, call);
      return now.status.state === 'TASK_STATE_COMPLETED' && now;
    });
    expect(JSON.stringify(task.artifacts)).toContain('Ada');
  });
});
