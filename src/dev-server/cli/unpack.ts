import { createReadStream, createWriteStream } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar';
import { openPromise } from 'yauzl';

/**
 * Takes the one file called `name`, in whatever folder it is, out of a zip file or a gzipped tar file.
 * @returns where it is now
 */
export async function unpackFile(archive: string, name: string, directory: string): Promise<string> {
  const target = join(directory, name);
  if (await isZip(archive)) await unzip(archive, name, target);
  else await untar(archive, name, directory);
  await access(target).catch(() => {
    throw new Error(`the archive holds no ${name}`);
  });
  return target;
}

async function isZip(archive: string): Promise<boolean> {
  const file = await open(archive);
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.toString() === 'PK';
  } finally {
    await file.close();
  }
}

async function untar(archive: string, name: string, directory: string): Promise<void> {
  const only = (path: string) => path.replace(/^\.\//, '') === name;
  await pipeline(createReadStream(archive), extract({ cwd: directory, strict: true, filter: only }));
}

async function unzip(archive: string, name: string, target: string): Promise<void> {
  const zip = await openPromise(archive);
  try {
    for await (const entry of zip.eachEntry()) {
      if (basename(entry.fileName) !== name) continue;
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(target));
      return;
    }
  } finally {
    zip.close();
  }
}
