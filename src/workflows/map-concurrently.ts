import { CancellationScope, isCancellation } from '@temporalio/workflow';

/**
 * Does something for each item, for so many at once. When one fails the others are cancelled, and when all have
 * ended the first failure is thrown.
 */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  limit: number,
  run: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const failures: unknown[] = [];
  const scope = new CancellationScope();
  const worker = async () => {
    while (next < items.length && failures.length === 0) {
      const index = next++;
      try {
        results[index] = await run(items[index] as T, index);
      } catch (error) {
        failures.push(error);
        scope.cancel();
      }
    }
  };
  await scope.run(() => Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker)));
  // A branch that was cancelled because of another says nothing new.
  if (failures.length > 0) throw failures.find((error) => !isCancellation(error)) ?? failures[0];
  return results;
}
