import { createHmac, timingSafeEqual } from 'node:crypto';

/** Which call of which workflow a push notification is for. */
export interface CallbackAddress {
  workflowId: string;
  callId: string;
}

/** Where agents that are called report to, and the secret by which their reports are known. */
export interface CallbackOptions {
  /** PUBLIC_URL of the API. */
  baseUrl: string;
  /** Shared by the workers that call and the API nodes that are called back. */
  secret: string;
}

/** Path of the API below which callbacks arrive. */
export const CALLBACK_PATH = '/a2a/callbacks';

/** URL and token for the push notification config of one call. */
export function callbackConfig(
  { workflowId, callId }: CallbackAddress,
  { baseUrl, secret }: CallbackOptions,
): { url: string; token: string } {
  const path = [workflowId, callId].map(encodeURIComponent).join('/');
  return {
    url: `${baseUrl.replace(/\/+$/, '')}${CALLBACK_PATH}/${path}`,
    token: callbackToken({ workflowId, callId }, secret),
  };
}

/** Whether the token is the one that the call was announced with; takes the same time for every wrong one. */
export function isCallbackToken(token: string, address: CallbackAddress, secret: string): boolean {
  const [given, expected] = [token, callbackToken(address, secret)].map((text) => Buffer.from(text));
  return given !== undefined && given.length === expected?.length && timingSafeEqual(given, expected);
}

/** Derived from the address and the secret, so it need not be stored. */
function callbackToken({ workflowId, callId }: CallbackAddress, secret: string): string {
  return createHmac('sha256', secret)
    .update(JSON.stringify([workflowId, callId]))
    .digest('base64url');
}
