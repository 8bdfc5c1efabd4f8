import { RateMeter } from '../../src/api/rate-meter';

const SECOND = 1_000;

/** A meter of ten a second, and its clock. */
function tenPerSecond() {
  const clock = { now: 5_000 };
  const meter = new RateMeter(() => clock.now);
  const take = (amount = 1, key = 'a') => {
    const wait = meter.wait(key, amount, 10, SECOND);
    if (wait === 0) meter.take(key, amount, 10, SECOND);
    return wait;
  };
  return { clock, meter, take };
}

it('lets a whole bucket through at once, then as much as comes back', () => {
  const { clock, take } = tenPerSecond();
  expect(Array.from({ length: 10 }, () => take())).toEqual(Array(10).fill(0));
  expect(take()).toBeCloseTo(100);
  clock.now += 100;
  expect(take()).toBe(0);
  expect(take()).toBeCloseTo(100);
});

it('counts what is refused for nothing', () => {
  const { clock, take } = tenPerSecond();
  take(10);
  for (let n = 0; n < 50; n++) take();
  clock.now += 100;
  expect(take()).toBe(0);
});

it('keeps keys apart', () => {
  const { take } = tenPerSecond();
  take(10);
  expect(take(1, 'b')).toBe(0);
});

it('lets more than a bucket through when that is full, and has it made up for', () => {
  const { clock, take } = tenPerSecond();
  expect(take(25)).toBe(0);
  expect(take()).toBeCloseTo(1_600);
  clock.now += 1_600;
  expect(take()).toBe(0);
});

it('forgets keys whose bucket is full', () => {
  const { clock, meter, take } = tenPerSecond();
  for (let n = 0; n < 1_000; n++) take(1, `key ${n}`);
  expect(meter.size).toBe(1_000);
  clock.now += 20 * SECOND;
  take();
  expect(meter.size).toBe(1);
});
