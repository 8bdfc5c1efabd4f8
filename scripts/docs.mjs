// Writes the pages of docs/ that are made from the code. Takes what is in dist/: `npm run docs` builds it first.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { settingsPage } from './docs/settings-page.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const dist = (file) => require(resolve(root, 'dist', file));

/** Each page, as the code has it. */
function pages() {
  const { SETTINGS, TEMPORAL_SETTINGS, TRACE_SETTINGS } = dist('config/settings.js');
  const program = dist('cli/program.js').createProgram();
  const { settingsOf } = dist('cli/options.js');
  const tables = { settings: SETTINGS, temporal: TEMPORAL_SETTINGS, traces: TRACE_SETTINGS };
  return { 'docs/settings.md': settingsPage({ ...tables, program, settingsOf }) };
}

/** Leaves pages alone that are as they should be; writes none where there is no docs/, as in the image. */
export function writeDocs() {
  if (!existsSync(resolve(root, 'docs'))) return;
  for (const [file, text] of Object.entries(pages())) {
    const path = resolve(root, file);
    if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeDocs();
