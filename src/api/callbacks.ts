import type { Context } from 'koa';
import { BridgeError } from '../a2a/errors';
import type { CallbackInbox } from '../bridge/callbacks';
import { readJsonBody } from './request-body';

/** Header in which agents repeat the token of the push notification config. */
const TOKEN_HEADER = 'X-A2A-Notification-Token';

/**
 * A push notification of an agent that a workflow has called (specification section 4.3.3).
 * @throws BridgeError NOT_FOUND for a wrong token as for a call that nobody waits for: 404 tells no more
 */
export async function serveCallback(
  ctx: Context,
  inbox: Pick<CallbackInbox, 'receive'> | undefined,
  { workflowId = '', callId = '' }: Readonly<Record<string, string>>,
  maxBodyBytes: number,
): Promise<void> {
  // Read and dropped: what counts is that there is news.
  await readJsonBody(ctx, maxBodyBytes);
  const received = await inbox?.receive({ workflowId, callId }, ctx.get(TOKEN_HEADER));
  if (received !== true) throw new BridgeError('NOT_FOUND', 'Nobody waits for this notification');
  ctx.status = 200;
  ctx.body = {};
}
