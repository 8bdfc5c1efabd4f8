/** What is to be called for promises that have settled, in order. */
const jobs: (() => void)[] = [];

type State = 'pending' | 'fulfilled' | 'rejected';

/**
 * A promise whose callbacks run from a queue of its own and not as microtasks. Temporal's SDK takes a stack trace for
 * every promise that a workflow makes, which is a thousand times the cost of what an interpreter does in between.
 */
class LocalPromise {
  private state: State = 'pending';
  private value: unknown;
  private waiting: (() => void)[] = [];

  constructor(executor: (resolve: (value?: unknown) => void, reject: (reason?: unknown) => void) => void) {
    const reject = (reason: unknown) => this.settle('rejected', reason);
    const resolve = (value: unknown) => {
      if (isThenable(value)) value.then(resolve, reject);
      else this.settle('fulfilled', value);
    };
    try {
      executor(resolve, reject);
    } catch (error) {
      reject(error);
    }
  }

  static resolve(value: unknown): LocalPromise {
    return value instanceof LocalPromise ? value : new LocalPromise((resolve) => resolve(value));
  }

  static all(values: readonly unknown[]): LocalPromise {
    return new LocalPromise((resolve, reject) => {
      const results: unknown[] = [];
      let missing = values.length;
      if (missing === 0) resolve(results);
      for (const [index, value] of values.entries()) {
        LocalPromise.resolve(value).then((result) => {
          results[index] = result;
          missing -= 1;
          if (missing === 0) resolve(results);
        }, reject);
      }
    });
  }

  // biome-ignore lint/suspicious/noThenProperty: it stands in for a promise.
  then(onFulfilled?: (value: unknown) => unknown, onRejected?: (reason: unknown) => unknown): LocalPromise {
    return new LocalPromise((resolve, reject) => {
      const job = () => {
        const callback = this.state === 'fulfilled' ? onFulfilled : onRejected;
        if (callback === undefined) {
          if (this.state === 'fulfilled') resolve(this.value);
          else reject(this.value);
          return;
        }
        try {
          resolve(callback(this.value));
        } catch (error) {
          reject(error);
        }
      };
      if (this.state === 'pending') this.waiting.push(job);
      else jobs.push(job);
    });
  }

  /** The value. @throws what it was rejected with; an Error while it is pending */
  result(): unknown {
    if (this.state === 'fulfilled') return this.value;
    if (this.state === 'rejected') throw this.value;
    throw new Error('it waits for something outside');
  }

  private settle(state: State, value: unknown): void {
    if (this.state !== 'pending') return;
    this.state = state;
    this.value = value;
    jobs.push(...this.waiting);
    this.waiting = [];
  }
}

function isThenable(value: unknown): value is Pick<LocalPromise, 'then'> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/**
 * Runs code that makes all its promises with the global `Promise`, and waits for nothing outside, to its end at once.
 * The code must not use async functions: those make promises of their own.
 * @throws what the code throws or rejects with
 */
export function runToEnd(code: () => unknown): unknown {
  const original = globalThis.Promise;
  globalThis.Promise = LocalPromise as unknown as PromiseConstructor;
  try {
    const promise = LocalPromise.resolve(code());
    for (let next = jobs.shift(); next !== undefined; next = jobs.shift()) next();
    return promise.result();
  } finally {
    jobs.length = 0;
    globalThis.Promise = original;
  }
}
