import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parse } from 'yaml';

const root = join(__dirname, '../..');
const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);
const pages = [...readdirSync(root).filter((name) => name.endsWith('.md')), ...docs];

it.each(pages)('%s links to files and headings that there are', (page) => {
  const text = textOf(page);
  const links = [...text.matchAll(/\]\((?!\w+:)([^\s)]+)/g)].map(([, link = '']) => link);
  const wrong = links.filter((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : normalize(join(dirname(page), path));
    if (!existsSync(join(root, target))) return true;
    return anchor !== undefined && !anchorsOf(textOf(target)).includes(anchor);
  });
  expect(wrong).toEqual([]);
});

it('docs/README.md links to each page of docs/', () => {
  const index = textOf('docs/README.md');
  const others = docs.map((page) => page.replace('docs/', '')).filter((page) => page !== 'README.md');
  expect(others.filter((page) => !/^api\/(?!README)/.test(page) && !index.includes(`](${page}`))).toEqual([]);
});

it('docs/operations.md lists each of its sections', () => {
  const text = textOf('docs/operations.md');
  const sections = [...text.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);
  expect(sections.filter((heading) => !text.includes(`- [${heading}](#`))).toEqual([]);
});

function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** As GitHub makes them. */
function anchorsOf(markdown: string): string[] {
  const prose = markdown.replaceAll(/^```.*?^```/gms, '');
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
}

it('.github has templates that can be read, and link to files that there are', () => {
  const templates = readdirSync(join(root, '.github'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(yml|md)$/.test(name))
    .map((name) => `.github/${name}`);
  expect(templates).toHaveLength(4);
  for (const template of templates.filter((name) => name.endsWith('.yml'))) {
    expect(parse(textOf(template))).toEqual(expect.any(Object));
  }
  const linked = templates.flatMap((template) => [...textOf(template).matchAll(/blob\/main\/([\w./-]+)/g)]);
  expect(linked.length).toBeGreaterThan(3);
  expect(linked.filter(([, path = '']) => !existsSync(join(root, path)))).toEqual([]);
});
