import { z } from 'zod';

/** A limit in agents.yaml. */
const oneLimit = z.union([z.literal('off'), z.number().positive()], {
  error: 'a number above 0, or "off"',
});

const limits = z
  .strictObject({
    requestsPerSecond: oneLimit
      .optional()
      .describe('Sends a second, and as many other calls beside them, on one API node'),
    bytesPerMinute: oneLimit.optional().describe('Bytes of request bodies in a minute, on one API node'),
    openStreams: oneLimit.optional().describe('Streams open at once, on one API node'),
    openTasks: oneLimit.optional().describe('Tasks that have not ended, counted in Temporal for all nodes'),
    webhooks: oneLimit
      .optional()
      .describe('Tasks whose push notifications are being delivered, counted in Temporal for all nodes'),
  })
  .describe('Limits; "off" for none');

/** How much is allowed; what is not set is not limited here. */
export type Limits = z.infer<typeof limits>;
export type Quota = keyof Limits;

/** `quotas:` of one agent. */
export const agentQuotas = z
  .strictObject({
    perCaller: limits.optional().describe('For each caller of this agent'),
    total: limits.optional().describe('For all callers of this agent together'),
  })
  .describe('What this agent takes; all that is called beside it counts for its caller as well');

/** `quotas:` of the whole file. */
export const fileQuotas = z.strictObject({
  perCaller: limits
    .optional()
    .describe('For each caller, at all agents together; instead of the settings QUOTA_*'),
  callers: z
    .record(
      z.string().min(1),
      limits.extend({
        weight: z
          .number()
          .min(0.001)
          .max(1000)
          .optional()
          .describe("Share of a task queue's work, beside those of other callers. Default: 1."),
      }),
    )
    .optional()
    .describe(
      'For certain callers instead: by the owner of their API keys, or by the whole owner, such as "jwt:https://issuer.example.com#subject"',
    ),
});

/** The quotas of callers, as the whole file has them. */
export type CallerQuotas = z.infer<typeof fileQuotas>;

/** The quotas of the agent that is called. */
export interface QuotasOfAgent {
  id: string;
  quotas?: z.infer<typeof agentQuotas> | undefined;
  callerQuotas?: CallerQuotas | undefined;
}

/** One set of limits that a call comes under. */
export interface QuotaScope {
  of: 'caller' | 'agent';
  /** Told from all other scopes by these two. */
  owner?: string;
  agentId?: string;
  limits: Limits;
  /** As in "You have 5 tasks open". */
  who: string;
}

/** All limits that a call of an agent by an owner comes under. */
export function quotaScopes(agent: QuotasOfAgent, owner: string, defaults: Limits = {}): QuotaScope[] {
  const { id: agentId, quotas, callerQuotas } = agent;
  const { weight: _, ...own } = callerIn(callerQuotas, owner) ?? {};
  const limitsOfCaller = { ...defaults, ...callerQuotas?.perCaller, ...own };
  return [
    { of: 'caller', owner, limits: limitsOfCaller, who: 'You have' },
    ...(quotas?.perCaller === undefined
      ? []
      : [
          {
            of: 'caller' as const,
            owner,
            agentId,
            limits: quotas.perCaller,
            who: `At the agent ${agentId}, you have`,
          },
        ]),
    ...(quotas?.total === undefined
      ? []
      : [{ of: 'agent' as const, agentId, limits: quotas.total, who: `The agent ${agentId} has` }]),
  ];
}

/** A text that tells a scope from all others. */
export function scopeKey({ owner, agentId }: QuotaScope): string {
  return JSON.stringify([owner ?? null, agentId ?? null]);
}

/** The limit of a scope, if it has one. */
export function limitIn({ limits }: QuotaScope, quota: Quota): number | undefined {
  const limit = limits[quota];
  return limit === 'off' ? undefined : limit;
}

/** Share of a task queue's work that an owner's tasks get; undefined for that of most. */
export function weightOf({ callerQuotas }: QuotasOfAgent, owner: string): number | undefined {
  return callerIn(callerQuotas, owner)?.weight;
}

function callerIn(quotas: CallerQuotas | undefined, owner: string) {
  const callers = quotas?.callers;
  if (callers === undefined) return undefined;
  const names = [owner, ...(owner.startsWith('key:') ? [owner.slice('key:'.length)] : [])];
  const name = names.find((each) => Object.hasOwn(callers, each));
  return name === undefined ? undefined : callers[name];
}
