import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';

/** What changes whenever a file does; empty for one that is not there. */
export function fileVersion(path: string): Promise<string> {
  return stat(path).then(versionOf, () => '');
}

export function fileVersionSync(path: string): string {
  try {
    return versionOf(statSync(path));
  } catch {
    return '';
  }
}

/** Files that are written in place change their time or size, those that are moved there their inode. */
function versionOf({ ino, size, mtimeMs, ctimeMs }: ReturnType<typeof statSync> & object): string {
  return [ino, size, mtimeMs, ctimeMs].join(' ');
}
