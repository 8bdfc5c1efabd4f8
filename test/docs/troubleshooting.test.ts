import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const page = readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8');

/** Of others, who say it in what is shown here. */
const OF_OTHERS = ['Script execution timed out after 5000ms'];

/** All of src/, with texts in one piece that its lines hold in several. */
const source = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join(root, 'src', name), 'utf8'))
  .join('\n')
  .replaceAll(/['"`] \+\n\s*['"`]/g, '');

const texts = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, text = '']) => text);

it('has many texts', () => expect(texts.length).toBeGreaterThan(50));

it.each(texts.filter((text) => !OF_OTHERS.includes(text)))('src/ has: %s', (text) => {
  const pieces = text.split(/<[^>]+>/).filter((piece) => /\w/.test(piece));
  expect(pieces.join('').length).toBeGreaterThan(10);
  expect(pieces.filter((piece) => !source.includes(piece))).toEqual([]);
});
