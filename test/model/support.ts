import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { TaskStart } from '../../src/a2a/contract';
import type { Message, Part, Task } from '../../src/a2a/types';
import { createModelActivities } from '../../src/activities/model';
import type { HistoryEvent } from '../../src/bridge/temporal-calls';
import { modelDefinition } from '../../src/config/model';
import { startAttributes } from '../../src/temporal/task-attributes';
import { testActivities } from '../support/activities';
import { type Harness, type HarnessAgent, message, startHarness } from '../support/harness';
import { eventually, type TestWorker } from '../support/temporal';
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
  worker: TestWorker;
}

const ENDED = ['COMPLETED', 'FAILED', 'CANCELED', 'REJECTED'];

/** A worker, a bridge and a server that plays the model. */
export async function startModelHarness(agents: HarnessAgent[] = []): Promise<ModelHarness> {
  const openai = await startFakeOpenAI();
  const activities: object = { ...testActivities };
  const harness = await startHarness({
    agents: [{ id: 'model' }, { id: 'echo' }, { id: 'interview' }, { id: 'script' }, ...agents],
    activities,
    withoutWorker: true,
  });
  Object.assign(activities, createModelActivities({ agents: harness.agents }));
  const worker = await harness.startWorker();
  const call = harness.call('model');

  const get = (task: Pick<Task, 'id'>) => harness.bridge.getTask({ id: task.id }, call);
  const reached = (task: Pick<Task, 'id'>, ...states: string[]) => {
    const wanted = [...ENDED, ...states].map((state) => `TASK_STATE_${state}`);
    return eventually(async () => {
      const now = await get(task);
      return wanted.includes(now.status.state) && now;
    });
  };
  const begin = async (definition: Definition, content?: string | Part[], more: Partial<Message> = {}) => {
    const start: TaskStart = {
      task: { id: randomUUID(), contextId: more.contextId ?? randomUUID() },
      agentId: 'model',
      message: message(content, more),
      definition: JSON.parse(
        JSON.stringify(modelDefinition.parse({ baseUrl: openai.baseUrl, model: 'fake-1', ...definition })),
      ),
    };
    await harness.temporal.client.workflow.start('model', {
      workflowId: start.task.id,
      taskQueue: harness.taskQueue,
      args: [start],
      typedSearchAttributes: startAttributes(start, call.owner, true),
    });
    return get(start.task);
  };
  const run: ModelHarness['run'] = async (...args) => reached(await begin(...args));
  const history: ModelHarness['history'] = async ({ id }) => {
    const { events } = await harness.temporal.client.workflow.getHandle(id).fetchHistory();
    return events ?? [];
  };
  return { ...harness, openai, worker, get, reached, begin, run, history };
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
