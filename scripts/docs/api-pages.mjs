// docs/api/: the names that the package exports, with their doc comments and declarations. Reads the declarations that
// TypeScript emits, by the API that TypeScript 7 has; typedoc and api-extractor need the one of TypeScript 6 and older.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { API, SymbolFlags } from 'typescript/unstable/sync';
import { describeDeclarations } from './declarations.mjs';
import { notice } from './markdown.mjs';

/** The entry points of package.json, and their pages. */
const ENTRIES = [
  { name: 'temporal-a2a', file: 'index', page: 'server.md', title: 'Servers and workers' },
  { name: 'temporal-a2a/workflow', file: 'workflow', page: 'workflow.md', title: 'Workflow code' },
  { name: 'temporal-a2a/activity', file: 'activity', page: 'activity.md', title: 'Activities' },
  { name: 'temporal-a2a/client', file: 'client', page: 'client.md', title: 'Clients' },
];
const SHARED = { page: 'types.md', title: 'Names of several entry points' };

const KINDS = [
  ['Functions', SymbolFlags.Function],
  ['Classes', SymbolFlags.Class],
  ['Constants', SymbolFlags.Variable],
  ['Types', ~0],
];

/**
 * `pages` by their paths, and in `bare` the exported names without a doc comment and the entry points without a page.
 * @param root the repository
 * @param declarations directory of the emitted declarations, best without packages in reach, which only take time
 */
export function apiPages(root, declarations) {
  const entries = readEntries(declarations).map((names, at) => ({ ...ENTRIES[at], names }));
  const homes = homesOf(entries);
  const pages = { 'docs/api/README.md': indexPage(root, entries, homes) };
  for (const entry of entries) pages[`docs/api/${entry.page}`] = entryPage(root, entry, homes);
  pages[`docs/api/${SHARED.page}`] = sharedPage(entries, homes);
  const bare = [...homes.values()].flat().filter(({ text }) => text === '');
  return { pages, bare: [...bare.map(({ name }) => name), ...withoutPage(root)] };
}

/** Entry points of package.json that are not in ENTRIES. */
function withoutPage(root) {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Object.entries(exports)
    .filter(([, target]) => target.types !== undefined)
    .map(([path]) => join(name, path))
    .filter((entry) => !ENTRIES.some((known) => known.name === entry));
}

/** For each entry point, what it exports. */
function readEntries(declarations) {
  const directory = mkdtempSync(join(tmpdir(), 'temporal-a2a-docs-'));
  const api = new API();
  try {
    const config = join(directory, 'tsconfig.json');
    const files = ENTRIES.map(({ file }) => join(declarations, `${file}.d.ts`));
    const compilerOptions = { module: 'node20', target: 'es2022', skipLibCheck: true, types: [] };
    writeFileSync(config, JSON.stringify({ compilerOptions, files }));
    const [project] = api.updateSnapshot({ openProjects: [config] }).getProjects();
    return files.map((file) => {
      const module = project.checker.getSymbolAtLocation(project.program.getSourceFile(file));
      return project.checker.getExportsOfModule(module).map((symbol) => describe(project, symbol));
    });
  } finally {
    api.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** One exported name; `id` is the same wherever it is exported. */
function describe(project, exported) {
  const { checker } = project;
  const alias = (exported.flags & SymbolFlags.Alias) !== 0;
  const symbol = alias ? checker.getAliasedSymbol(exported) : exported;
  return {
    id: symbol.id,
    name: exported.name,
    kind: KINDS.find(([, flags]) => (symbol.flags & flags) !== 0)[0],
    ...describeDeclarations(project, symbol),
  };
}

/** The names that each page has: those of several entry points are in one of their own. */
function homesOf(entries) {
  const homes = new Map([...entries, SHARED].map(({ page }) => [page, []]));
  for (const { page, names } of entries) {
    for (const name of names) {
      const shared = entries.filter((entry) => entry.names.some(({ id }) => id === name.id)).length > 1;
      const home = homes.get(shared ? SHARED.page : page);
      if (!home.some(({ id }) => id === name.id)) home.push(name);
    }
  }
  for (const home of homes.values()) home.sort((a, b) => (a.name < b.name ? -1 : 1));
  return homes;
}

function indexPage(root, entries, homes) {
  const parts = entries.map(
    ({ name, file, page, title }) =>
      `## [${title}: \`${name}\`](${page})\n\n${moduleComment(root, file)}\n\n${list(homes.get(page), page)}`,
  );
  return `${notice('the doc comments')}
# API reference

What the package exports. Nothing else is part of the API; it may change with any release.

${parts.join('\n\n')}

## [${SHARED.title}](${SHARED.page})

${list(homes.get(SHARED.page), SHARED.page)}
`;
}

function entryPage(root, { name, file, page, names }, homes) {
  const shared = homes.get(SHARED.page).filter(({ id }) => names.some((each) => each.id === id));
  return `${notice('the doc comments')}
# \`${name}\`

${moduleComment(root, file)}

Also exported, and described [with the names of several entry points](${SHARED.page}): ${list(shared, SHARED.page)}.

${sections(homes.get(page), page, homes)}`;
}

function sharedPage(entries, homes) {
  return `${notice('the doc comments')}
# ${SHARED.title}

Each is exported by two or more of ${entries.map(({ name }) => `\`${name}\``).join(', ')}.

${sections(homes.get(SHARED.page), SHARED.page, homes)}`;
}

function sections(names, page, homes) {
  const parts = KINDS.flatMap(([kind]) => {
    const those = names.filter((name) => name.kind === kind);
    if (those.length === 0) return [];
    return [
      `## ${kind}`,
      list(those),
      ...those.map((name) => section(name, (text) => withLinks(text, page, homes))),
    ];
  });
  return `${parts.join('\n\n')}\n`;
}

function section({ name, text, tags, code }, linked) {
  const lines = tags.map((line) => `- ${linked(line)}`).join('\n');
  const parts = [`### ${name}`, linked(text), lines, `\`\`\`ts\n${code}\n\`\`\``];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** `{@link Name}`, as a link to where the name is. */
function withLinks(text, page, homes) {
  return text.replaceAll(/\{@link ([\w.]+)[^}]*\}/g, (_, target) => {
    const [name] = target.split('.');
    const has = ([, names]) => names.some((each) => each.name === name);
    const home = [[page, homes.get(page)], ...homes].find(has)?.[0];
    return home === undefined
      ? `\`${target}\``
      : `[\`${target}\`](${home === page ? '' : home}#${name.toLowerCase()})`;
  });
}

function list(names, page = '') {
  return names.map(({ name }) => `[\`${name}\`](${page}#${name.toLowerCase()})`).join(', ');
}

/** The comment at the top of an entry point's source. */
function moduleComment(root, file) {
  const [, comment] = /^\/\*\*(.*?)\*\//s.exec(readFileSync(join(root, 'src', `${file}.ts`), 'utf8'));
  return comment.replaceAll(/^\s*\* ?/gm, '').trim();
}
