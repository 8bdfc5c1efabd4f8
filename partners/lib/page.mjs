// The tables as docs/partners.md holds them: one row a partner, one column a case, and notes below.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../../docs/partners.md', import.meta.url));
const CELLS = { passed: 'yes', failed: '**no**', theirs: 'theirs', none: '–', skipped: 'not run' };

/** @param results by partner ID: by case, {outcome, detail} */
export function toMarkdown(table, results, known = new Map()) {
  const header = ['', 'version', ...table.cases];
  const rows = table.partners.flatMap((partner) => {
    const of = results.get(partner.id);
    if (of === undefined) return known.get(partner.name) ?? [];
    const cells = table.cases.map((name) => CELLS[of[name]?.outcome ?? 'skipped']);
    // What a case tells may be what its column is for.
    if (of.card?.outcome === 'passed') cells[table.cases.indexOf('card')] = of.card.detail;
    return row([partner.name, `${partner.package} ${partner.version}`, ...cells]);
  });
  const notes = table.partners.flatMap(notesOf);
  return [
    row(header),
    row(header.map(() => '---')),
    ...rows,
    ...(notes.length > 0 ? ['', ...notes] : []),
  ].join('\n');
}

/** Puts the table into the page; partners that did not run keep their rows. */
export function writePage(table, results) {
  const text = readFileSync(PAGE, 'utf8');
  const [begin, end] = [`<!-- ${table.id} -->\n`, `\n<!-- end of ${table.id} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/partners.md has no place for ${table.id}`);
  const old = text.slice(from + begin.length, to).split('\n');
  const rows = old.filter((line) => line.startsWith('| '));
  const known = new Map(rows.map((line) => [line.split(' | ')[0].slice(2), [line]]));
  writeFileSync(
    PAGE,
    text.slice(0, from + begin.length) + toMarkdown(table, results, known) + text.slice(to),
  );
}

function notesOf({ name, notes = [], cannot = {}, theirs = {} }) {
  const because = Object.entries(theirs).map(([each, reason]) => `${each}, theirs: ${reason}`);
  const none = Object.entries(cannot).map(([each, reason]) => `${each}: ${reason}`);
  const lines = [...because, ...notes, ...none];
  return lines.length === 0 ? [] : [`- **${name}**`, ...lines.map((line) => `  - ${line}`)];
}

function row(cells) {
  return `| ${cells.join(' | ')} |`;
}
