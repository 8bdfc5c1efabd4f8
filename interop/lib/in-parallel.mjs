/** Does each of these, no more than so many at the same time; begins none after one has failed. */
export async function inParallel(atOnce, all, body) {
  const left = [...all];
  const work = async () => {
    try {
      for (let one = left.shift(); one !== undefined; one = left.shift()) await body(one);
    } catch (error) {
      left.length = 0;
      throw error;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}
