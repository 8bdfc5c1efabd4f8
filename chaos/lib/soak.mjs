// Whether memory and event loops of API nodes and workers stay as they are under load that goes on.
import { setTimeout as sleep } from 'node:timers/promises';

const SAMPLE_MS = 5_000;

/** What is left out of each run, since caches fill and code is compiled in it. */
const WARM_UP = 1 / 3;

/** By metric of a process: how far it may grow over the rest of the run, as a part of its median and at least. */
const MEASURED = {
  process_resident_memory_bytes: { name: 'RSS', unit: 'MB', scale: 1e6, part: 0.3, least: 60 },
  nodejs_heap_size_used_bytes: { name: 'heap in use', unit: 'MB', scale: 1e6, part: 0.5, least: 40 },
  nodejs_eventloop_lag_p99_seconds: {
    name: 'event loop delay, p99',
    unit: 'ms',
    scale: 1e-3,
    part: 1,
    least: 50,
  },
};

/**
 * Samples the metrics of processes for so long.
 * @param sources by the name of a process, the URL of its metrics
 * @returns a result as of a check, and lines for the report
 */
export async function soak({ sources, ms }) {
  const samples = new Map();
  const began = Date.now();
  while (Date.now() - began < ms) {
    await sleep(SAMPLE_MS);
    const at = (Date.now() - began) / 60_000;
    if (at * 60_000 < ms * WARM_UP) continue;
    for (const [process_, url] of Object.entries(sources)) {
      const text = await fetch(url).then(
        (answer) => answer.text(),
        () => '',
      );
      for (const [metric, { scale }] of Object.entries(MEASURED)) {
        const value = new RegExp(`^${metric} (.*)$`, 'm').exec(text)?.[1];
        if (value === undefined) continue;
        const key = `${process_} ${metric}`;
        samples.set(key, [...(samples.get(key) ?? []), [at, Number(value) / scale]]);
      }
    }
  }
  const faults = [];
  const lines = [];
  for (const [key, points] of samples) {
    const [process_, metric] = key.split(' ');
    const { name, unit, part, least } = MEASURED[metric];
    const { median, slope } = trendOf(points);
    const growth = slope * (ms / 60_000) * (1 - WARM_UP);
    const line = `${process_} ${name}: ${median.toFixed(1)} ${unit}, ${slope >= 0 ? '+' : ''}${slope.toFixed(2)} ${unit} a minute`;
    lines.push(line);
    if (growth > Math.max(least, part * median)) faults.push(line);
  }
  if (samples.size === 0) faults.push('no process told its metrics');
  return { result: { name: 'memory and event loops flat', faults, note: '' }, lines };
}

/** The median, and the slope of the line that fits best. */
function trendOf(points) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanAt, meanValue] = [mean(points.map(([at]) => at)), mean(points.map(([, value]) => value))];
  let [above, below] = [0, 0];
  for (const [at, value] of points) {
    above += (at - meanAt) * (value - meanValue);
    below += (at - meanAt) ** 2;
  }
  const sorted = points.map(([, value]) => value).sort((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)], slope: below === 0 ? 0 : above / below };
}
