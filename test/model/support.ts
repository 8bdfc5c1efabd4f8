import type { z } from 'zod';
import type { Message, Part, Task } from '../../src/a2a/types';
import { createActivities } from '../../src/activities';
import type { HistoryEvent } from '../../src/bridge/temporal-calls';
import { modelDefinition } from '../../src/config/model';
import { testActivities } from '../support/activities';
import {
  type Harness,
  type HarnessOptions,
  immediate,
  request,
  startHarness,
  taskOf,
} from '../support/harness';
import { cleanUpAfterAll, eventually, startTestWorker, type TestWorker } from '../support/temporal';
import { type FakeOpenAI, startFakeOpenAI } from './fake-openai';

export type Definition = Partial<z.input<typeof modelDefinition>>;

export interface ModelHarness extends Omit<Harness, 'worker'> {
  openai: FakeOpenAI;
  /** Starts a task of the agent `model` with this definition; baseUrl and model are filled in. */
  begin(definition: Definition, content?: string | Part[], more?: Partial<Message>): Promise<Task>;
  get(task: Pick<Task, 'id'>): Promise<Task>;
  /** The task once it is in one of these states, or has ended. */
  reached(task: Pick<Task, 'id'>, ...states: string[]): Promise<Task>;
  /** Begins a task and waits for its end. */
  run(definition: Definition, content?: string | Part[], more?: Partial<Message>): Promise<Task>;
  /** The events of the task's current run. */
  history(task: Pick<Task, 'id'>): Promise<HistoryEvent[]>;
  /** What operators read of the failure of its last activity. */
  detailOf(task: Pick<Task, 'id'>): Promise<string>;
  worker: TestWorker;
}

const ENDED = ['COMPLETED', 'FAILED', 'CANCELED', 'REJECTED'];

/** A worker, a bridge and a server that plays the model. */
export async function startModelHarness(options: HarnessOptions = {}): Promise<ModelHarness> {
  const openai = await startFakeOpenAI();
  cleanUpAfterAll(() => openai.close());
  const own = { baseUrl: openai.baseUrl, model: 'fake-1' };
  const harness = await startHarness({
    agents: [{ id: 'model', model: own }, { id: 'echo' }, { id: 'interview' }, { id: 'script' }],
    withoutWorker: true,
    ...options,
  });
  const startWorker = () =>
    startTestWorker({
      connection: harness.temporal.connection,
      taskQueue: harness.taskQueue,
      activities: {
        ...testActivities,
        ...createActivities({ agents: harness.agents, remote: { outboundAllow: ['127.0.0.0/8'] } }),
      },
    });
  const worker = await startWorker();
  const call = harness.call('model');

  const get = (task: Pick<Task, 'id'>) => harness.bridge.getTask({ id: task.id }, call);
  const reached = (task: Pick<Task, 'id'>, ...states: string[]) => {
    const wanted = [...ENDED, ...states].map((state) => `TASK_STATE_${state}`);
    return eventually(async () => {
      const now = await get(task);
      return wanted.includes(now.status.state) && now;
    });
  };
  const begin: ModelHarness['begin'] = async (definition, content, more) => {
    const { taskQueue: _, ...whole } = modelDefinition.parse({ ...own, ...definition });
    const agent = { ...call.agent, definition: JSON.parse(JSON.stringify(whole)) };
    return taskOf(await harness.bridge.sendMessage(immediate(request(content, more)), { ...call, agent }));
  };
  const run: ModelHarness['run'] = async (...args) => reached(await begin(...args));
  const history: ModelHarness['history'] = async ({ id }) => {
    const { events } = await harness.temporal.client.workflow.getHandle(id).fetchHistory();
    return events ?? [];
  };
  const detailOf: ModelHarness['detailOf'] = async (task) => {
    const failures = (await history(task)).flatMap(({ activityTaskFailedEventAttributes: failed }) =>
      failed?.failure ? [failed.failure] : [],
    );
    return failures.at(-1)?.cause?.message ?? '';
  };
  return { ...harness, startWorker, openai, worker, get, reached, begin, run, history, detailOf };
}

/** Everything that is written in a history, with its payloads made readable. */
export function textIn(events: HistoryEvent[]): string {
  return JSON.stringify(events, (key, value: unknown) =>
    key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : value,
  );
}

/** What the answer artifact holds. */
export function answerOf(task: Task): string | undefined {
  return task.artifacts?.find(({ artifactId }) => artifactId === 'answer')?.parts[0]?.text;
}

/** What the task says about its end. */
export function reasonOf(task: Task): string {
  return `${task.status.state.replace('TASK_STATE_', '')}: ${task.status.message?.parts[0]?.text ?? ''}`;
}
