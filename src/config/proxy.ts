import { z } from 'zod';
import { duration, httpUrl, remoteFields, retry, taskQueue } from './fields';

/** What `proxy:` of an agent in agents.yaml holds: a durable front for an agent elsewhere (docs/chains.md). */
export const proxyDefinition = z.strictObject({
  url: httpUrl.describe("URL of the agent's card, or its base URL"),
  ...remoteFields,
  timeout: duration
    .optional()
    .describe(
      'Longest time between a message and its answer; unless set 1d, or none with "waiting: webhook"',
    ),
  retry: retry.optional().describe('How often a call that fails on its way is repeated'),
  taskQueue,
});
