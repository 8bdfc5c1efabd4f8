/** Monotonic time in nanoseconds, as a number: the same clock in every process of a machine. */
export function nowNs() {
  return Number(process.hrtime.bigint());
}

export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * q;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
}

export function median(values) {
  return quantile(values, 0.5);
}

/** Runs `call` and returns how long it took, in milliseconds. */
export async function timed(call) {
  const start = process.hrtime.bigint();
  await call();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

/** Calls of each side before anything is measured: what Node.js has not compiled yet takes several times as long. */
const WARM_UP = 300;
const WARM_UP_WIDTH = 16;

/**
 * One call at a time: each round makes `calls` of each side in turn. Gives each round's median latency in
 * milliseconds, by side.
 * @param sides {bridge, plain}: functions that make one call
 * @param settle called after each call, outside of what is measured
 * @param warmUp calls of each side before the first round
 */
export async function inTurns({ rounds, calls, sides, settle = async () => {}, warmUp = WARM_UP }) {
  const names = Object.keys(sides);
  const result = Object.fromEntries(names.map((name) => [name, []]));
  for (const name of names) {
    await batch(warmUp, WARM_UP_WIDTH, sides[name]);
    await settle();
  }
  for (let round = -1; round < rounds; round++) {
    const times = Object.fromEntries(names.map((name) => [name, []]));
    for (let call = 0; call < calls; call++) {
      for (const name of order(names, call)) {
        times[name].push(await timed(sides[name]));
        await settle();
      }
    }
    if (round < 0) continue;
    for (const name of names) result[name].push(median(times[name]));
  }
  return result;
}

/**
 * `total` calls of one side, `width` at a time, then as many of the other; the order changes with each round.
 * Gives each round's calls per second, by side.
 * @param settle called after each side, outside of what is measured
 * @param cpu gives the milliseconds that each process has used so far; the result has `cpu`: those per call
 */
export async function inBatches({ rounds, total, width, sides, settle = async () => {}, cpu }) {
  const names = Object.keys(sides);
  const result = Object.fromEntries(names.map((name) => [name, []]));
  const used = Object.fromEntries(names.map((name) => [name, {}]));
  for (let round = -2; round < rounds; round++) {
    for (const name of order(names, round)) {
      const before = await cpu?.();
      const ms = await timed(() => batch(total, width, sides[name]));
      await settle();
      if (round < 0) continue;
      result[name].push((1_000 * total) / ms);
      for (const [process_, now] of Object.entries((await cpu?.()) ?? {})) {
        const each = (now - before[process_]) / (rounds * total);
        used[name][process_] = (used[name][process_] ?? 0) + each;
      }
    }
  }
  return { ...result, cpu: used };
}

/** CPU time per call, which tells more than a clock does on a machine that is busy with other things. */
export function cpuNote({ bridge, plain }) {
  const each = Object.keys(bridge).map(
    (name) => `${name} ${bridge[name].toFixed(1)} against ${plain[name].toFixed(1)}`,
  );
  return each.length === 0 ? undefined : `CPU ms per call: ${each.join(', ')}`;
}

export async function batch(total, width, call) {
  let begun = 0;
  const lane = async () => {
    while (begun < total) {
      begun += 1;
      await call();
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, total) }, lane));
}

export function order(names, round) {
  return round % 2 === 0 ? names : [...names].reverse();
}

/** The ratios of two sides, round by round: their median and quartiles. */
export function ratios(numerators, denominators) {
  const each = numerators.map((value, round) => value / denominators[round]);
  return { median: median(each), q1: quantile(each, 0.25), q3: quantile(each, 0.75), rounds: each.length };
}

/**
 * A row of the table from two lists, one figure a round.
 * @param goal {most} or {least}: what the median of the ratios may be; undefined when it is only reported
 */
export function compared({ name, what, against, unit, bridge, plain, goal, note }) {
  const ratio = ratios(bridge, plain);
  return {
    name,
    what,
    against,
    unit,
    bridge: median(bridge),
    plain: median(plain),
    ratio,
    ...(goal && { goal, pass: meets(ratio.median, goal) }),
    ...(note && { note }),
  };
}

/** A row whose goal is a figure of its own, not a ratio. */
export function counted({ name, what, unit, value, goal, note }) {
  return { name, what, unit, bridge: value, ...(goal && { goal, pass: meets(value, goal) }), note };
}

export function meets(value, { most = Number.POSITIVE_INFINITY, least = Number.NEGATIVE_INFINITY }) {
  return value <= most && value >= least;
}

/** Bytes that this process takes once it has let go of what it can. */
export async function memoryInUse() {
  for (let n = 0; n < 5; n++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external };
}
