import { type BridgeError, overQuota } from '../a2a/errors';
import type { AgentConfig } from '../config/agents';
import { type Limits, limitIn, type Quota, type QuotaScope, quotaScopes, scopeKey } from '../config/quotas';
import { type Meter, NO_METER } from '../metrics/meter';
import { RateMeter } from './rate-meter';

/** Limits of each caller that was told no others. */
export const DEFAULT_LIMITS: Limits = { openStreams: 1_000 };

/** Streams end whenever their clients please. */
const STREAM_RETRY_MS = 5_000;

/** Operations that make something, by their names in A2A 1.0; the names of other versions stand for these. */
const MAKERS: ReadonlySet<string> = new Set([
  'SendMessage',
  'SendStreamingMessage',
  'CreateTaskPushNotificationConfig',
]);

/** A call of an agent by an owner. */
export interface CountedCall {
  agent: AgentConfig;
  owner: string;
}

/** What callers may do at this node: requests, bytes and open streams. Tasks and webhooks are counted in Temporal. */
export class CallQuotas {
  private readonly rates = new RateMeter();
  /** Open streams of each scope. */
  private readonly streams = new Map<string, number>();
  private readonly defaults: Limits;

  /** @param limits of each caller that agents.yaml has no others for */
  constructor(
    limits: Limits = {},
    private readonly metrics: Meter = NO_METER,
  ) {
    this.defaults = { ...DEFAULT_LIMITS, ...limits };
  }

  /**
   * Takes a request.
   * @param operation name in A2A 1.0
   * @param bytes of its body
   * @throws BridgeError RESOURCE_EXHAUSTED
   */
  take(call: CountedCall, operation: string, bytes: number): void {
    // A client that polls its tasks is not refused because it has sent too much.
    const kind = MAKERS.has(operation) ? 'send' : 'read';
    const wanted = quotaScopes(call.agent, call.owner, this.defaults).flatMap((scope) => [
      ...this.rate(scope, 'requestsPerSecond', kind, 1, 1_000),
      ...this.rate(scope, 'bytesPerMinute', '', bytes, 60_000),
    ]);
    // What is refused by one is not counted by the others.
    const waits = wanted.map((each) => this.rates.wait(each.key, each.amount, each.limit, each.perMs));
    const waitMs = Math.max(0, ...waits);
    const longest = wanted[waits.indexOf(waitMs)];
    if (waitMs > 0 && longest !== undefined) {
      const { scope, quota } = longest;
      throw this.refusal(call, scope, quota, rateText(scope, quota, kind), waitMs);
    }
    for (const { key, amount, limit, perMs } of wanted) this.rates.take(key, amount, limit, perMs);
  }

  /**
   * Counts a stream until the function that it returns is called.
   * @throws BridgeError RESOURCE_EXHAUSTED
   */
  openStream(call: CountedCall): () => void {
    const scopes = quotaScopes(call.agent, call.owner, this.defaults);
    for (const scope of scopes) {
      const limit = limitIn(scope, 'openStreams');
      const open = this.streams.get(scopeKey(scope)) ?? 0;
      if (limit === undefined || open < limit) continue;
      const text = `${scope.who} ${open} streams open, and ${limit} is the limit: close one first`;
      throw this.refusal(call, scope, 'openStreams', text, STREAM_RETRY_MS);
    }
    const keys = scopes.map(scopeKey);
    for (const key of keys) this.streams.set(key, (this.streams.get(key) ?? 0) + 1);
    return () => {
      for (const key of keys.splice(0)) {
        const left = (this.streams.get(key) ?? 0) - 1;
        if (left > 0) this.streams.set(key, left);
        else this.streams.delete(key);
      }
    };
  }

  private rate(scope: QuotaScope, quota: Quota, kind: string, amount: number, perMs: number) {
    const limit = limitIn(scope, quota);
    if (limit === undefined || amount === 0) return [];
    // Less than one a second is one in so many seconds.
    const most = Math.max(1, limit);
    const key = JSON.stringify([quota, kind, scopeKey(scope)]);
    return [{ scope, quota, key, amount, limit: most, perMs: (perMs * most) / limit }];
  }

  private refusal(
    { agent }: CountedCall,
    scope: QuotaScope,
    quota: Quota,
    text: string,
    waitMs: number,
  ): BridgeError {
    this.metrics.add('a2a_quota_refusals_total', { quota, of: scope.of, agent: agent.id });
    return overQuota(text, quota, limitIn(scope, quota) ?? 0, waitMs);
  }
}

/** As a server's options have them. */
export function callQuotas(
  { quotas, maxStreamsPerCaller }: { quotas?: Limits | CallQuotas | undefined; maxStreamsPerCaller?: number },
  metrics: Meter,
): CallQuotas {
  if (quotas instanceof CallQuotas) return quotas;
  const openStreams = maxStreamsPerCaller === undefined ? {} : { openStreams: maxStreamsPerCaller };
  return new CallQuotas({ ...openStreams, ...quotas }, metrics);
}

function rateText(scope: QuotaScope, quota: Quota, kind: string): string {
  const limit = limitIn(scope, quota);
  const isRead = quota === 'requestsPerSecond' && kind === 'read';
  const verb = scope.of === 'agent' ? 'got' : isRead ? 'made' : 'sent';
  const unit = quota === 'bytesPerMinute' ? 'bytes a minute' : `${isRead ? 'requests' : 'messages'} a second`;
  return `${scope.who} ${verb} more than the limit of ${limit} ${unit}`;
}
