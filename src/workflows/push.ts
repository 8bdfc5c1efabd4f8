import {
  ActivityCancellationType,
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  currentUpdateInfo,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  MAX_PUSH_CONFIGS,
  PUSH_DELETE,
  PUSH_LIMIT_FAILURE,
  PUSH_QUERY,
  PUSH_SET,
  PUSH_TIMES,
  PUSH_WITHDRAW,
  type PushDelivery,
  type PushEnd,
  type PushJob,
  type PushResult,
  type PushStart,
  type PushState,
  type PushTimes,
  tooManyPushConfigs,
} from '../contract/push';
import { bareUrl, summaryOf } from '../contract/summary';
import { showDetails } from './current-details';

const pushQuery = defineQuery<PushState>(PUSH_QUERY);
const setUpdate = defineUpdate<void, [PushDelivery]>(PUSH_SET);
const setSignal = defineSignal<[PushDelivery]>(PUSH_SET);
const withdrawSignal = defineSignal<[string]>(PUSH_WITHDRAW);
const deleteUpdate = defineUpdate<void, [string]>(PUSH_DELETE);

/** Updates that can still be withdrawn: their callers wait for seconds. */
const WITHDRAWABLE = 100;

interface PushActivities {
  deliverPush(job: PushJob): Promise<PushResult>;
}

/**
 * Delivers the push notifications of one task: an activity for each of its configs follows the task's history and
 * calls the webhook. The workflow holds configs and outcomes; of the task itself it knows the ID. Where an activity
 * is, is in its heartbeat, and its failed attempts are Temporal's retries, so that neither adds to the history.
 * Ends when every delivery has; its query still tells of them then.
 */
