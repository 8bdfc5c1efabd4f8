import type { Message, Part, Task } from '../../src/a2a/types';
import type { AgentInput } from '../../src/config/agents';
import { eventually } from '../support/eventually';
import {
  type Harness,
  type HarnessAgent,
  immediate,
  inShort,
  message,
  readAll,
  request,
  startHarness,
  taskOf,
} from '../support/harness';
import type { Step } from '../support/workflows';

let harness: Harness;

/** What the agent `script` is to do, as the message of a step. */
const steps = (...list: Step[]) => ({ steps: list }) as never;

const CHAINS: Record<string, NonNullable<AgentInput['chain']>> = {
  relayed: {
    steps: [
      { name: 'one', agent: 'echo' },
      { name: 'two', agent: 'echo' },
    ],
  },
  mapped: {
    steps: [
      {
        name: 'first',
        agent: 'echo',
        message: { n: '{% $input.n + 1 %}', all: ['{% $input %}', 'as it is'], gone: '{% $input.none %}' },
        result: '{% $result.data.n %}',
      },
      { name: 'second', agent: 'echo', message: 'n is {% $steps.first %}, was {% $input.n %}.' },
    ],
    result: {
      first: '{% $steps.first %}',
      second: '{% $steps.second.text %}',
      previous: '{% $previous.text %}',
    },
  },
  sideBySide: {
    steps: [
      {
        name: 'both',
        parallel: [
          { name: 'left', agent: 'echo', message: 'L {% $message.text %}' },
          {
            name: 'right',
            steps: [
              { name: 'inner', agent: 'echo', message: 'R' },
              { name: 'outer', agent: 'echo', message: '{% $steps.inner.text & "!" %}' },
            ],
          },
        ],
      },
    ],
  },
  each: {
    steps: [
      {
        name: 'each',
        forEach: '{% $input.items %}',
        concurrency: 2,
        agent: 'echo',
        message: '{% $index %}: {% $item %}',
        result: '{% $result.text %}',
      },
    ],
    result: '{% $steps.each %}',
  },
  eachSum: {
    steps: [
      {
        name: 'each',
        forEach: '{% [1..40] %}',
        concurrency: 40,
        agent: 'echo',
        message: '{% $sum([1..150].($ * 2 + $item)) %}',
        result: '{% $result.data %}',
      },
    ],
    result: '{% $steps.each %}',
  },
  eachPlain: { steps: [{ name: 'each', forEach: '{% $input %}', agent: 'echo' }] },
  eachGroup: {
    steps: [
      {
        name: 'each',
        forEach: ['a', 'b'],
        steps: [
          { name: 'one', agent: 'echo', result: '{% $result.text & "1" %}' },
          { name: 'two', agent: 'echo', result: '{% $result.text & "2" %}' },
        ],
      },
    ],
    result: '{% $steps.each %}',
  },
  eachFailing: {
    steps: [
      {
        name: 'some',
        forEach: [{ steps: [{ fail: 'no luck' }] }, { steps: [{ complete: { text: 'good' } }] }],
        agent: 'script',
        onError: 'continue',
        result: '{% $result.text %}',
      },
      {
        name: 'others',
        forEach: ['x', 'y'],
        agent: 'brittle',
        onError: 'echo',
        result: '{% $result.text %}',
      },
    ],
    result: { some: '{% $steps.some %}', others: '{% $steps.others %}' },
  } as never,
  optional: {
    steps: [
      { name: 'always', agent: 'echo' },
      {
        name: 'maybe',
        agent: 'echo',
        when: '{% $contains($message.text, "please") %}',
        message: 'with pleasure',
      },
    ],
  },
  failing: {
    steps: [
      { name: 'good', agent: 'echo' },
      { name: 'bad', agent: 'script', message: steps({ fail: 'no luck' }) },
      { name: 'never', agent: 'echo' },
    ],
  },
  going: {
    steps: [
      { name: 'bad', agent: 'script', message: steps({ reject: 'not mine' }), onError: 'continue' },
      { name: 'good', agent: 'echo', message: '{% $steps.bad.error %}' },
    ],
  },
  fallingBack: {
    steps: [{ name: 'bad', agent: 'brittle', message: 'keep', onError: 'echo' }],
  },
  cancelling: {
    steps: [
      {
        name: 'both',
        parallel: [
          { name: 'slow', agent: 'script', message: steps({ working: 'on' }, { forever: true }) },
          { name: 'bad', agent: 'script', message: steps({ pause: true }, { fail: 'no luck' }) },
        ],
      },
    ],
  },
  slow: {
    steps: [
      {
        name: 'slow',
        agent: 'script',
        message: steps({ forever: true }),
        timeout: '1s',
        onError: 'continue',
      },
      { name: 'after', agent: 'echo', message: '{% $steps.slow.error.message %}' },
    ],
  },
  retrying: {
    steps: [
      {
        name: 'bad',
        agent: 'brittle',
        message: 'x',
        retry: { maximumAttempts: 3, initialInterval: '10ms' },
      },
    ],
  },
  refused: {
    steps: [
      {
        name: 'bad',
        url: 'http://10.0.0.1/a2a/echo',
        message: 'x',
        retry: { maximumAttempts: 3, initialInterval: '10ms' },
      },
    ],
  },
  asking: {
    steps: [
      { name: 'who', agent: 'interview' },
      { name: 'greet', agent: 'echo', message: 'Hello! {% $steps.who.text %}' },
    ],
  },
  askingBeside: {
    steps: [
      {
        name: 'both',
        parallel: [
          { name: 'who', agent: 'interview' },
          { name: 'work', agent: 'script', message: steps({ next: true }, { complete: {} }) },
        ],
      },
    ],
    result: '{% $steps.who.text %}',
  },
  endless: {
    steps: [{ name: 'bad', agent: 'echo', message: '{% ($f := function($n) { $f($n + 1) }; $f(0)) %}' }],
  },
  live: { steps: [{ name: 'one', agent: 'script' }] },
  ofChains: {
    steps: [
      { name: 'inner', agent: 'relayed' },
      { name: 'outer', agent: 'echo' },
    ],
  },
  badParts: {
    steps: [{ name: 'sent', agent: 'echo', message: '{% $input %}' }],
  },
  badItems: {
    steps: [{ name: 'each', forEach: '{% $input.items %}', agent: 'echo', message: 'fine' }],
  },
  parts: {
    steps: [{ name: 'one', agent: 'echo', message: [{ text: '{% $message.text %}' }, { data: 7 }] }],
  },
  waiting: {
    steps: [{ name: 'one', agent: 'script', message: steps({ working: 'on' }, { forever: true }) }],
  },
};

