import { randomUUID } from 'node:crypto';
import type { Part, Task } from '../../src/a2a/types';
import { type RawAgent, task as rawTask, startRawAgent, status } from '../remote/raw-agent';
import { eventually } from '../support/eventually';
import {
  type Harness,
  immediate,
  inShort,
  message,
  readAll,
  request,
  scripted,
  startHarness,
  taskOf,
} from '../support/harness';
import type { Step } from '../support/workflows';

/** The agents, and in front of each of them another, on another bridge. */
let remote: Harness;
let harness: Harness;
let raw: RawAgent;

beforeAll(async () => {
  raw = await startRawAgent();
  remote = await startHarness({
    app: true,
    agents: [
      { id: 'script' },
      { id: 'echo' },
      { id: 'interview' },
      { id: 'replier', answers: 'message' },
      { id: 'invoice', workflow: { input: 'data' } },
    ],
  });
  const at = (id: string) => `${remote.url}/a2a/${id}`;
  harness = await startHarness({
    agents: [
      { id: 'caller' },
      { id: 'raw', answers: 'message', proxy: { url: raw.url } },
      { id: 'worker', proxy: { url: raw.url } },
      { id: 'local', workflow: { type: 'echo' } },
      { id: 'script', proxy: { url: at('script') } },
      { id: 'polled', proxy: { url: at('script'), waiting: 'poll', bindings: ['HTTP+JSON'] } },
      { id: 'echo', proxy: { url: `${at('echo')}/.well-known/agent-card.json` } },
      { id: 'interview', proxy: { url: at('interview') } },
      { id: 'replier', answers: 'message', proxy: { url: at('replier') } },
      { id: 'hasty', proxy: { url: at('script'), timeout: '2s' } },
      {
        id: 'nobody',
        proxy: { url: `${remote.url}/a2a/nobody`, retry: { maximumAttempts: 1 }, timeout: '20s' },
      },
      {
        id: 'told',
        chain: {
          steps: [
            { name: 'there', agent: 'worker' },
            { name: 'here', agent: 'local', message: 'It said: {% $steps.there.text %}' },
          ],
        },
      },
      {
        id: 'mixed',
        chain: {
          steps: [
            { name: 'there', url: at('interview') },
            { name: 'here', agent: 'echo', message: 'From there: {% $steps.there.text %}' },
          ],
        },
      },
    ],
  });
}, 60_000);

const send = async (agentId: string, content: string | Part[] = 'hi') =>
  taskOf(await harness.bridge.sendMessage(request(content), harness.call(agentId)));

const run = async (agentId: string, ...steps: Step[]) =>
  taskOf(await harness.bridge.sendMessage(scripted(steps), harness.call(agentId)));

const answer = async (task: Task, agentId: string, text: string) =>
  taskOf(
    await harness.bridge.sendMessage({ message: message(text, { taskId: task.id }) }, harness.call(agentId)),
  );

const endOf = ({ status }: Task) => [status.state, status.message?.parts[0]?.text];

