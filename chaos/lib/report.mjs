const MAX_SHOWN = 10;

/** What was done, and how long each kind of task was without news. */
export function report({ seed, schedule, records, results, client, more }) {
  const lines = [];
  const faults = countBy(schedule, ({ kind, target }) => `${kind} ${target.replace(/-\d$/, '')}`);
  lines.push(
    `seed ${seed}: ${schedule.length} faults: ${faults.map(([name, n]) => `${n} x ${name}`).join(', ')}`,
  );
  lines.push(
    `${client.repeated.sends} sends repeated, ${client.repeated.resumes} streams resumed, ${client.notices} notices of tasks that wait`,
    '',
  );
  return [...lines, ...linesOfTasks(records), '', ...more, ...linesOfResults(results)].join('\n');
}

/** How many tasks there were of each kind, and how long one was without news. */
export function linesOfTasks(records) {
  const lines = ['kind       tasks   without news, longest (at)'];
  for (const [kind, count] of countBy(records, (record) => record.kind)) {
    const longest = records
      .filter((record) => record.kind === kind)
      .reduce((worst, record) => (record.longestGapMs > worst.longestGapMs ? record : worst));
    const seconds = `${(longest.longestGapMs / 1_000).toFixed(1)} s`;
    lines.push(`${kind.padEnd(10)} ${String(count).padStart(5)}   ${seconds.padStart(8)} (${longest.name})`);
  }
  return lines;
}

/** What each check has found. */
export function linesOfResults(results) {
  const lines = [];
  for (const { name, faults: found, note } of results) {
    lines.push(`${found.length === 0 ? 'ok    ' : 'FAILED'} ${name}${note === '' ? '' : `: ${note}`}`);
    for (const fault of found.slice(0, MAX_SHOWN)) lines.push(`         ${fault}`);
    if (found.length > MAX_SHOWN) lines.push(`         and ${found.length - MAX_SHOWN} more`);
  }
  return lines;
}

function countBy(all, keyOf) {
  const counts = new Map();
  for (const each of all) counts.set(keyOf(each), (counts.get(keyOf(each)) ?? 0) + 1);
  return [...counts];
}
