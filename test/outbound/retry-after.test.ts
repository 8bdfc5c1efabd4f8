import { retryAfterMs } from '../../src/outbound/retry-after';

const inTwoMinutes = () => new Date(Date.now() + 120_000).toUTCString();

it.each([
  ['retry-after', '3', 3_000],
  ['retry-after', ' 0.5 ', 500],
  ['retry-after-ms', '250', 250],
  ['retry-after', '86400', 3_600_000],
  ['retry-after', '0', undefined],
  ['retry-after', '-1', undefined],
  ['retry-after', 'soon', undefined],
  ['retry-after', '', undefined],
  ['retry-after', 'Wed, 21 Oct 2015 07:28:00 GMT', undefined],
])('%s: %s', (name, value, expected) => {
  expect(retryAfterMs(new Headers({ [name]: value }))).toBe(expected);
});

it('may be a date', () => {
  const wait = retryAfterMs(new Headers({ 'Retry-After': inTwoMinutes() }));
  expect(wait).toBeGreaterThan(60_000);
  expect(wait).toBeLessThanOrEqual(120_000);
});

it('the finer one wins', () => {
  expect(retryAfterMs(new Headers({ 'Retry-After': '1', 'retry-after-ms': '20' }))).toBe(20);
});

it('is not there', () => {
  expect(retryAfterMs(new Headers())).toBeUndefined();
  expect(retryAfterMs(undefined)).toBeUndefined();
});
