import { z } from 'zod';
import type { Limits } from './quotas';
import { wholeNumber } from './setting-schemas';

function limit(most: number, unit = '') {
  const what = `a whole number${unit} from 1 to ${most}, or "off"`;
  return z.union([z.literal('off'), wholeNumber(what, 1, most)], { error: what });
}

/** What each caller may do, unless agents.yaml says otherwise; as those in `settings.ts`. */
export const QUOTA_SETTINGS = {
  quotaRequestsPerSecond: {
    env: 'QUOTA_REQUESTS_PER_SECOND',
    flag: '--quota-requests-per-second',
    argument: 'number',
    default: 'off',
    description: 'Sends a second that a node takes from one caller, and as many other calls beside them',
    schema: limit(1_000_000),
  },
  quotaBytesPerMinute: {
    env: 'QUOTA_BYTES_PER_MINUTE',
    flag: '--quota-bytes-per-minute',
    argument: 'bytes',
    default: 'off',
    description: 'Bytes of request bodies that a node takes from one caller in a minute',
    schema: limit(1_000_000_000_000 - 1, ' of bytes'),
  },
  quotaOpenStreams: {
    env: 'QUOTA_OPEN_STREAMS',
    flag: '--quota-open-streams',
    argument: 'number',
    default: '1000',
    description: 'Streams that one caller may have open at a node',
    schema: limit(1_000_000),
  },
  quotaOpenTasks: {
    env: 'QUOTA_OPEN_TASKS',
    flag: '--quota-open-tasks',
    argument: 'number',
    default: 'off',
    description: 'Tasks of one caller that may be open at once, at all nodes together',
    schema: limit(1_000_000),
  },
  quotaWebhooks: {
    env: 'QUOTA_WEBHOOKS',
    flag: '--quota-webhooks',
    argument: 'number',
    default: 'off',
    description:
      'Tasks of one caller whose push notifications may be in delivery at once, at all nodes together',
    schema: limit(1_000_000),
  },
} as const;

type QuotaSettings = {
  [Name in keyof typeof QUOTA_SETTINGS]: z.output<(typeof QUOTA_SETTINGS)[Name]['schema']>;
};

/** The settings as limits of each caller. */
export function settingLimits(settings: QuotaSettings): Limits {
  return {
    requestsPerSecond: settings.quotaRequestsPerSecond,
    bytesPerMinute: settings.quotaBytesPerMinute,
    openStreams: settings.quotaOpenStreams,
    openTasks: settings.quotaOpenTasks,
    webhooks: settings.quotaWebhooks,
  };
}
