import { log } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { PushSeal } from '../../bridge/push-seal';
import { ReadReports } from '../../bridge/read-reports';
import type { PushSigner } from '../../bridge/push-signer';
import { KnownTasks } from '../../bridge/known-tasks';
import { TaskFollower } from '../../bridge/task-follower';
import { type BridgeLogger, TemporalCalls } from '../../bridge/temporal-calls';
import { meterFollower } from '../../bridge/bridge-metrics';
import type { EncryptionKeys } from '../../contract/encryption-keys';
import { type Meter, NO_METER } from '../../metrics/meter';
import { NO_TRACING, type Tracing } from '../../tracing/tracing';
import { OutboundClient } from '../../outbound/outbound-client';
import { PushBacklog } from './backlog';
import { createDeliverPush } from './deliver-push';
import { KeySlots } from '../../temporal/key-slots';

export interface PushActivityOptions {
  client: Client;
  /** CIDRs beyond the public internet where receivers may be (`OUTBOUND_ALLOW`). */
  outboundAllow?: readonly string[];
  /** How long a receiver may fail before it is given up, in ms; 24 h unless set. */
  retryForMs?: number;
  /** Signs every notification. */
  signer?: PushSigner | undefined;
  /** With which the bridge seals configs: see `PushOptions`. */
  sealingKeys?: EncryptionKeys | undefined;
  /** Requests to one host at once; 20 unless set. */
  maxPerHost?: number;
  /** Long polls for histories at once; 300 unless set. Other tasks are looked at from time to time. */
  maxLongPolls?: number;
  /** Where deliveries are counted; by nobody unless set. */
  metrics?: Meter | undefined;
  /** Where requests are traced; by nobody unless set. */
  tracing?: Tracing | undefined;
}

/** Pause in ms between two looks at a task that has no long poll: these are many, and most are idle. */
const LOOK_MS = { first: 1_000, last: 30_000 };

/** Of what was read of tasks, so that a delivery which is taken up again reads nothing again. */
const REMEMBERED_BYTES = 16 * 1024 ** 2;

/** Of the worker, with the activity that runs. */
const logger: Pick<BridgeLogger, 'warn'> = {
  warn: (fields: object, message?: string) => log.warn(message ?? '', { ...fields }),
};

/** The activities of the push worker, and what ends them. */
export function createPushActivities(options: PushActivityOptions) {
  const calls = new TemporalCalls(options.client);
  const follower = new TaskFollower(calls, {
    maxLongPolls: options.maxLongPolls ?? 300,
    lookMs: LOOK_MS,
    known: new KnownTasks(calls, REMEMBERED_BYTES),
  });
  const { metrics = NO_METER, tracing = NO_TRACING } = options;
  const backlog = new PushBacklog();
  const gauges = [backlog.meter(metrics), meterFollower(metrics, follower, 'push')];
  const outbound = new OutboundClient({ allow: options.outboundAllow ?? [], trace: tracing.fields });
  const deliverPush = createDeliverPush({
    calls,
    follower,
    outbound,
    hosts: new KeySlots(options.maxPerHost ?? 20),
    signer: options.signer,
    seal: new PushSeal(options.sealingKeys),
    reports: new ReadReports(logger),
    metrics,
    tracing,
    backlog,
    retryForMs: options.retryForMs ?? 24 * 60 * 60_000,
  });
  return {
    activities: { deliverPush },
    close: async () => {
      for (const end of gauges) end();
      follower.close();
      await outbound.close();
    },
  };
}
