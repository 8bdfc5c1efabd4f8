// Builds packages/client: src/client.ts and what it imports, to be packed or published as a package of its own, which
// installs neither workers nor a Temporal SDK. `npm pack ./packages/client` runs it.
import { spawnSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'packages/client');
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

rmSync(join(target, 'dist'), { recursive: true, force: true });
const { status, error } = spawnSync(process.execPath, [tsc, '-p', target], { stdio: 'inherit' });
if (error) throw error;
if (status !== 0) process.exit(status ?? 1);
copyFileSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
