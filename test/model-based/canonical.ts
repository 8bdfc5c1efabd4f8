import { isTerminal } from '../../src/a2a/task-update';
import type { Task } from '../../src/a2a/types';
import { inShort } from '../support/harness';
import { after, type Seen, sameArtifacts, sameStatus } from './fold';
import type { ModelTask, Observation } from './model';
import type { Run } from './run';
import { ReadStream, type WireEvent } from './wire';

/** All that has happened to an ended task, as one stream from its beginning tells it. */
export interface Course {
  events: WireEvent[];
  /** The events in the words of `inShort`. */
  told: string[];
  /** What a client knows behind so many events. */
  seen: Seen[];
  /** When it has ended, in ms since 1970. */
  endedAt: number;
}

export const shortOf = ({ response }: WireEvent): string =>
  inShort({ response } as Parameters<typeof inShort>[0]);

/** Resumes behind the first event of all, and reads to the end. */
export async function readCourse(run: Run, task: ModelTask): Promise<Course> {
  const way = run.way({ node: task.index, wire: 'HTTP+JSON' }, task.owner, task.agent);
  const first = { stream: { events: [{ id: `${await firstRunId(run, task)}:1` }] } };
  const stream = new ReadStream(
    way,
    'SubscribeToTask',
    { id: task.id },
    {
      lastEventId: first.stream.events[0]?.id,
    },
  );
  await stream.ended;
  if (stream.failure !== undefined)
    throw new Error(`${task}: its events cannot be read from the beginning: ${stream.failure}`);
  const { events } = stream;
  const seen: Seen[] = [{ status: { state: 'TASK_STATE_SUBMITTED' }, artifacts: [] }];
  for (const { response } of events) seen.push(after(seen.at(-1) as Seen, response));
  const { status } = seen.at(-1) as Seen;
  if (!isTerminal(status.state)) throw new Error(`${task}: its stream ends as ${status.state}`);
  return { events, told: events.map(shortOf), seen, endedAt: Date.parse(status.timestamp ?? '') };
}

async function firstRunId(run: Run, { id }: ModelTask): Promise<string> {
  const { raw } = await run.system.client.workflow.getHandle(id).describe();
  return raw.workflowExecutionInfo?.firstRunId ?? raw.workflowExecutionInfo?.execution?.runId ?? '';
}

/** Behind how many events the Task may have been shown. */
export function placesOf(
  { seen }: Course,
  task: Task,
  { artifacts }: Pick<Observation, 'artifacts'>,
): number[] {
  return seen.flatMap((each, index) =>
    sameStatus(each.status, task.status) && (!artifacts || sameArtifacts(each.artifacts, task.artifacts))
      ? [index]
      : [],
  );
}
