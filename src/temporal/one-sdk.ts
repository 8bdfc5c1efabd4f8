import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The packages whose objects are handed from one to the other, in programs and in workflow code. */
const PACKAGES = ['common', 'client', 'worker', 'workflow', 'activity'] as const;

/**
 * Of two copies of Temporal's SDK, neither knows what the other has made: a client is no `Client`, a failure is no
 * `ApplicationFailure`, and an activity has no context. None of that says why.
 * @throws TypeError that names both copies, when this process has loaded another one than this package uses
 */
export function assertOneSdk(): void {
  const loaded = Object.keys(require.cache).filter((file) => file.includes('@temporalio'));
  for (const name of PACKAGES) {
    const own = ownCopy(name);
    if (own !== undefined) assertOnlyCopy(name, own, loaded);
  }
}

/**
 * The same for the files of a workflow bundle.
 * @throws TypeError
 */
export function assertOneSdkIn(files: readonly string[]): void {
  for (const name of ['common', 'workflow'] as const) {
    const [first, ...others] = copiesIn(files, name);
    if (first !== undefined && others.length > 0) throw twoCopies(name, first, others);
  }
}

function assertOnlyCopy(name: string, own: string, files: readonly string[]): void {
  const others = copiesIn(files, name).filter((copy) => copy !== own);
  if (others.length > 0) throw twoCopies(name, own, others);
}

/** Directory of the copy that this package uses; undefined where none is installed. */
function ownCopy(name: string): string | undefined {
  try {
    return copiesIn([require.resolve(`@temporalio/${name}`)], name)[0];
  } catch {
    return undefined;
  }
}

/** Directories of the package that some of these files are in. */
function copiesIn(files: readonly string[], name: string): string[] {
  const pattern = new RegExp(`^.*[\\\\/]@temporalio[\\\\/]${name}(?=[\\\\/])`);
  return [...new Set(files.flatMap((file) => pattern.exec(file)?.[0] ?? []))];
}

function twoCopies(name: string, own: string, others: readonly string[]): TypeError {
  const all = [own, ...others].map((copy) => `${copy} (${versionOf(copy)})`);
  return new TypeError(
    `There are ${all.length} copies of @temporalio/${name}: ${all.join(' and ')}. One does not know what the other ` +
      'has made. Install one version of @temporalio/* for your program and for temporal-a2a, 1.24; ' +
      `\`npm ls @temporalio/${name}\` shows what brings which`,
  );
}

function versionOf(copy: string): string {
  try {
    return (JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8')) as { version: string }).version;
  } catch {
    return 'of unknown version';
  }
}
