import { V03PushNotificationSerializer } from '@a2a-js/sdk/compat/v0_3/server';
import type { StreamResponse, Task } from '../../a2a/types';
import { taskToV02 } from '../../a2a/v0-2/to-v0-2';
import { EventsV02 } from '../../a2a/v0-2/to-v0-2-events';
import { toSdkStreamResponse, toSdkTask } from '../../bridge/sdk-types';

/** One notification as it goes over the wire. */
export interface PushBody {
  body: string;
  contentType: string;
}

/**
 * Writes an event in one version of A2A.
 * @param task the Task as it was right after the event, for versions whose notifications are Tasks
 * @param configId in 0.2, the ID by which the client calls the task
 */
export type PushSerializer = (response: StreamResponse, task: Task | undefined, configId: string) => PushBody;

const v03 = new V03PushNotificationSerializer();

/** By the version that a config was made in; one more version is one more line here. */
const SERIALIZERS: Readonly<Record<string, PushSerializer>> = {
  '1.0': (response) => ({ body: JSON.stringify(response), contentType: 'application/a2a+json' }),
  '0.3': (response, task) => v03.serialize(toSdkStreamResponse(response), task && toSdkTask(task)),
  '0.2': (response, task, configId) => ({
    body: JSON.stringify(toldInV02(response, task, configId)),
    contentType: 'application/json',
  }),
};

/** @returns 1.0 for a version that has no notifications of its own */
export function serializerFor(version: string): PushSerializer {
  return SERIALIZERS[version] ?? (SERIALIZERS['1.0'] as PushSerializer);
}

/** Receivers of those years were sent the Task. */
function toldInV02(response: StreamResponse, task: Task | undefined, clientTaskId: string): object {
  const known = response.task ?? task;
  return known === undefined
    ? (new EventsV02(clientTaskId).tell(response).at(-1) ?? {})
    : taskToV02(known, clientTaskId);
}
