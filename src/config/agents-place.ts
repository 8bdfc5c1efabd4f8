import { readdirSync, realpathSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from './config-error';
import { fileVersion } from './file-version';

const ADVICE = 'AGENTS_FILE names the file that lists the agents, or a directory of such files';

/**
 * The files that list the agents, each once, in order.
 * @param place as AGENTS_FILE has it: a file, a directory (its `*.yaml` and `*.yml` files, by name, without those of
 * directories in it), or several of both, separated by commas
 * @throws ConfigError that names what is not there
 */
export function agentsFilesAt(place: string): string[] {
  const files = new Map<string, string>();
  const faults: string[] = [];
  const take = (path: string, use: () => void): void => {
    try {
      use();
    } catch (error) {
      faults.push(unreadable(path, error));
    }
  };
  for (const path of placesIn(place)) {
    take(path, () => {
      const found = statSync(path).isDirectory() ? filesOf(path) : [path];
      if (found.length === 0) faults.push(`${path}: there is no *.yaml file in this directory; ${ADVICE}`);
      for (const file of found) {
        take(file, () => {
          const real = realpathSync(file);
          if (!files.has(real)) files.set(real, file);
        });
      }
    });
  }
  if (files.size === 0 && faults.length === 0) faults.push(`${place}: no file; ${ADVICE}`);
  if (faults.length > 0) throw new ConfigError(faults);
  return [...files.values()];
}

/** Why a file is of no use, as a fault. */
export function unreadable(file: string, error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  const reason = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
  return `${file}: ${reason}; ${ADVICE}`;
}

/** What changes whenever one of the files does, or when there are others. */
export async function agentsVersion(place: string): Promise<string> {
  const found = placesIn(place).map(async (path) => {
    // What is no directory has no files in it.
    const names = await readdir(path).catch(() => undefined);
    return names?.filter(isAgentsFile).map((name) => join(path, name)) ?? path;
  });
  const files = (await Promise.all(found)).flat();
  const versions = await Promise.all(files.map(async (file) => `${file} ${await fileVersion(file)}`));
  return versions.sort().join('\n');
}

function placesIn(place: string): string[] {
  return place.split(',').flatMap((each) => each.trim() || []);
}

/** Names that begin with a dot are of editors and of Kubernetes. */
function isAgentsFile(name: string): boolean {
  return /^[^.].*\.ya?ml$/.test(name);
}

function filesOf(directory: string): string[] {
  return readdirSync(directory)
    .filter(isAgentsFile)
    .sort()
    .map((name) => join(directory, name))
    .filter((file) => !isDirectory(file));
}

/** A link that leads nowhere is a file that cannot be read. */
function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
