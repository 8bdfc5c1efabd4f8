/** Calls of Temporal that are made at once for one list. */
const AT_ONCE = 8;

export async function inBatches<T, R>(all: readonly T[], read: (one: T) => R | Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let index = 0; index < all.length; index += AT_ONCE) {
    results.push(...(await Promise.all(all.slice(index, index + AT_ONCE).map(read))));
  }
  return results;
}
