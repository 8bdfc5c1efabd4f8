import { setImmediate as nextTurn } from 'node:timers/promises';
import { abortable } from '../../src/bridge/temporal-calls';

const gone = new Error('the caller has gone');

it('throws the reason of its signal, however the call ends', async () => {
  const unhandled = jest.fn();
  process.on('unhandledRejection', unhandled);
  try {
    const late = Promise.reject(new Error('Temporal is away'));
    await expect(abortable(late, AbortSignal.abort(gone))).rejects.toBe(gone);

    const leaving = new AbortController();
    let fail: (error: Error) => void = () => {};
    const waiting = abortable(
      new Promise<void>((_, reject) => {
        fail = reject;
      }),
      leaving.signal,
    );
    leaving.abort(gone);
    fail(new Error('Temporal is away'));
    await expect(waiting).rejects.toBe(gone);
    await nextTurn();
  } finally {
    process.off('unhandledRejection', unhandled);
  }
  expect(unhandled).not.toHaveBeenCalled();
});

it('gives the answer of a call whose caller is still there', async () => {
  const { signal } = new AbortController();
  await expect(abortable(Promise.resolve(1), signal)).resolves.toBe(1);
  await expect(abortable(Promise.reject(gone), signal)).rejects.toBe(gone);
});
