import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

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
