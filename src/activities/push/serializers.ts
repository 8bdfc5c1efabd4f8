import { V03PushNotificationSerializer } from '@a2a-js/sdk/compat/v0_3/server';
import type { StreamResponse, Task } from '../../a2a/types';
import { toSdkStreamResponse } from '../../bridge/sdk-types';

/** One notification as it goes over the wire. */
export interface PushBody {
  body: string;
  contentType: string;
}

/**
 * Writes an event in one version of A2A.
 * @param task the Task as it was right after the event, for versions whose notifications are Tasks
 */
export type PushSerializer = (response: StreamResponse, task: Task | undefined) => PushBody;

const v03 = new V03PushNotificationSerializer();

/** By the version that a config was made in; one more version is one more line here. */
export const SERIALIZERS: Readonly<Record<string, PushSerializer>> = {
  '1.0': (response) => ({ body: JSON.stringify(response), contentType: 'application/a2a+json' }),
  '0.3': (response) => v03.serialize(toSdkStreamResponse(response)),
};

/** @returns 1.0 for a version that has no notifications of its own */
export function serializerFor(version: string): PushSerializer {
  return SERIALIZERS[version] ?? (SERIALIZERS['1.0'] as PushSerializer);
}
