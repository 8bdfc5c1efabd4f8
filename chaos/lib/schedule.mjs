// What is done to the cluster, and when: the same for the same seed and length.
import { randomFrom } from './random.mjs';

/** Between two faults, in ms. */
const PAUSE_MS = { least: 2_500, most: 6_000 };

/** How long a fault lasts, in ms: until a killed process is started again, a frozen one goes on, or a link is mended. */
const FAULTS = [
  { kind: 'kill', targets: ['api-1', 'api-2'], weight: 4, least: 200, most: 2_000 },
  { kind: 'kill', targets: ['worker-1', 'worker-2'], weight: 6, least: 200, most: 4_000 },
  // Long enough for the others to take it for dead; then it goes on.
  { kind: 'freeze', targets: ['worker-1', 'worker-2'], weight: 3, least: 3_000, most: 6_000 },
  // Its supervisor starts it again at once.
  { kind: 'kill', targets: ['temporal'], weight: 2, least: 0, most: 0 },
  { kind: 'kill', targets: ['remote'], weight: 2, least: 200, most: 2_000 },
  { kind: 'kill', targets: ['receiver'], weight: 2, least: 200, most: 3_000 },
  {
    kind: 'cut',
    targets: ['api-1', 'api-2', 'worker-1', 'worker-2', 'remote', 'clients-1', 'clients-2'],
    weight: 3,
    least: 0,
    most: 2_000,
  },
  {
    kind: 'slow',
    targets: ['api-1', 'worker-1', 'worker-2', 'remote'],
    weight: 2,
    least: 1_000,
    most: 4_000,
  },
  { kind: 'silence', targets: ['api-2', 'worker-1', 'worker-2'], weight: 1, least: 1_000, most: 4_000 },
];

/** So that even a short run has each of these once. */
const FIRST = [
  ['kill', 'worker-1'],
  ['kill', 'api-1'],
  ['kill', 'receiver'],
  ['kill', 'remote'],
  ['kill', 'temporal'],
  ['cut', 'api-2'],
  ['freeze', 'worker-1'],
  ['kill', 'worker-2'],
  ['slow', 'worker-1'],
];

/**
 * @returns {{at: number, kind: string, target: string, ms: number}[]} `at` is in ms from the beginning
 */
export function scheduleOf({ seed, ms }) {
  const random = randomFrom(seed);
  const faults = [];
  for (let at = PAUSE_MS.most; at < ms; at += random.between(PAUSE_MS.least, PAUSE_MS.most)) {
    const [kind, target] = FIRST[faults.length] ?? [];
    const row =
      kind === undefined
        ? random.weighted(FAULTS)
        : FAULTS.find((each) => each.kind === kind && each.targets.includes(target));
    faults.push({
      at,
      kind: row.kind,
      target: target ?? row.targets[random.between(0, row.targets.length - 1)],
      ms: random.between(row.least, row.most),
    });
  }
  return faults;
}

/** How long Temporal's disk is full, in ms: longer than the SDK repeats a call. */
const FULL_DISK_MS = { least: 5_000, most: 9_000 };

/** With Temporal's disk full once, about half way. The other faults of a seed are the same with it and without. */
export function withFullDisk(schedule, { seed, ms }) {
  const random = randomFrom(~seed);
  const fault = {
    at: random.between(Math.round(0.4 * ms), Math.round(0.6 * ms)),
    kind: 'fill',
    target: 'disk',
    ms: random.between(FULL_DISK_MS.least, FULL_DISK_MS.most),
  };
  return [...schedule, fault].sort((a, b) => a.at - b.at);
}

/** SIGKILL of one API node after the other, every ten seconds. */
export function apiKills({ seed, ms }) {
  const random = randomFrom(seed);
  const faults = [];
  for (let at = 10_000; at < ms; at += 10_000) {
    const target = `api-${1 + (faults.length % 2)}`;
    faults.push({ at, kind: 'kill', target, ms: random.between(200, 2_000) });
  }
  return faults;
}