describe('a proxy', () => {
  it('brings what the agent behind it brings, with a task of its own', async () => {
    const parts = [{ text: 'hello' }, { data: { a: 1 } }];
    const task = await send('echo', parts);
    expect(task).toMatchObject({
      status: { state: 'TASK_STATE_COMPLETED' },
      artifacts: [{ artifactId: 'echo', name: 'echo', parts }],
    });
    expect(task.artifacts).toHaveLength(1);
    await expect(remote.bridge.getTask({ id: task.id }, remote.call('echo', 'anonymous'))).rejects.toThrow(
      'not found',
    );
  });

  it.each(['script', 'polled'])('shows what it does and says: %s', async (agentId) => {
    const steps: Step[] = [
      { working: 'half way' },
      { artifact: { artifactId: 'a', text: 'first' } },
      { ask: 'go on?' },
      { complete: { text: 'end', message: 'bye' } },
    ];
    const asked = await run(agentId, ...steps);
    expect(endOf(asked)).toEqual(['TASK_STATE_INPUT_REQUIRED', 'go on?']);
    const done = await answer(asked, agentId, 'yes');
    expect(endOf(done)).toEqual(['TASK_STATE_COMPLETED', 'bye']);
    expect(done.artifacts?.map(({ artifactId, parts }) => [artifactId, parts[0]?.text])).toEqual([
      ['a', 'first'],
      ['last', 'end'],
    ]);
    const stream = await harness.bridge.sendStreamingMessage(scripted(steps), harness.call(agentId));
    const events = (await readAll(stream)).map(inShort);
    expect(events.some((event) => event.startsWith('artifact a"first"'))).toBe(true);
    expect(events.at(-1)).toBe('input_required "go on?"');
  });

  it('asks as often as it asks, and for credentials too', async () => {
    const asked = await send('interview', 'twice');
    const again = await answer(asked, 'interview', 'Ada');
    expect(endOf(again)).toEqual(['TASK_STATE_INPUT_REQUIRED', 'Hello, Ada. What is your favourite color?']);
    const done = await answer(asked, 'interview', 'green');
    expect(done.artifacts?.[0]?.parts[0]?.text).toBe('Your name is Ada. Your favourite color is green.');
    const auth = await run('script', { ask: 'log in', state: 'TASK_STATE_AUTH_REQUIRED' });
    expect(endOf(auth)).toEqual(['TASK_STATE_AUTH_REQUIRED', 'log in']);
  });

  it('sees when credentials have reached it in another way', async () => {
    const ask: Step = { ask: 'log in', state: 'TASK_STATE_AUTH_REQUIRED' };
    const asked = await run('script', ask, { complete: { message: 'in' } });
    expect(endOf(asked)).toEqual(['TASK_STATE_AUTH_REQUIRED', 'log in']);
    const stream = await harness.bridge.subscribeToTask({ id: asked.id }, harness.call('script'));
    const there = remote.call('script', 'anonymous');
    const { tasks } = await eventually(async () => {
      const found = await remote.bridge.listTasks({ status: 'TASK_STATE_AUTH_REQUIRED', pageSize: 1 }, there);
      return found.tasks.length > 0 && found;
    });
    await remote.bridge.sendMessage({ message: message('done', { taskId: tasks[0]?.id ?? '' }) }, there);
    expect((await readAll(stream)).map(inShort)).toEqual(['task auth_required', 'working', 'completed "in"']);
  });

  it('answers with its Message', async () => {
    const { message: said } = await harness.bridge.sendMessage(request('hi'), harness.call('replier'));
    expect(said).toMatchObject({ role: 'ROLE_AGENT', parts: [{ text: 'You said: hi' }] });
  });

  it('shows an answer, and a question, that its agent has left in the history', async () => {
    const say = (text: string) => ({ messageId: text, role: 'ROLE_AGENT', parts: [{ text }] });
    raw.answer = ({ method, params }, reply) => {
      const state = params.message?.parts[0]?.text === 'yes' ? 'COMPLETED' : 'INPUT_REQUIRED';
      const history = [params.message, say(state === 'COMPLETED' ? 'It is done.' : 'Shall I?')];
      if (method !== 'SendStreamingMessage') return reply.error(-32001, 'not found');
      reply.event({ task: { ...rawTask(state), history } });
      reply.end();
    };
    const asked = await send('worker');
    expect(endOf(asked)).toEqual(['TASK_STATE_INPUT_REQUIRED', 'Shall I?']);
    const done = await answer(asked, 'worker', 'yes');
    expect(done.artifacts).toEqual([{ artifactId: 'answer', parts: [{ text: 'It is done.' }] }]);
  });

  it('gives the next step of a chain what an agent has said in its status message alone', async () => {
    raw.answer = (_, reply) => {
      reply.event({ task: { ...rawTask('COMPLETED'), status: status('COMPLETED', 'by word of mouth') } });
      reply.end();
    };
    const done = await send('told');
    expect(done.artifacts?.[0]?.parts[0]?.text).toBe('It said: by word of mouth');
  });

  describe('of an agent that says all at once', () => {
    const artifact = { artifactId: 'a', name: 'all', parts: [{ text: 'said' }] };

    beforeEach(() => {
      raw.answer = ({ id }, reply) => {
        const { id: taskId, contextId } = rawTask('WORKING');
        const events = [
          { task: rawTask('WORKING') },
          { artifactUpdate: { taskId, contextId, artifact, lastChunk: true } },
          { statusUpdate: { taskId, contextId, status: status('COMPLETED') } },
        ];
        const lines = events.map((result) => `data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`);
        reply.response.writeHead(200, { 'content-type': 'text/event-stream' }).end(lines.join(''));
      };
    });

    it('needs neither a signal nor an update of its own to show it', async () => {
      const task = await send('worker');
      expect(task).toMatchObject({ status: { state: 'TASK_STATE_COMPLETED' }, artifacts: [artifact] });
      expect(await eventsOf(task)).toEqual({ signals: 0, memos: 0 });
    });

    it('shows it in a task that answers something else, without a signal', async () => {
      const plan = { calls: [{ to: raw.url, say: 'hi' }] };
      const task = await send('caller', [{ data: plan as never }]);
      expect(task.artifacts).toEqual([artifact]);
      // The update, and the memo empty again.
      expect(await eventsOf(task)).toEqual({ signals: 0, memos: 2 });
    });
  });

  it('does not tell the IDs of tasks that nobody would find here', async () => {
    const said = { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text: 'hi' }] };
    raw.answer = (_, reply) =>
      reply.event({ message: { ...said, taskId: 'theirs', contextId: 'theirs', referenceTaskIds: ['x'] } });
    const { message: given } = await harness.bridge.sendMessage(request('hi'), harness.call('raw'));
    expect(given).toEqual({ ...said, contextId: expect.not.stringMatching('theirs') });
  });

  it('is cancelled when the task there is', async () => {
    raw.answer = (_, reply) =>
      reply.event({ task: rawTask('CANCELED', { status: status('CANCELED', 'shut') }) });
    expect(endOf(await send('raw'))).toEqual(['TASK_STATE_CANCELED', 'shut']);
  });

  it('ends as it ends, in its words', async () => {
    expect(endOf(await run('script', { fail: 'no luck' }))).toEqual(['TASK_STATE_FAILED', 'no luck']);
    expect(endOf(await run('script', { reject: 'not mine' }))).toEqual(['TASK_STATE_REJECTED', 'not mine']);
  });

  it('cancels it', async () => {
    const first = immediate(scripted([{ working: 'on' }, { forever: true }]));
    const { id } = taskOf(await harness.bridge.sendMessage(first, harness.call('script')));
    const theirs = await remoteTask(id);
    const canceled = await harness.bridge.cancelTask({ id }, harness.call('script'));
    expect(canceled.status.state).toBe('TASK_STATE_CANCELED');
    const task = await remote.bridge.getTask({ id: theirs }, remote.call('script', 'anonymous'));
    expect(task.status.state).toBe('TASK_STATE_CANCELED');
  });

  it('says what was wrong when there is nobody', async () => {
    expect(endOf(await send('nobody'))).toEqual([
      'TASK_STATE_FAILED',
      'The remote agent answered with status 404',
    ]);
  });

  it('waits no longer than it may, says so, and cancels it', async () => {
    const word = `late ${randomUUID()}`;
    const steps: Step[] = [{ working: word }, { forever: true }];
    expect(endOf(await run('hasty', ...steps))).toEqual([
      'TASK_STATE_FAILED',
      'The remote agent has not ended within 2s',
    ]);
    const { tasks } = await remote.bridge.listTasks(
      { status: 'TASK_STATE_WORKING' },
      remote.call('script', 'anonymous'),
    );
    // Other tests have tasks there, too.
    expect(tasks.filter((task) => JSON.stringify(task).includes(word))).toEqual([]);
  });
});

