/** `; did you mean "name"?`, when one of the candidates is much like the word; otherwise nothing. */
export function suggestion(word: string, candidates: readonly unknown[]): string {
  const most = Math.max(1, Math.min(3, Math.floor(word.length / 3)));
  let best: { text: string; distance: number } | undefined;
  for (const text of candidates) {
    if (typeof text !== 'string') continue;
    const distance = distanceOf(plain(word), plain(text));
    if (distance <= most && distance < (best?.distance ?? Number.POSITIVE_INFINITY))
      best = { text, distance };
  }
  return best === undefined ? '' : `; did you mean ${JSON.stringify(best.text)}?`;
}

/** `task_queue`, `TaskQueue` and `taskQueue` are the same. */
function plain(text: string): string {
  return text
    .slice(0, 100)
    .toLowerCase()
    .replace(/[-_\s]/g, '');
}

/** Letters to insert, leave out, replace or swap with their neighbour. */
function distanceOf(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) least = Math.min(least, (before[j - 2] ?? 0) + 1);
      next.push(least);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
