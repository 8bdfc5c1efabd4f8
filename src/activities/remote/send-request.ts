import type { Message, SendMessageRequest } from '../../a2a/types';
import type { ConversationOptions } from './conversation-options';

/** What is sent to a remote agent: the message, and how the call wants it answered. */
export function sendRequest(
  { call, push }: Pick<ConversationOptions, 'call' | 'push'>,
  message: Message,
  returnImmediately: boolean,
): SendMessageRequest {
  const { metadata, acceptedOutputModes } = call;
  const configuration = {
    ...(acceptedOutputModes !== undefined && { acceptedOutputModes }),
    ...(returnImmediately && { returnImmediately }),
    ...(push !== undefined && { taskPushNotificationConfig: push }),
  };
  return {
    message,
    ...(Object.keys(configuration).length > 0 && { configuration }),
    ...(metadata !== undefined && { metadata }),
  };
}