describe('two calls of remote agents', () => {
  const textsIn = ({ artifacts = [] }: Task) =>
    artifacts.map(({ artifactId, parts }) => [artifactId.replace(/-[0-9a-f-]{36}$/, '-*'), parts[0]?.text]);
  const call = (to: string, text: string) => ({ to, say: text });

  it.each([
    ['one after the other', {}],
    ['at once', { atOnce: true }],
  ])('keep apart artifacts of the same name: %s', async (_, how) => {
    const there = `${remote.url}/a2a/echo`;
    const plan = { calls: [call(there, 'one'), call(there, 'two'), call('local', 'three')], ...how };
    const task = await send('caller', [{ data: plan as never }]);
    expect(task.status.message?.parts[0]?.data).toMatchObject([
      { text: 'one' },
      { text: 'two' },
      { text: 'three' },
    ]);
    const texts = textsIn(task);
    expect(texts.map(([, text]) => text).sort()).toEqual(['one', 'three', 'two']);
    expect(texts.map(([id]) => id).sort()).toEqual(['echo', 'echo-*', 'echo-*']);
  });
});

describe('a step of a chain', () => {
  it('may be a remote agent, whose question is asked here', async () => {
    const asked = await send('mixed', `hi ${randomUUID()}`);
    expect(endOf(asked)).toEqual(['TASK_STATE_INPUT_REQUIRED', 'What is your name?']);
    const done = await answer(asked, 'mixed', 'Ada');
    expect(done.artifacts?.[0]?.parts).toEqual([{ text: 'From there: Your name is Ada.' }]);
  });
});

/** ID of the remote task that this one waits for, once it says that it works. */
function remoteTask(id: string): Promise<string> {
  return eventually(async () => {
    const task = await harness.bridge.getTask({ id }, harness.call('script'));
    if (task.status.message?.parts[0]?.text !== 'on') return undefined;
    const { tasks } = await remote.bridge.listTasks(
      { status: 'TASK_STATE_WORKING', pageSize: 1 },
      remote.call('script', 'anonymous'),
    );
    return tasks[0]?.id;
  });
}

/** Events of the task's history in which an update came. */
async function eventsOf({ id }: Task): Promise<{ signals: number; memos: number }> {
  const { events = [] } = await harness.temporal.client.workflow.getHandle(id).fetchHistory();
  return {
    signals: events?.filter((event) => event.workflowExecutionSignaledEventAttributes).length ?? 0,
    memos: events?.filter((event) => event.workflowPropertiesModifiedEventAttributes).length ?? 0,
  };
}
