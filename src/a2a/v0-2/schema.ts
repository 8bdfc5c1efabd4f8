import { id, integer, list, object, string, struct, word } from '../schema-fields';
import { part, pushConfig } from '../v0-3/schema';

/**
 * The parameters of the methods of A2A 0.2 as they arrive. What comes out has the shapes of 1.0 inside; what is wrong
 * is told with the names of 0.2.
 */

const message = object({
  // Messages had no IDs, but nothing forbade them.
  messageId: id.exactOptional(),
  role: word(['user']),
  parts: list(part, { min: 1 }),
  metadata: struct.exactOptional(),
});

/** `tasks/send` and `tasks/sendSubscribe`. */
export const taskSendParams = object({
  id,
  sessionId: id.exactOptional(),
  message,
  acceptedOutputModes: list(string).exactOptional(),
  pushNotification: pushConfig.exactOptional(),
  historyLength: integer(0).exactOptional(),
  metadata: struct.exactOptional(),
});

/** `tasks/get` and `tasks/resubscribe`. */
export const taskQueryParams = object({ id, historyLength: integer(0).exactOptional() });

/** `tasks/cancel` and `tasks/pushNotification/get`. */
export const taskIdParams = object({ id });

/** `tasks/pushNotification/set`. */
export const taskPushConfigParams = object({ id, pushNotificationConfig: pushConfig });
