import { z } from 'zod';
import { duration, httpUrl, keepContext, remoteFields, retry, taskQueue } from './fields';

/** What `proxy:` of an agent in agents.yaml holds: a remote agent that is served as an agent of this bridge (docs/chains.md). */
export const proxyDefinition = z.strictObject({
  url: httpUrl.describe("URL of the agent's card, or its base URL"),
  ...remoteFields,
  timeout: duration
    .optional()
    .describe(
      'Longest time between a message and its answer. Default: "1d", or none with "waiting: webhook".',
    ),
  retry: retry
    .optional()
    .describe('Retries of a call that fails. Default: retries with backoff until the timeout.'),
  keepContext,
  taskQueue,
});