beforeAll(async () => {
  const chains = Object.entries(CHAINS).map(([id, chain]): HarnessAgent => ({ id, chain }));
  harness = await startHarness({
    agents: [{ id: 'echo' }, { id: 'interview' }, { id: 'script' }, { id: 'brittle' }, ...chains],
  });
}, 60_000);

const run = async (agentId: string, content: string | Part[] = 'hi') =>
  taskOf(await harness.bridge.sendMessage(request(content), harness.call(agentId)));

const runData = (agentId: string, data: Part['data']) => run(agentId, [{ data: data as never }]);

const textsOf = ({ artifacts = [] }: Task) =>
  artifacts.flatMap(({ parts }) => parts.map(({ text, data }) => text ?? data));

const endOf = ({ status }: Task) => [status.state, status.message?.parts[0]?.text];

/** What the stream of a chain says, in order. */
async function saidBy(agentId: string, content: string | Part[] = 'hi'): Promise<string[]> {
  const events = await readAll(
    await harness.bridge.sendStreamingMessage(request(content), harness.call(agentId)),
  );
  return events.flatMap(({ response }) => {
    const said = response.statusUpdate?.status.message ?? response.task?.status.message;
    const { artifact } = response.artifactUpdate ?? {};
    if (artifact !== undefined) return [`[${artifact.parts.map(({ text }) => text).join()}]`];
    return said === undefined ? [] : [textOf(said)];
  });
}

const textOf = ({ parts }: Message) => parts.map(({ text = '' }) => text).join('');

const answer = async (task: Task, agentId: string, text: string) =>
  taskOf(
    await harness.bridge.sendMessage({ message: message(text, { taskId: task.id }) }, harness.call(agentId)),
  );

