import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');
const TABLES = ['servers', 'clients', 'checkers'];
const page = readFileSync(join(ROOT, 'docs/partners.md'), 'utf8');

const partners = TABLES.flatMap((table) =>
  readdirSync(join(ROOT, 'partners', table))
    .map((id) => join(ROOT, 'partners', table, id, 'partner.mjs'))
    .filter((path) => existsSync(path))
    .map((path) => {
      const text = readFileSync(path, 'utf8');
      const named = (key: string) => new RegExp(`[\\s{]${key}: ['"]([^'"]+)['"]`).exec(text)?.[1] ?? '';
      return { table, path, text, name: named('name'), package: named('package') };
    }),
);

describe('docs/partners.md', () => {
  it.each(partners.map((partner) => [`${partner.table}: ${partner.name}`, partner] as const))(
    'has a row with the package of %s',
    (_, partner) => {
      const from = page.indexOf(`<!-- ${partner.table} -->`);
      const part = page.slice(from, page.indexOf(`<!-- end of ${partner.table} -->`));
      expect(part).toContain(`| ${partner.name} | ${partner.package} `);
    },
  );

  it('links findings that are there', () => {
    const linked = partners.flatMap(({ text }) =>
      [...text.matchAll(/\.\.\/findings\/[\w-]+\.sh/g)].map(String),
    );
    expect(linked.length).toBeGreaterThan(0);
    for (const link of linked) expect([link, existsSync(join(ROOT, 'docs', link))]).toEqual([link, true]);
  });
});
