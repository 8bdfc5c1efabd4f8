import { defaultPayloadConverter } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import type { Message } from '../../src/a2a/types';
import { DIALECT_MEMO } from '../../src/contract/contract';
import { memoSummary, startMemo } from '../../src/contract/memo-summary';

const { Memo } = temporal.api.common.v1;

/** Bytes of a memo from which on the SDKs warn by default, as Temporal does. */
const WARNED = 2 * 1024;

const said = (text: string): Message => ({ messageId: 'm', role: 'ROLE_USER', parts: [{ text }] });

/** As it is sent, with all that the bridge may write at a start. */
function bytesOfStart(message: Message): number {
  const memo = { ...startMemo(message), [DIALECT_MEMO]: 'agent-native' };
  const fields = Object.fromEntries(
    Object.entries(memo).map(([name, value]) => [name, defaultPayloadConverter.toPayload(value)]),
  );
  return Memo.encode({ fields }).finish().length;
}

it('the memo of a start stays below what the SDKs warn of', () => {
  const sizes = Array.from({ length: 600 }, (_, n) => n * 10);
  expect(Math.max(...sizes.map((size) => bytesOfStart(said('x'.repeat(size)))))).toBeLessThan(WARNED);
  expect(startMemo(said('x'.repeat(1_500)))).toHaveProperty('a2a_summary.history');
  expect(startMemo(said('x'.repeat(3_000)))).toEqual({});
});

it('what a workflow writes later may be larger', () => {
  expect(memoSummary({ history: [said('x'.repeat(3_000))] })).toBeDefined();
  expect(memoSummary({ history: [said('x'.repeat(4_000))] })).toBeUndefined();
});