describe('steps one after the other', () => {
  it('hand on what they are sent, and the last one says what comes out', async () => {
    const task = await run('relayed', [{ text: 'hello' }, { data: { a: 1 } }]);
    expect(task.status.state).toBe('TASK_STATE_COMPLETED');
    expect(task.artifacts).toEqual([
      { artifactId: 'echo', name: 'echo', parts: [{ text: 'hello' }, { data: { a: 1 } }] },
    ]);
  });

  it('tell how they go', async () => {
    expect(await saidBy('relayed')).toEqual([
      'one started',
      'one completed',
      'two started',
      '[hi]',
      'two completed',
    ]);
    const events = await readAll(
      await harness.bridge.sendStreamingMessage(request(), harness.call('relayed')),
    );
    expect(events[1]?.response.statusUpdate?.status).toMatchObject({
      state: 'TASK_STATE_WORKING',
      message: { parts: [{}, { data: { step: 'one', event: 'started', agent: 'echo' } }] },
    });
  });

  it('say with expressions what is sent, what is kept, and what comes out', async () => {
    const task = await runData('mapped', { n: 1 });
    expect(task.artifacts).toEqual([
      {
        artifactId: 'result',
        name: 'result',
        parts: [{ data: { first: 2, second: 'n is 2, was 1.', previous: 'n is 2, was 1.' } }],
      },
    ]);
    const { tasks } = await harness.bridge.listTasks({ contextId: task.contextId }, harness.call('echo'));
    const sent = tasks.flatMap(({ history = [] }) => history[0]?.parts ?? []);
    expect(sent).toContainEqual({ data: { n: 2, all: [{ n: 1 }, 'as it is'] } });
  });

  it('may say which parts are sent', async () => {
    expect(textsOf(await run('parts', 'a'))).toEqual(['a', 7]);
  });

  it.each([
    ['parts[0].text must be a string, got 5', [{ text: 5 }]],
    ['parts[1].raw must be base64, got "not base64"', [{ text: 'ok' }, { raw: 'not base64' }]],
    ['parts[0].url must be a non-empty string, got ""', [{ url: '' }]],
    ['parts[0].mediaType must be a string, got 1', [{ text: 'ok', mediaType: 1 }]],
    ['parts[0] must have exactly one of text, raw, url, data, got text and data', [{ text: 'a', data: 1 }]],
    [
      'parts[1] must have exactly one of text, raw, url, data, got none',
      [{ text: 'ok' }, { filename: 'f.bin' }],
    ],
  ])('are refused when A2A does not allow their parts: %s', async (why, parts) => {
    expect(endOf(await runData('badParts', parts as never))).toEqual(['TASK_STATE_FAILED', `sent: ${why}`]);
  });

  it('take items that look like parts for what they are', async () => {
    const task = await runData('badItems', { items: [[{ text: 5 }]] } as never);
    expect(textsOf(task)).toEqual(['fine']);
  });

  it('may be left out', async () => {
    expect(await saidBy('optional', 'hi')).toEqual([
      'always started',
      'always completed',
      'maybe skipped',
      '[hi]',
    ]);
    expect(textsOf(await run('optional', 'hi, please'))).toEqual(['with pleasure']);
  });

  it('may be chains', async () => {
    expect(textsOf(await run('ofChains', 'deep'))).toEqual(['deep']);
  });
});

