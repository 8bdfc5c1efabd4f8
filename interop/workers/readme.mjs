// Follows an example's README as a reader does who pastes its commands: each paragraph that speaks of another terminal
// has one of its own, and what stands in a json block must be in the output of the commands before it.
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { launch } from '../lib/commands.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READY_MS = 120_000;
const ANSWER_MS = 60_000;

/** @returns what did not come out as the README says */
export async function followReadme(language, { program, temporal, temporalAddress, signal }) {
  const root = await checkout(language, program);
  const port = await freePort();
  const env = {
    ...process.env,
    TEMPORAL_ADDRESS: temporalAddress,
    PORT: String(port),
    GRPC_PORT: '0',
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const terminals = [];
  const problems = [];
  let output = '';
  try {
    const text = await readFile(join(root, 'examples', language, 'README.md'), 'utf8');
    const blocks = blocksOf(text.replaceAll('http://127.0.0.1:4000', `http://127.0.0.1:${port}`));
    for (const { terminal, kind, code } of blocks) {
      if (kind === 'json') {
        for (const line of objectsIn(code)) {
          if (!linesOf(output).some((each) => includes(each, line))) {
            problems.push(`${JSON.stringify(line)} is not in ${output}`);
          }
        }
        continue;
      }
      terminals[terminal] ??= new Terminal(root, env, signal);
      if (terminal === 0) {
        terminals[0].start(code);
        await until(() => serves(port), terminals[0]);
      } else if (terminal === 1) {
        terminals[1].start(code);
        await until(() => temporal.polled(language), terminals[1]);
      } else output = await terminals[terminal].paste(code);
    }
  } catch (error) {
    problems.push(error.message);
  } finally {
    for (const terminal of terminals) terminal?.close();
    await rm(root, { recursive: true, force: true });
  }
  return problems;
}

/** As a fresh checkout, but for what is installed and built, so that nothing is left behind in this one. */
async function checkout(language, program) {
  const root = await mkdtemp(join(tmpdir(), 'a2a-readme-'));
  for (const name of await readdir(ROOT)) {
    if (name !== 'examples' && !name.startsWith('.')) await symlink(join(ROOT, name), join(root, name));
  }
  const ignored = /\/(\.venv|target|__pycache__)$/;
  const filter = (path) => !ignored.test(path);
  await cp(join(ROOT, 'examples', language), join(root, 'examples', language), { recursive: true, filter });
  // What the README installs is in the interop run's own environment.
  const environment = dirname(dirname(program.command));
  if (language === 'python' && program.env.PYTHONPATH === undefined) {
    await symlink(environment, join(root, 'examples/python/.venv'));
  }
  return root;
}

/** {terminal, kind, code} of each block, in order. */
function blocksOf(text) {
  let terminal = 0;
  const blocks = [];
  for (const [, before, indent, kind, code] of text.matchAll(
    /([\s\S]*?)\n( *)```(\w+)\n([\s\S]*?)\n *```/g,
  )) {
    if (/ terminal\b/.test(before)) terminal += 1;
    blocks.push({ terminal, kind, code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), '') });
  }
  return blocks;
}

/** A block may show several values, each beginning at a brace in the first column. */
function objectsIn(code) {
  return code.split(/\n(?=\{)/).map((each) => JSON.parse(each));
}

/** Every line of JSON, also those of events. */
function linesOf(output) {
  return output.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line.replace(/^data: /, ''))];
    } catch {
      return [];
    }
  });
}

/** Whether all that is expected is there; further fields may be. */
function includes(value, expected) {
  if (typeof expected !== 'object' || expected === null) return value === expected;
  return Object.entries(expected).every(([key, each]) => includes(value?.[key], each));
}

class Terminal {
  constructor(cwd, env, signal) {
    this.options = { cwd, env, signal };
  }

  /** Commands of which the last goes on. */
  start(code) {
    this.program = launch('bash', ['-e', '-c', code], this.options);
  }

  /** Gives what the commands have printed. */
  paste(code) {
    this.shell ??= launch('bash', [], this.options);
    const { input, output } = this.shell;
    const end = `end of ${code.length} characters`;
    let printed = '';
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no end of ${code}: ${printed}`)), ANSWER_MS);
      const listen = (line) => {
        printed += `${line.replace(end, '')}\n`;
        if (!line.endsWith(end)) return;
        clearTimeout(timer);
        output.off('line', listen);
        resolve(printed);
      };
      output.on('line', listen);
      input.write(`${code}\necho "${end}"\n`);
    });
  }

  close() {
    this.program?.kill();
    this.shell?.kill();
  }
}

async function until(isSo, { program }) {
  const deadline = Date.now() + READY_MS;
  let over = false;
  void program.ended.then(() => {
    over = true;
  });
  while (!(await isSo())) {
    if (over || Date.now() > deadline) throw new Error(`does not start: ${program.stderr}`);
    await sleep(200);
  }
}

async function serves(port) {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
  return answer?.ok === true;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}
