import type { PushConfig } from '../../contract/push';
import { serverAttributes } from '../../tracing/conventions';
import type { Tracing } from '../../tracing/tracing';
import type { PushAttempt } from './post-push';

/** One attempt to notify a receiver. */
export interface TracedPush {
  config: PushConfig;
  /** Attempts in a row that have failed before it. */
  resent: number;
}

/** A span for each request, as HTTP clients have it: its URL may be secret, so all that it names is the host. */
export async function tracedPost(
  tracing: Tracing,
  { config, resent }: TracedPush,
  post: () => Promise<PushAttempt>,
): Promise<PushAttempt> {
  const span = tracing.start({
    name: 'POST',
    kind: 'client',
    attributes: {
      'http.request.method': 'POST',
      ...serverAttributes(config.url),
      'a2a.task.id': config.taskId,
      'http.request.resend_count': resent > 0 ? resent : undefined,
    },
  });
  try {
    const attempt = await span.run(post);
    span.set({ 'http.response.status_code': attempt.status });
    const isTaken = attempt.kind === 'taken';
    span.end(isTaken ? undefined : { type: String(attempt.status ?? 'network') });
    return attempt;
  } catch (error) {
    span.end({ type: 'CANCELED' });
    throw error;
  }
}
