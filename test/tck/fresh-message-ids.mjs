import { randomUUID } from 'node:crypto';

/**
 * The kit sends different messages, in different tests and within one, under the same message ID, and expects
 * a new task from each (docs/conformance.md). The bridge takes a message ID for what the specification says it
 * is, unique, so each message gets an ID of its own here, with the prefix that the scenarios go by.
 *
 * @param operations TaskOperations, see src/bridge/types.ts
 */
export function withFreshMessageIds(operations) {
  const fresh = (request) => {
    const { message } = request;
    return { ...request, message: { ...message, messageId: `${message.messageId}-${randomUUID()}` } };
  };
  return Object.assign(Object.create(operations), {
    sendMessage: (request, call) => operations.sendMessage(fresh(request), call),
    sendStreamingMessage: (request, call) => operations.sendStreamingMessage(fresh(request), call),
  });
}
