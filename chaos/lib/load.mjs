// The tasks that clients have going all the time, and what must come of each.
import { setTimeout as sleep } from 'node:timers/promises';
import { Refused, stateOf, taskIdOf } from './client.mjs';
import { artifactText, statusTexts, textMessage } from './message.mjs';

const TICKS = 8;
const INTERVAL_MS = 300;
const WORDS = ['one', 'two', 'three', 'four', 'five', 'six'];

/** One task after the other of each, `lanes` of them at once, with `pauseMs` between two. */
export const KINDS = {
  echo: { lanes: 1, pauseMs: 400, run: sendEcho },
  ticker: { lanes: 2, pauseMs: 200, run: watchTicker },
  chain: { lanes: 1, pauseMs: 300, run: watchChain },
  interview: { lanes: 1, pauseMs: 300, run: holdInterview },
  model: { lanes: 1, pauseMs: 300, run: watchModel },
  proxy: { lanes: 1, pauseMs: 300, run: watchProxy },
  push: { lanes: 1, pauseMs: 300, run: watchWithWebhook },
};

async function sendEcho({ client, record }) {
  const message = textMessage(`echo ${record.number}`);
  record.message = message;
  const began = Date.now();
  const task = await client.send('echo', message);
  record.heard(began, [Date.now()]);
  record.taskId = task.id;
  record.expect('state', task.status.state, 'TASK_STATE_COMPLETED');
  record.expect('echo', task.artifacts?.[0].parts[0].text, message.parts[0].text);
}

/** With a second client, which subscribes in the middle. */
async function watchTicker({ client, record }) {
  let second;
  const onEvent = ({ data }) => {
    if (second === undefined && data.artifactUpdate !== undefined) {
      second = client.subscribe('ticker', taskIdOf(data)).catch((error) => (isTooLate(error) ? [] : error));
    }
  };
  await watch({ client, record, agent: 'ticker', text: `${TICKS} every ${INTERVAL_MS}ms`, onEvent });
  expectTicks(record);
  record.joined = await second;
}

/** Nobody can subscribe to a task that has ended; whoever saw it before that resumes. */
function isTooLate(error) {
  return (
    error instanceof Refused && error.message.includes('UNSUPPORTED_OPERATION') && error.events.length === 0
  );
}

async function watchChain({ client, record }) {
  await watch({ client, record, agent: 'chain', text: `chain ${record.number}` });
  const texts = statusTexts(record.events);
  for (let tick = 1; tick <= 4; tick++) {
    const times = texts.filter((text) => text.includes(`tick ${tick} of 4`)).length;
    record.expect(`ticks ${tick} of two steps`, times, 2);
  }
}

async function holdInterview({ client, record }) {
  await watch({
    client,
    record,
    agent: 'interview',
    text: 'Let us begin',
    state: 'TASK_STATE_INPUT_REQUIRED',
  });
  const answer = textMessage(`Ada ${record.number}`, { taskId: record.taskId });
  const began = Date.now();
  const task = await client.send('interview', answer);
  record.heard(began, [Date.now()]);
  record.expect('end', task.status.state, 'TASK_STATE_COMPLETED');
  record.expect('answers', task.artifacts?.[0].parts[0].text, `Your name is Ada ${record.number}.`);
}

async function watchModel({ client, record }) {
  await watch({ client, record, agent: 'model', text: `count:${WORDS.length}` });
  record.expect('answer', artifactText(record.events, 'answer').trim(), WORDS.join(' '));
}

async function watchProxy({ client, record }) {
  await watch({ client, record, agent: 'proxy', text: `${TICKS} every ${INTERVAL_MS}ms` });
  expectTicks(record);
}

async function watchWithWebhook({ client, record, receiver }) {
  const configuration = {
    taskPushNotificationConfig: { url: `${receiver.url}/hook/${record.name}`, token: 'chaos' },
  };
  await watch({ client, record, agent: 'ticker', text: `${TICKS} every ${INTERVAL_MS}ms`, configuration });
  expectTicks(record);
}

/** A streaming send. */
export async function watch({
  client,
  record,
  agent,
  text,
  configuration,
  onEvent,
  state = 'TASK_STATE_COMPLETED',
}) {
  record.agent = agent;
  record.message = textMessage(text);
  const began = Date.now();
  try {
    record.events = await client.stream(agent, record.message, { configuration, onEvent });
  } catch (error) {
    if (error instanceof Refused) record.events = error.events;
    throw error;
  } finally {
    record.heard(
      began,
      record.events.map(({ at }) => at),
    );
    if (record.events.length > 0) record.taskId = taskIdOf(record.events[0].data);
  }
  const last = record.events.map(({ data }) => stateOf(data)).findLast((each) => each !== undefined);
  record.expect('state', last, state);
}

function expectTicks(record) {
  const wanted = Array.from({ length: TICKS }, (_, index) => index + 1);
  record.expect(
    'ticks',
    statusTexts(record.events).filter((text) => text.startsWith('tick')),
    wanted.map((tick) => `tick ${tick} of ${TICKS}`),
  );
  record.expect(
    'artifact',
    artifactText(record.events, 'ticks'),
    wanted.map((tick) => `tick ${tick}\n`).join(''),
  );
}

/** What became of one task. */
class TaskRecord {
  events = [];
  problems = [];
  ended = false;
  longestGapMs = 0;

  constructor(kind, number) {
    this.kind = kind;
    this.number = number;
    this.name = `${kind}-${number}`;
    this.agent = kind;
  }

  expect(what, got, wanted) {
    const [is, should] = [got, wanted].map((value) => JSON.stringify(value));
    if (is !== should) this.problems.push(`${what}: ${is} instead of ${should}`);
  }

  /** Notes the longest time without news. */
  heard(began, times) {
    let last = began;
    for (const at of times) {
      if (at - last > this.longestGapMs) {
        this.longestGapMs = at - last;
        this.gapAt = last;
      }
      last = at;
    }
  }
}

/**
 * @param options.times how many times the usual load
 * @param options.kinds of tasks, by name; those of {@link KINDS}, or more
 * @returns {{records: TaskRecord[], record: (kind: string) => TaskRecord, stop: () => Promise<void>}} `record` is for one task
 * more; `stop` begins no more, and waits for what has begun
 */
export function startLoad({ client, receiver, times = 1, kinds = KINDS }) {
  const records = [];
  let stopping = false;
  const begin = (kind) => {
    const record = new TaskRecord(kind, records.length + 1);
    records.push(record);
    return record;
  };
  const lane = async (kind) => {
    const { pauseMs, run } = kinds[kind];
    while (!stopping) {
      const record = begin(kind);
      try {
        await run({ client, record, receiver });
        record.ended = true;
      } catch (error) {
        record.problems.push(String(error?.message ?? error));
      }
      await sleep(pauseMs);
    }
  };
  const running = Object.entries(kinds).flatMap(([kind, { lanes }]) =>
    Array.from({ length: lanes * times }, () => lane(kind)),
  );
  return {
    records,
    record: begin,
    async stop() {
      stopping = true;
      await Promise.all(running);
    },
  };
}
