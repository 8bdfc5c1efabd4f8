import type { WorkerOptions } from '@temporalio/worker';
import { ConfigError } from '../config/config-error';
import type { Settings } from '../config/settings';

type SlotSettings = Pick<
  Settings,
  'activitySlots' | 'workflowSlots' | 'resourceTargets' | 'cachedWorkflows' | 'pollers'
>;

/**
 * How much a worker takes on at once, as its settings have it.
 * @throws ConfigError for slots beside resource targets
 */
export function slotOptions({
  activitySlots,
  workflowSlots,
  resourceTargets,
  cachedWorkflows,
  pollers,
}: SlotSettings): Partial<WorkerOptions> {
  if (resourceTargets !== undefined && (activitySlots ?? workflowSlots) !== undefined) {
    throw new ConfigError([
      'WORKER_RESOURCE_TARGETS decides how much runs at once: leave out WORKER_ACTIVITY_SLOTS and WORKER_WORKFLOW_SLOTS',
    ]);
  }
  const behavior =
    pollers === 'auto'
      ? ({ type: 'autoscaling' } as const)
      : ({ type: 'simple-maximum', ...(pollers !== undefined && { maximum: pollers }) } as const);
  return {
    ...(resourceTargets && { tuner: { tunerOptions: resourceTargets } }),
    ...(activitySlots !== undefined && { maxConcurrentActivityTaskExecutions: activitySlots }),
    ...(workflowSlots !== undefined && { maxConcurrentWorkflowTaskExecutions: workflowSlots }),
    ...(cachedWorkflows !== undefined && { maxCachedWorkflows: cachedWorkflows }),
    ...(pollers !== undefined && {
      workflowTaskPollerBehavior: behavior,
      activityTaskPollerBehavior: behavior,
    }),
  };
}