export async function a2aPush({ state, ...start }: PushStart): Promise<PushEnd> {
  const { taskId, times, maxEvents = Number.POSITIVE_INFINITY } = start;
  const deliveries = new Map((state?.deliveries ?? []).map((each) => [each.config.id, each]));
  const scopes = new Map<string, CancellationScope>();
  const withdrawn = new Set<string>();
  /** What takes an update back, by its ID, oldest first. */
  const undo = new Map<string, () => void>();
  let leaving = false;

  const begin = (delivery: PushDelivery) => {
    const { id } = delivery.config;
    const scope = new CancellationScope();
    scopes.set(id, scope);
    void scope
      .run(() => deliver(delivery))
      .catch((error: unknown) => {
        // Deleted, replaced, or this run is about to end.
        if (!isCancellation(error)) throw error;
      })
      .finally(() => {
        if (scopes.get(id) === scope) scopes.delete(id);
      });
  };
  const end = (id: string) => {
    scopes.get(id)?.cancel();
    scopes.delete(id);
    deliveries.delete(id);
    show();
  };
  const show = () => {
    const lines = [...deliveries.values()].map(
      (delivery) => `- ${originOf(delivery)}: ${delivery.outcome ?? 'under way'}`,
    );
    showDetails(lines.join('\n'));
  };
  const deliver = async (delivery: PushDelivery) => {
    while (delivery.outcome === undefined && !leaving) {
      const { outcome, progress } = await attempt(delivery, { ...PUSH_TIMES, ...times });
      delivery.progress = progress;
      if (outcome === 'quiet') delivery.quiet = true;
      else if (outcome !== 'stopped') delivery.outcome = outcome;
      show();
    }
  };
  const set = (delivery: PushDelivery) => {
    const { id } = delivery.config;
    const known = deliveries.get(id);
    // Sent again: what is under way goes on where it is.
    if (known !== undefined && known.outcome === undefined && isSame(known, delivery)) return;
    put(delivery);
    const updateId = currentUpdateInfo()?.id;
    if (updateId === undefined) return;
    undo.set(updateId, () => {
      if (deliveries.get(id) !== delivery) return;
      if (known === undefined) end(id);
      else put(known);
    });
    for (const oldest of undo.keys()) if (undo.size > WITHDRAWABLE) undo.delete(oldest);
  };
  const put = (delivery: PushDelivery) => {
    const { id } = delivery.config;
    end(id);
    deliveries.set(id, delivery);
    show();
    if (!leaving && delivery.outcome === undefined) begin(delivery);
  };
  const isFull = ({ config }: PushDelivery) =>
    deliveries.size >= MAX_PUSH_CONFIGS && !deliveries.has(config.id);

  show();
  // Before the handlers, which are called at once for what has come already.
  for (const delivery of deliveries.values()) if (delivery.outcome === undefined) begin(delivery);
  setHandler(pushQuery, () => ({ deliveries: [...deliveries.values()] }), {
    description: 'The configs, and how far their deliveries are',
  });
  setHandler(setUpdate, async (delivery) => set(delivery), {
    description: 'Begins a delivery, or replaces the one of the same ID',
    validator: (delivery) => {
      if (withdrawn.has(currentUpdateInfo()?.id ?? '')) throw ApplicationFailure.nonRetryable('Withdrawn');
      if (!isFull(delivery)) return;
      throw ApplicationFailure.nonRetryable(tooManyPushConfigs(taskId), PUSH_LIMIT_FAILURE);
    },
  });
  setHandler(
    withdrawSignal,
    (updateId) => {
      withdrawn.add(updateId);
      undo.get(updateId)?.();
    },
    {
      description: 'Takes an update back whose caller has heard that it failed, or refuses it when it comes',
    },
  );
  // The config of the message that makes the task: the first of all.
  setHandler(
    setSignal,
    (delivery) => {
      if (!isFull(delivery)) set(delivery);
    },
    { description: 'Begins the delivery that the first message of the task has asked for' },
  );
  setHandler(deleteUpdate, async (id) => end(id), { description: 'Ends the delivery of this ID' });

  const isDone = () => [...deliveries.values()].every(({ outcome }) => outcome !== undefined);
  const isLong = () => workflowInfo().continueAsNewSuggested || workflowInfo().historyLength > maxEvents;
  await condition(() => (isDone() || isLong()) && allHandlersFinished());
  if (!isDone()) {
    leaving = true;
    for (const scope of scopes.values()) scope.cancel();
    await condition(() => scopes.size === 0 && allHandlersFinished());
    await continueAsNew<typeof a2aPush>({ ...start, state: { deliveries: [...deliveries.values()] } });
  }
  return [...deliveries.values()].map(({ config, outcome }) => ({ id: config.id, outcome }));
}

async function attempt(delivery: PushDelivery, times: PushTimes): Promise<PushResult> {
  const { outcome: _, quiet = false, ...job } = delivery;
  const { heartbeat, quietHeartbeat, quietAfter } = times;
  const { deliverPush } = proxyActivities<PushActivities>({
    // As long as tasks take; the heartbeat tells of lost workers.
    startToCloseTimeout: '90 days',
    heartbeatTimeout: quiet ? quietHeartbeat : heartbeat,
    // So that the run after this one knows how far it has come.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    // The activity says itself when it wants to be tried again; this is for workers that are lost.
    retry: { initialInterval: '1 second', backoffCoefficient: 1 },
    summary: summaryOf(`To ${originOf(delivery)}`),
  });
  try {
    const { firstExecutionRunId: firstRunId } = workflowInfo();
    return await deliverPush({ ...job, firstRunId, ...(!quiet && { quietAfter }) });
  } catch (error) {
    if (isCancellation(error)) throw error;
    const progress = delivery.progress ?? { delivered: 0, failures: 0 };
    return {
      outcome: 'failed',
      progress: { ...progress, lastError: 'The delivery could not be carried out' },
    };
  }
}

/** The receiver, without what may be secret in its URL. */
function originOf({ config }: PushDelivery): string {
  return /^https?:\/\/[^/?#]+/i.exec(bareUrl(config.url))?.[0] ?? '';
}

/** As JSON, which is what both were made of. */
function isSame(known: PushDelivery, { config, version }: PushDelivery): boolean {
  return known.version === version && JSON.stringify(known.config) === JSON.stringify(config);
}
