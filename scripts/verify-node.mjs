// Runs the test suite on the Node.js versions that are supported:
//   npm run verify:node                            on all of them
//   npm run verify:node -- 22 24 test/chain        on some, with arguments for jest
// The npm package `node` brings the binaries, once for each version, into the cache directory.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const VERSIONS = ['22', '24', '26'];

const require = createRequire(import.meta.url);
const jest = require.resolve('jest/bin/jest');
const root = dirname(require.resolve('../package.json'));
const cache = process.env.XDG_CACHE_HOME || join(process.env.HOME || homedir(), '.cache');

const args = process.argv.slice(2);
const isVersion = (arg) => /^\d+(\.\d+)*$/.test(arg);
const count = args.findIndex((arg) => !isVersion(arg));
const given = count < 0 ? args : args.slice(0, count);
const jestArguments = args.slice(given.length);

const results = (given.length > 0 ? given : VERSIONS).map((version) => {
  try {
    return verify(version);
  } catch (error) {
    return { name: `Node.js ${version}`, failure: error.message };
  }
});
process.stdout.write('\n');
for (const { name, failure } of results) process.stdout.write(`${name}: ${failure ?? 'passed'}\n`);
process.exitCode = results.some(({ failure }) => failure !== undefined) ? 1 : 0;

function verify(version) {
  const node = findNode(version);
  const name = `Node.js ${versionOf(node)}`;
  process.stdout.write(`\n== ${name}\n`);
  // What a test starts as `node` is of the same version.
  const path = `${dirname(node)}${delimiter}${process.env.PATH}`;
  const { status, signal } = spawnSync(node, [jest, ...jestArguments], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
  });
  return status === 0 ? { name } : { name, failure: `failed (${signal ?? `exit code ${status}`})` };
}

/** @throws when the binary cannot be had */
function findNode(version) {
  const directory = join(cache, 'temporal-a2a/node', version);
  const node = join(directory, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(node)) return node;
  process.stderr.write(`getting Node.js ${version} into ${directory}\n`);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{ "private": true }\n');
  const { status } = spawnSync(
    'npm',
    ['install', '--no-audit', '--no-fund', '--loglevel=error', `node@${version}`],
    {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    },
  );
  if (status !== 0 || !existsSync(node)) throw new Error(`npm has not installed node@${version}`);
  return node;
}

function versionOf(node) {
  return spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim().slice(1);
}