describe('steps side by side', () => {
  it('bring what each of them brings', async () => {
    const task = await run('sideBySide', 'x');
    expect(task.artifacts).toEqual([
      { artifactId: 'left/echo', name: 'echo', parts: [{ text: 'L x' }] },
      { artifactId: 'right/echo', name: 'echo', parts: [{ text: 'R!' }] },
    ]);
  });

  it('are cancelled when one of them fails', async () => {
    const task = await run('cancelling');
    expect(endOf(task)).toEqual(['TASK_STATE_FAILED', 'both: bad: script: no luck']);
    const { tasks } = await eventually(async () => {
      const page = await harness.bridge.listTasks({ contextId: task.contextId }, harness.call('script'));
      return page.tasks.length === 2 && page;
    });
    expect(tasks.map(({ status }) => status.state).sort()).toEqual([
      'TASK_STATE_CANCELED',
      'TASK_STATE_FAILED',
    ]);
  });

  it('evaluates the expressions of many items in several workflow tasks', async () => {
    const task = await run('eachSum', 'go');
    const sums = Array.from({ length: 40 }, (_, index) => 22_650 + 150 * (index + 1));
    expect(task.artifacts?.[0]?.parts).toEqual([{ data: sums }]);
    const { events } = await harness.temporal.client.workflow.getHandle(task.id).fetchHistory();
    // 36,000 nodes: more than one workflow task may visit.
    expect(events?.some((event) => event.timerStartedEventAttributes)).toBe(true);
  });

  it('leaves time to other tasks while it evaluates the expressions of many items', async () => {
    const chain = run('eachSum', 'go').then((task) => [task]);
    const others: Task[] = [];
    let ended = false;
    void chain.finally(() => {
      ended = true;
    });
    while (!ended) others.push(await run('relayed', 'hi'));
    for (const { id, status } of [...(await chain), ...others]) {
      expect(status.state).toBe('TASK_STATE_COMPLETED');
      const { events } = await harness.temporal.client.workflow.getHandle(id).fetchHistory();
      const failed = events?.filter(
        (event) => event.workflowTaskFailedEventAttributes ?? event.workflowTaskTimedOutEventAttributes,
      );
      expect(failed).toEqual([]);
    }
  });

  it('may be as many as a list is long, some at once', async () => {
    const task = await runData('each', { items: ['a', 'b', 'c', 'd', 'e'] });
    expect(textsOf(task)).toEqual([['0: a', '1: b', '2: c', '3: d', '4: e']]);
    expect(textsOf(await run('eachGroup'))).toEqual([['a12', 'b12']]);
    expect(textsOf(await runData('eachPlain', ['x', { y: 1 }]))).toEqual(['x', { y: 1 }]);
    expect(textsOf(await runData('each', { items: [] }))).toEqual([[]]);
    expect(
      endOf(
        await runData(
          'eachPlain',
          Array.from({ length: 1_001 }, () => 'x'),
        ),
      ),
    ).toEqual(['TASK_STATE_FAILED', 'each: forEach is for at most 1000 items; there are 1001']);
  });
});

describe('a step that fails', () => {
  it('fails the chain, and says which it was', async () => {
    expect(endOf(await run('failing'))).toEqual(['TASK_STATE_FAILED', 'bad: script: no luck']);
    expect(await saidBy('failing')).toEqual([
      'good started',
      'good completed',
      'bad started',
      'bad failed: script: no luck',
      'bad: script: no luck',
    ]);
  });

  it('does not when it need not succeed', async () => {
    const said = await run('going');
    expect(textsOf(said)).toEqual([{ message: 'script: not mine', state: 'TASK_STATE_REJECTED' }]);
  });

  it('is done by another agent when there is one for that', async () => {
    expect(textsOf(await run('fallingBack'))).toEqual(['keep']);
  });

  it('fails for itself when there are several', async () => {
    expect(textsOf(await run('eachFailing'))).toEqual([
      {
        some: [{ error: { message: 'script: no luck', state: 'TASK_STATE_FAILED' } }, 'good'],
        others: ['x', 'y'],
      },
    ]);
  });

  it('is tried as often as it may be', async () => {
    const said = await saidBy('retrying');
    expect(said.filter((text) => text.startsWith('bad started'))).toHaveLength(3);
    expect(said.at(-1)).toBe('bad: brittle: broken again');
  });

  it('is not tried again when the call itself is wrong', async () => {
    const said = await saidBy('refused');
    expect(said.filter((text) => text.startsWith('bad started'))).toHaveLength(1);
    expect(said.at(-1)).toBe('bad: The remote agent may not be called from here');
  });

  it('ends when its time is over', async () => {
    expect(textsOf(await run('slow'))).toEqual(['it took longer than 1s']);
  });

  it('fails the chain when its expression has no end', async () => {
    expect(endOf(await run('endless'))).toEqual([
      'TASK_STATE_FAILED',
      expect.stringMatching(/^bad: message: .*: it takes too long$/),
    ]);
  });
});

