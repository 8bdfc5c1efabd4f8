// Writes the pages of docs/ that are made from the code. `npm run docs` builds dist/ first, which they are made from.
//   node scripts/docs.mjs                 writes them
//   node scripts/docs.mjs --check-api     exit code 1 when docs/api is not as src/ has it; needs no dist/
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { agentsPage } from './docs/agents-page.mjs';
import { settingsPage } from './docs/settings-page.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const dist = (file) => require(resolve(root, 'dist', file));

/** The pages by their paths, as dist/ has them. */
async function pages() {
  const { SETTINGS, TEMPORAL_SETTINGS, TRACE_SETTINGS } = dist('config/settings.js');
  const program = dist('cli/program.js').createProgram();
  const { settingsOf } = dist('cli/options.js');
  const tables = { settings: SETTINGS, temporal: TEMPORAL_SETTINGS, traces: TRACE_SETTINGS };
  return {
    'docs/agents-yaml.md': agentsPage(JSON.parse(readFileSync(join(root, 'agents.schema.json'), 'utf8'))),
    'docs/settings.md': settingsPage({ ...tables, program, settingsOf }),
    ...(await api(copyDeclarations)).pages,
  };
}

function copyDeclarations(directory) {
  const filter = (from) => !from.endsWith('.js') && !from.endsWith('.map');
  cpSync(join(root, 'dist'), directory, { recursive: true, filter });
}

/** Those of docs/api, from declarations that `put` puts into a directory. */
async function api(put) {
  // Loaded late: the image is built without what is only needed here.
  const { apiPages } = await import('./docs/api-pages.mjs');
  const directory = mkdtempSync(join(tmpdir(), 'temporal-a2a-declarations-'));
  try {
    put(directory);
    return apiPages(root, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Leaves pages alone that are as they should be; writes none where there is no docs/, as in the image. */
export async function writeDocs() {
  if (!existsSync(join(root, 'docs'))) return;
  for (const [file, text] of Object.entries(await pages())) {
    const path = join(root, file);
    mkdirSync(dirname(path), { recursive: true });
    if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
  }
}

async function checkApi() {
  const { pages: made, bare } = await api(emitDeclarations);
  const wrong = Object.entries(made).flatMap(([file, text]) => {
    const path = join(root, file);
    return existsSync(path) && readFileSync(path, 'utf8') === text ? [] : [file];
  });
  const known = readdirSync(join(root, 'docs/api')).map((name) => `docs/api/${name}`);
  wrong.push(...known.filter((file) => !(file in made)));
  if (bare.length > 0) console.error(`without a doc comment, or a page: ${bare.join(', ')}`);
  if (wrong.length > 0) {
    console.error(`not as the code has it: ${wrong.join(', ')}; \`npm run docs\` writes them`);
  }
  process.exitCode = bare.length + wrong.length > 0 ? 1 : 0;
}

function emitDeclarations(directory) {
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  const options = ['--emitDeclarationOnly', '--noCheck', '--outDir', directory];
  const args = [tsc, '-p', join(root, 'tsconfig.json'), ...options];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`tsc ended with ${status}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await (process.argv.includes('--check-api') ? checkApi() : writeDocs());
}
