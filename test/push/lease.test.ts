import { Lease, LeaseEnded } from '../../src/activities/push/lease';
import type { TemporalCalls } from '../../src/bridge/temporal-calls';
import { eventually } from '../support/eventually';

const progress = { delivered: 0, failures: 0 };

/** A lease that has to be renewed every few ms, of a Temporal that says what `answer` says. */
function makeLease(answer: () => object = () => ({ cancelRequested: false })) {
  const renewals = jest.fn(answer);
  const calls = {
    payloads: { encode: async () => ({}) },
    namespace: 'default',
    client: { options: { identity: 'test' } },
    call: async () => renewals(),
  } as unknown as TemporalCalls;
  const stop = new AbortController();
  const taskToken = new Uint8Array();
  const lease = new Lease({ calls, taskToken, heartbeatTimeoutMs: 10, signal: stop.signal });
  return { lease, renewals, stop };
}

it('is renewed while something is waited for, however long, and nothing piles up meanwhile', async () => {
  const { lease, renewals } = makeLease();
  let arrive: (text: string) => void = () => {};
  const wait = new Promise<string>((resolve) => {
    arrive = resolve;
  });
  const then = jest.spyOn(wait, 'then');
  // Each race would leave a reaction behind that lives as long as the promise.
  const race = jest.spyOn(Promise, 'race');
  const result = lease.during(wait, progress);
  await eventually(() => renewals.mock.calls.length >= 10);
  expect(then).toHaveBeenCalledTimes(1);
  expect(race).not.toHaveBeenCalled();
  arrive('news');
  await expect(result).resolves.toEqual({ value: 'news' });
});

it('gives what is there at once, and what goes wrong', async () => {
  const { lease, renewals } = makeLease();
  await expect(lease.during(Promise.resolve(1), progress)).resolves.toEqual({ value: 1 });
  const error = new Error('Temporal is away');
  await expect(lease.during(Promise.reject(error), progress)).rejects.toBe(error);
  expect(renewals).not.toHaveBeenCalled();
});

it('is given up after a time, with the activity, and with the config', async () => {
  const never = new Promise(() => {});
  await expect(makeLease().lease.during(never, progress, 1)).resolves.toBeUndefined();

  const { lease, stop } = makeLease();
  const ending = lease.during(never, progress);
  const reason = new Error('the worker stops');
  stop.abort(reason);
  await expect(ending).rejects.toBe(reason);

  const deleted = makeLease(() => ({ cancelRequested: true }));
  await expect(deleted.lease.during(never, progress)).rejects.toBeInstanceOf(LeaseEnded);
});