describe('the task of a chain', () => {
  it.each(['events', 'bytes'])('fails before its history has too many %s', async (what) => {
    const call = harness.call('each');
    const definition = { ...(call.agent.definition as object), historyLimits: { [what]: 30 } } as never;
    const items = request([{ data: { items: ['a', 'b', 'c', 'd'] } }]);
    const task = taskOf(
      await harness.bridge.sendMessage(items, { ...call, agent: { ...call.agent, definition } }),
    );
    expect(endOf(task)).toEqual([
      'TASK_STATE_FAILED',
      expect.stringMatching(
        new RegExp(`^each: the history of the chain has \\d+ ${what}, of 30 that one task may have`),
      ),
    ]);
  });

  it('asks when a step asks', async () => {
    const asked = await run('asking', 'hi');
    expect(endOf(asked)).toEqual(['TASK_STATE_INPUT_REQUIRED', 'What is your name?']);
    expect(textsOf(await answer(asked, 'asking', 'Ada'))).toEqual(['Hello! Your name is Ada.']);
  });

  it('goes on asking while other steps go on', async () => {
    const asked = await run('askingBeside');
    const { id } = asked;
    expect(endOf(asked)).toEqual(['TASK_STATE_INPUT_REQUIRED', 'What is your name?']);
    const workflow = harness.temporal.client.workflow.getHandle(id);
    const isAsking = async () => {
      const { raw } = await workflow.describe();
      expect(raw.pendingWorkflowTask).toBeFalsy();
      const { status, history } = await harness.bridge.getTask({ id }, harness.call('askingBeside'));
      expect(endOf({ status } as Task)).toEqual(['TASK_STATE_INPUT_REQUIRED', 'What is your name?']);
      expect(status.message?.messageId).toBe(asked.status.message?.messageId);
      expect(history).toHaveLength(2);
      return raw;
    };
    const { tasks } = await eventually(async () => {
      const page = await harness.bridge.listTasks({ contextId: asked.contextId }, harness.call('script'));
      return page.tasks.length > 0 && page;
    });
    await answer(tasks[0] as Task, 'script', 'half of it is done');
    await eventually(async () => (await isAsking()).pendingChildren?.length === 1);
    const text = 'an activity of its own, say';
    const said = { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text }] };
    const status = { state: 'TASK_STATE_WORKING', message: said };
    await workflow.signal('a2a_update', { statusUpdate: { status } });
    await eventually(async () => {
      await isAsking();
      const { metadata } = await harness.bridge.getTask({ id }, harness.call('askingBeside'));
      const { message: last } = (metadata?.a2a_progress ?? {}) as { message?: { parts: Part[] } };
      return last?.parts[0]?.text === text;
    });
    const events = readAll(await harness.bridge.subscribeToTask({ id }, harness.call('askingBeside')));
    expect(textsOf(await answer(asked, 'askingBeside', 'Ada'))).toEqual(['Your name is Ada.']);
    expect((await events).map(inShort).slice(0, 2)).toEqual(['task input_required', 'working']);
  });

  it('shows what its last step brings while it brings it', async () => {
    const script = { steps: [{ chunks: { artifactId: 'a', texts: ['1', '2'] } }, { ask: 'more?' }] };
    const asked = await runData('live', script);
    expect(endOf(asked)).toEqual(['TASK_STATE_INPUT_REQUIRED', 'more?']);
    expect(textsOf(asked)).toEqual(['12']);
    expect(textsOf(await answer(asked, 'live', 'no'))).toEqual(['12']);
  });

  it('is cancelled with its steps', async () => {
    const { id, contextId } = taskOf(
      await harness.bridge.sendMessage(immediate(request()), harness.call('waiting')),
    );
    await eventually(async () => {
      const { raw } = await harness.temporal.client.workflow.getHandle(id).describe();
      return (raw.pendingChildren ?? []).some(({ runId }) => runId);
    });
    const canceled = await harness.bridge.cancelTask({ id }, harness.call('waiting'));
    expect(canceled.status.state).toBe('TASK_STATE_CANCELED');
    const { tasks } = await eventually(async () => {
      const page = await harness.bridge.listTasks({ contextId }, harness.call('script'));
      return page.tasks.length > 0 && page;
    });
    expect(tasks.map(({ status }) => status.state)).toEqual(['TASK_STATE_CANCELED']);
  });
});
