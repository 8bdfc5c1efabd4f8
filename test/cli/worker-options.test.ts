import { slotOptions } from '../../src/cli/worker-options';
import { readSettings } from '../../src/config/settings';

const options = (env: NodeJS.ProcessEnv) => slotOptions(readSettings(env));

it("leaves the defaults to the SDK's worker", () => {
  expect(options({})).toEqual({});
});

it('has slots, cache and pollers of the settings', () => {
  const env = {
    WORKER_ACTIVITY_SLOTS: '50',
    WORKER_WORKFLOW_SLOTS: '20',
    WORKER_CACHED_WORKFLOWS: '0',
    WORKER_POLLERS: '4',
  };
  expect(options(env)).toEqual({
    maxConcurrentActivityTaskExecutions: 50,
    maxConcurrentWorkflowTaskExecutions: 20,
    maxCachedWorkflows: 0,
    workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: 4 },
    activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 4 },
  });
  expect(options({ WORKER_POLLERS: 'auto' }).activityTaskPollerBehavior).toEqual({ type: 'autoscaling' });
});

it('has a tuner instead of slots', () => {
  const env = { WORKER_RESOURCE_TARGETS: '0.8,0.9' };
  expect(options(env)).toEqual({
    tuner: { tunerOptions: { targetMemoryUsage: 0.8, targetCpuUsage: 0.9 } },
  });
  expect(() => options({ ...env, WORKER_WORKFLOW_SLOTS: '20' })).toThrow(/^WORKER_RESOURCE_TARGETS decides/);
});

it.each([
  [{ WORKER_RESOURCE_TARGETS: '80,90' }, 'WORKER_RESOURCE_TARGETS: expected two numbers between 0 and 1'],
  [{ WORKER_POLLERS: '1' }, 'WORKER_POLLERS: expected a number from 2 to 999, or "auto", got "1"'],
  [{ SHUTDOWN_GRACE: '3' }, 'SHUTDOWN_GRACE: expected a whole number with a unit'],
])('refuses %j', (env, message) => {
  expect(() => options(env)).toThrow(message);
});
