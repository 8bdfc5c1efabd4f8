import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Suffix of programs on this platform. */
export const EXE_SUFFIX = process.platform === 'win32' ? '.exe' : '';

/** The first program of that name on the PATH. */
export async function searchPath(env: NodeJS.ProcessEnv, name: string): Promise<string | undefined> {
  for (const directory of (env.PATH ?? '').split(delimiter)) {
    const candidate = join(directory, `${name}${EXE_SUFFIX}`);
    if (directory !== '' && (await isExecutable(candidate))) return candidate;
  }
  return undefined;
}

export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
