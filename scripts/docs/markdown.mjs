// What the generated pages of docs/ are made of.

/** The first line of each generated page, by which its test names the command that mends it. */
export function notice(source) {
  return `<!-- Made by \`npm run docs\` from ${source}: change that, not this page. -->`;
}

/** Text of the code in a page: nothing in it is HTML, except in `code`. */
export function prose(text) {
  return text
    .split(/(```.*?```|`[^`]*`)/s)
    .map((piece, at) => (at % 2 === 1 ? piece : piece.replaceAll('&', '&amp;').replaceAll('<', '&lt;')))
    .join('');
}

/** A value as code; nothing for none. */
export function code(value) {
  return value === undefined || value === '' ? '' : `\`${value}\``;
}

/** A table without the columns that are empty in each row. */
export function table(head, rows) {
  const kept = head.map((_, at) => at).filter((at) => rows.some((row) => row[at] !== ''));
  const line = (cells) => `| ${kept.map((at) => cells[at].replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(kept.length)}`, ...rows.map(line)].join('\n');
}
