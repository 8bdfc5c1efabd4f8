import {
  ApplicationFailure,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  proxyActivities,
  setHandler,
  upsertMemo,
} from '@temporalio/workflow';

/** What is too large in {@link oversize}. */
export type Oversize =
  | 'result'
  | 'memo'
  | 'memos'
  | 'failure'
  | 'rejection'
  | 'details'
  | 'activity input'
  | 'activity result'
  | 'activity failure'
  | 'activity details'
  | 'child'
  | 'continue-as-new'
  | 'answers'
  | 'many';

const { returnLarge, failLarge } = proxyActivities<{
  returnLarge(size: number, input?: string): Promise<string>;
  failLarge(size: number, where: 'message' | 'details'): Promise<void>;
}>({ startToCloseTimeout: '60 seconds', retry: { maximumAttempts: 2, initialInterval: 20 } });

/** A plain workflow, as people write them, that sends what Temporal does not take. */
export async function oversize(kind: Oversize, size = 3_000_000): Promise<unknown> {
  const large = 'x'.repeat(size);
  if (kind === 'result') return large;
  if (kind === 'memo') upsertMemo({ notes: large });
  if (kind === 'failure') throw ApplicationFailure.nonRetryable(`why: ${large}`, 'Unpaid');
  if (kind === 'rejection') throw ApplicationFailure.nonRetryable(`why: ${large}`, 'A2A_REJECTED');
  if (kind === 'details') throw ApplicationFailure.nonRetryable('why', 'Unpaid', large);
  if (kind === 'activity input') await returnLarge(1, large);
  if (kind === 'activity result') await returnLarge(size);
  if (kind === 'activity failure') await failLarge(size, 'message');
  if (kind === 'activity details') await failLarge(size, 'details');
  if (kind === 'child') await executeChild(oversize, { args: [large as Oversize] });
  if (kind === 'continue-as-new') await continueAsNew<(kind: string) => Promise<void>>(large);
  if (kind === 'memos')
    for (let index = 0; index < 3; index++) upsertMemo({ [`notes${index}`]: large.slice(0, size / 3) });
  if (kind === 'many') {
    const half = large.slice(0, size / 2);
    await Promise.all([1, 2, 3].map(() => returnLarge(1, half)));
  }
  if (kind === 'answers') {
    let isDone = false;
    setHandler(defineQuery<string>('large'), () => large);
    setHandler(defineUpdate<string>('large'), async () => large);
    setHandler(defineSignal('end'), () => {
      isDone = true;
    });
    await condition(() => isDone);
    return 'went on';
  }
  return 'was sent';
}
