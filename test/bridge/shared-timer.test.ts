import { SharedTimer } from '../../src/bridge/shared-timer';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

it('calls all listeners with one timer, which ends with the last of them', () => {
  const timer = new SharedTimer(500);
  const [first, second] = [jest.fn(), jest.fn()];
  const endFirst = timer.add(first);
  const endSecond = timer.add(second);
  expect(jest.getTimerCount()).toBe(1);
  jest.advanceTimersByTime(1_000);
  expect([first, second].map((listener) => listener.mock.calls.length)).toEqual([2, 2]);
  endFirst();
  jest.advanceTimersByTime(500);
  expect([first, second].map((listener) => listener.mock.calls.length)).toEqual([2, 3]);
  endSecond();
  endSecond();
  expect(jest.getTimerCount()).toBe(0);
  timer.add(first);
  jest.advanceTimersByTime(500);
  expect(first).toHaveBeenCalledTimes(3);
});

it('lets a listener end itself and others', () => {
  const timer = new SharedTimer(500);
  const last = jest.fn();
  const ends: (() => void)[] = [];
  ends.push(timer.add(() => ends.splice(0).forEach((end) => void end())));
  ends.push(timer.add(last));
  jest.advanceTimersByTime(500);
  expect(last).not.toHaveBeenCalled();
  expect(jest.getTimerCount()).toBe(0);
});
