// Builds dist/: compiles, bundles the workflows once so that workers start fast, and keeps agents.schema.json
// in step with its zod schema, the descriptors of gRPC with their proto files, and the pages of docs/ that are made from
// the code. Runs at every `npm start`, so it does nothing when no input has changed, and says nothing unless something
// goes wrong.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { writeDocs } from './docs.mjs';
import { writeDescriptors } from './proto-descriptors.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
const require = createRequire(import.meta.url);

const STAMP = 'dist/.build';
const LOCK = 'dist/.build.lock';
/** The workflow bundles, and the failure converter in each; see src/worker/built-in-workflows.ts. */
const BUNDLES = {
  'dist/workflow-bundle.js': undefined,
  'dist/workflow-bundle-encrypted.js': 'dist/temporal/failure-converter.js',
};
const SCHEMA = 'agents.schema.json';

function filesBelow(directory) {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function hashOfInputs() {
  const hash = createHash('sha256');
  const scripts = ['build', 'proto-descriptors', 'docs'].map((name) => `scripts/${name}.mjs`);
  const settings = ['package.json', 'package-lock.json', 'tsconfig.json', ...scripts];
  for (const file of [...settings, ...filesBelow('scripts/docs'), ...filesBelow('src')]) {
    hash
      .update(`${file}\0`)
      .update(existsSync(file) ? readFileSync(file) : '')
      .update('\0');
  }
  return hash.digest('hex');
}

function upToDate(hash) {
  return existsSync(STAMP) && existsSync(SCHEMA) && readFileSync(STAMP, 'utf8') === hash;
}

/** One build at a time: `npm run api` and `npm run worker` are often started in the same moment. */
async function lock() {
  mkdirSync('dist', { recursive: true });
  for (;;) {
    try {
      writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
      process.on('exit', () => rmSync(LOCK, { force: true }));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!isRunning(readLock())) rmSync(LOCK, { force: true });
    await sleep(100);
  }
}

function readLock() {
  try {
    return Number(readFileSync(LOCK, 'utf8'));
  } catch {
    return 0;
  }
}

function isRunning(pid) {
  try {
    if (pid > 0) process.kill(pid, 0);
    return pid > 0;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function compile() {
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  const { status, error } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.json'], { stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
  // What a source that is gone had left behind would still be importable, and published.
  for (const file of filesBelow('dist')) {
    const source = file.replace(/^dist\b/, 'src').replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts');
    if (!(file in BUNDLES) && /\.(js|ts|map)$/.test(file) && !existsSync(source)) rmSync(file);
  }
}

async function bundleWorkflows() {
  const entry = resolve('dist/workflows/index.js');
  if (!existsSync(entry)) {
    console.error(`build: there is no ${relative(root, entry)}, so no workflow bundle`);
    return;
  }
  const { bundleWorkflowCode, DefaultLogger } = require('@temporalio/worker');
  const interceptors = resolve('dist/workflows/interceptors.js');
  for (const [bundle, failureConverter] of Object.entries(BUNDLES)) {
    const { code } = await bundleWorkflowCode({
      workflowsPath: entry,
      workflowInterceptorModules: existsSync(interceptors) ? [interceptors] : [],
      ...(failureConverter !== undefined && { failureConverterPath: resolve(failureConverter) }),
      logger: new DefaultLogger('WARN'),
    });
    writeFileSync(`${bundle}.${process.pid}`, withoutSources(code));
    renameSync(`${bundle}.${process.pid}`, bundle);
  }
}

/** The bundle's source map without the sources: positions in stack traces need only the names and the mappings. */
function withoutSources(code) {
  const start = code.lastIndexOf('base64,') + 'base64,'.length;
  const { sourcesContent: _, ...map } = JSON.parse(Buffer.from(code.slice(start), 'base64').toString());
  return code.slice(0, start) + Buffer.from(JSON.stringify(map)).toString('base64');
}

function writeSchema() {
  const { z } = require('zod');
  const { agentsFile } = require(resolve('dist/config/agents-file.js'));
  const schema = z.toJSONSchema(agentsFile, { io: 'input' });
  if (existsSync(SCHEMA) && same(JSON.parse(readFileSync(SCHEMA, 'utf8')), schema)) return;
  writeFileSync(SCHEMA, `${JSON.stringify(schema, null, 2)}\n`);
  // The formatter is a development dependency; without it the file is merely less pretty.
  const biome = resolve('node_modules/@biomejs/biome/bin/biome');
  if (existsSync(biome))
    spawnSync(process.execPath, [biome, 'format', '--write', SCHEMA], { stdio: 'ignore' });
}

function same(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}

if (!upToDate(hashOfInputs())) {
  await lock();
  writeDescriptors();
  const hash = hashOfInputs();
  if (!upToDate(hash)) {
    compile();
    await bundleWorkflows();
    writeSchema();
    await writeDocs();
    writeFileSync(STAMP, hash);
  }
}
