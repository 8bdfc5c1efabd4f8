import { duration, text, wholeNumber } from './setting-schemas';

/** Parts of a machine's memory and CPU: "0.8,0.9". */
const TARGETS = /^(0\.\d{1,3}|1(?:\.0+)?),(0\.\d{1,3}|1(?:\.0+)?)$/;

/** The settings of workers alone, as those in `settings.ts`. */
export const WORKER_SETTINGS = {
  pushRetryFor: {
    env: 'PUSH_RETRY_FOR',
    flag: '--push-retry-for',
    argument: 'duration',
    default: '24h',
    description: 'How long to retry push notifications to a failing webhook before dropping them',
    schema: duration,
  },
  workerHeartbeat: {
    env: 'WORKER_HEARTBEAT',
    flag: '--worker-heartbeat',
    argument: 'duration',
    default: '1s',
    description:
      'Time between heartbeats of the worker, from "1s" to "60s", by which others notice that it has died; "off" for none',
    schema: text
      .refine((value) => value === 'off' || /^([1-9]|[1-5]\d|60)s$/.test(value), '"1s" to "60s", or "off"')
      .transform((value) => (value === 'off' ? 0 : Number.parseInt(value, 10) * 1_000)),
  },
  activitySlots: {
    env: 'WORKER_ACTIVITY_SLOTS',
    flag: '--activity-slots',
    argument: 'number',
    description:
      'Activities that the worker runs at once, 1000 unless set; each call of an agent or model is one',
    schema: wholeNumber('a number from 1 to 100000', 1, 100_000).optional(),
  },
  workflowSlots: {
    env: 'WORKER_WORKFLOW_SLOTS',
    flag: '--workflow-slots',
    argument: 'number',
    description: 'Workflow tasks that the worker runs at once, 40 unless set',
    schema: wholeNumber('a number from 2 to 10000', 2, 10_000).optional(),
  },
  resourceTargets: {
    env: 'WORKER_RESOURCE_TARGETS',
    flag: '--resource-targets',
    argument: 'memory,cpu',
    description:
      'Instead of slots: takes work until these parts of memory and CPU are in use, such as "0.8,0.9"',
    schema: text
      .regex(TARGETS, 'two numbers between 0 and 1, such as "0.8,0.9"')
      .transform((value) => {
        const [targetMemoryUsage = 0, targetCpuUsage = 0] = value.split(',').map(Number);
        return { targetMemoryUsage, targetCpuUsage };
      })
      .optional(),
  },
  cachedWorkflows: {
    env: 'WORKER_CACHED_WORKFLOWS',
    flag: '--cached-workflows',
    argument: 'number',
    description:
      'Tasks that the worker keeps in memory, about 0.4 MB each while they wait; by the memory of the process unless set',
    schema: wholeNumber('a number from 0 to 1000000', 0, 1_000_000).optional(),
  },
  pollers: {
    env: 'WORKER_POLLERS',
    flag: '--pollers',
    argument: 'number',
    description:
      'Polls at once for workflow tasks, and as many for activities: a number, or "auto"; 10 unless set',
    schema: text
      .regex(/^(auto|[2-9]|[1-9]\d{1,2})$/, 'a number from 2 to 999, or "auto"')
      .transform((value) => (value === 'auto' ? value : Number(value)))
      .optional(),
  },
  deploymentName: {
    env: 'TEMPORAL_DEPLOYMENT_NAME',
    flag: '--deployment-name',
    argument: 'name',
    description:
      'Worker deployment that the worker belongs to; together with a build ID, turns versioning on',
    schema: text.optional(),
  },
  buildId: {
    env: 'TEMPORAL_WORKER_BUILD_ID',
    flag: '--build-id',
    argument: 'id',
    description: 'Build ID of the worker in its deployment',
    schema: text.optional(),
  },
  versioningBehavior: {
    env: 'VERSIONING_BEHAVIOR',
    flag: '--versioning-behavior',
    argument: 'behavior',
    default: 'auto-upgrade',
    description:
      'Which build ID runs a task later on: pinned (that of its start) or auto-upgrade (the current one)',
    schema: text
      .refine((value) => value === 'pinned' || value === 'auto-upgrade', '"pinned" or "auto-upgrade"')
      .transform((value) => (value === 'pinned' ? ('PINNED' as const) : ('AUTO_UPGRADE' as const))),
  },
};
