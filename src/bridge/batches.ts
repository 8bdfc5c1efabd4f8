/** Calls of Temporal that are made at once for one list, unless the caller says. */
const AT_ONCE = 8;

/** What `read` makes of each, in their order; so many at a time. */
export async function inBatches<T, R>(
  all: readonly T[],
  read: (one: T) => R | Promise<R>,
  atOnce = AT_ONCE,
): Promise<R[]> {
  const results: R[] = [];
  const left = all.entries();
  const lane = async () => {
    for (const [index, one] of left) results[index] = await read(one);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, all.length) }, lane));
  return results;
}
