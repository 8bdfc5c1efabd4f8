// The table of the workers' cases in docs/compatibility.md, made of the cases:
//   node interop/workers/table.mjs     writes it into the page
// test/docs/compatibility.test.ts holds that the page has it.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { caseName } from '../lib/matrix.mjs';
import { CASES, PENDING } from './cases.mjs';
import { BINDINGS, clientOf, LANGUAGES, OVER_OTHERS, workersMatrix } from './matrix.mjs';

const TABLE = /^\| Case \| Python .*\n(?:\|.*\n)+/m;
const BINDINGS_TABLE = /^\| Case \| 1\.0 .*\n(?:\|.*\n)+/m;
const BINDING_NAMES = { JSONRPC: 'JSON-RPC', GRPC: 'gRPC', 'HTTP+JSON': 'HTTP+JSON' };

/** Lines of a Markdown table: cases down, languages across. */
export function workersTable() {
  const heads = ['Case', ...LANGUAGES.map(capitalized)];
  const rows = CASES.map((each) => [
    capitalized(each.name),
    ...LANGUAGES.map((language) => cellOf(each, language)),
  ]);
  return tableOf(heads, rows);
}

/** The cases that are tried over other bindings: cases down, bindings across. */
export function bindingsTable() {
  const heads = ['Case', ...BINDINGS.map(({ version, binding }) => `${version} ${BINDING_NAMES[binding]}`)];
  const rows = OVER_OTHERS.map((operation) => [
    capitalized(operation),
    ...BINDINGS.map((over) =>
      LANGUAGES.map((language) => linkTo(language, { ...over, operation, client: clientOf(language) })).join(
        ', ',
      ),
    ),
  ]);
  return tableOf(heads, rows);
}

function tableOf(heads, rows) {
  return [heads, heads.map(() => '---'), ...rows].map(lineOf).join('');
}

function cellOf(each, language) {
  const client = clientOf(language);
  const { binding, version, operations } = workersMatrix(true)[client][0];
  if (!operations.includes(each.name)) return '–';
  const pending = PENDING[each.name] ?? PENDING[`${each.name} ${language}`];
  const word = pending ? 'pending' : each.full ? 'full' : each.raw ? 'raw' : 'yes';
  return linkTo(word, { client, version, binding, operation: each.name });
}

function linkTo(word, parts) {
  return `[${word}](../interop/workers/cases.mjs "${caseName(parts)}")`;
}

function lineOf(cells) {
  return cells[0] === '---' ? `|${cells.join('|')}|\n` : `| ${cells.join(' | ')} |\n`;
}

function capitalized(text) {
  return text[0].toUpperCase() + text.slice(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = fileURLToPath(new URL('../../docs/compatibility.md', import.meta.url));
  writeFileSync(
    page,
    readFileSync(page, 'utf8').replace(TABLE, workersTable).replace(BINDINGS_TABLE, bindingsTable),
  );
}
