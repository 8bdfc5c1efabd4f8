import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** A link of a page to what shows that it is right: a test, or a row of the benchmarks. */
export interface Evidence {
  path: string;
  /** Beginning of the test's title, or the row. */
  title: string;
}

export function evidenceIn(markdown: string): Evidence[] {
  return [...markdown.matchAll(/\]\((?<path>[^\s)]+)(?: "(?<title>[^"]+)")?\)/g)].map(({ groups }) => ({
    path: groups?.path ?? '',
    title: groups?.title ?? '',
  }));
}

/** Whether the test, or the row, is there. @param page path of the page that has the link */
export function isThere({ path, title }: Evidence, page: string): boolean {
  const file = resolve(dirname(page), path.replace(/#.*/, ''));
  if (!existsSync(file)) return false;
  if (title === '') return true;
  const text = readFileSync(file, 'utf8');
  return path.startsWith('../test/')
    ? testsIn(text).some((test) => test.startsWith(title))
    : text.includes(`\`${title}\``);
}

/** What the tests of a file are called. */
function testsIn(source: string): string[] {
  const titles = source.matchAll(
    /^\s*(?:test|it|\]\)|\))(?:\.each\(.*\)|\.each<.*?)?\(\s*'(?<title>(?:[^'\\]|\\.)+)'/gm,
  );
  return [...titles].map(({ groups }) => groups?.title ?? '');
}
