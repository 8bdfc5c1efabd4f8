/** Calls of Temporal that are made at once for one list. */
const AT_ONCE = 8;

/** What `read` makes of each, in their order; so many at a time. */
export async function inBatches<T, R>(all: readonly T[], read: (one: T) => R | Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = all.entries();
  const lane = async () => {
    for (const [index, one] of left) results[index] = await read(one);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, all.length) }, lane));
  return results;
}
