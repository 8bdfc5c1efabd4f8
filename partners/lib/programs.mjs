// Makes the program of a partner out of its folder, once, in the user's cache directory.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory, NotHere, NotInstalled, python } from '../../interop/lib/clients.mjs';
import { must } from '../../interop/lib/commands.mjs';

const INSTALL_MS = 20 * 60_000;
const BUILD_MS = 40 * 60_000;

/** Packages that packages ask for are those of this day. */
const BEFORE = '2026-11-28T00:00:00Z';

/**
 * A folder with `requirements.txt` holds a Python program, one with `Cargo.toml` one in Rust, one with `pom.xml` one
 * in Java, one with `package.json` one for Node.js.
 * @param folder of the partner
 * @param program name of its program without the ending
 * @returns {Promise<{command: string, args: string[], env: object, cwd?: string}>}
 * @throws NotInstalled, NotHere
 */
export async function programOf(folder, program, options) {
  const settings = { ...options, cache: 'partners', installMs: INSTALL_MS };
  const requirements = join(folder, 'requirements.txt');
  if (existsSync(requirements)) return python(join(folder, `${program}.py`), requirements, settings);
  if (existsSync(join(folder, 'Cargo.toml'))) return rust(folder, program, settings);
  if (existsSync(join(folder, 'pom.xml'))) return java(folder, program, settings);
  return node(folder, program, settings);
}

/** The version that the folder pins of a package. */
export function pinnedVersion(folder, name) {
  const requirements = join(folder, 'requirements.txt');
  const crate = join(folder, 'Cargo.toml');
  const pom = join(folder, 'pom.xml');
  if (existsSync(pom)) {
    const [, version] = new RegExp(`<artifactId>${name}</artifactId>\\s*<version>(.*)</version>`).exec(
      readFileSync(pom, 'utf8'),
    );
    return version;
  }
  if (existsSync(crate)) {
    return readFileSync(crate, 'utf8')
      .split('\n')
      .find((line) => line.startsWith(`${name} = `))
      ?.replace(/^.*"=(.*)".*$/, '$1');
  }
  if (!existsSync(requirements)) {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).dependencies[name];
  }
  const line = readFileSync(requirements, 'utf8')
    .split('\n')
    .find((each) => each.replace(/\[.*\]/, '').startsWith(`${name}==`));
  if (line === undefined) throw new Error(`${requirements} does not pin ${name}`);
  return line.split('==')[1].trim();
}

/** Modules are found from where a program lies, so the program is copied to its packages. */
async function node(folder, program, { env, signal, log, cache, installMs }) {
  const manifest = readFileSync(join(folder, 'package.json'));
  const directory = cacheDirectory('node', [process.version, BEFORE, manifest], cache);
  if (!existsSync(directory)) {
    log(`installing ${folder} into ${directory}, once`);
    const making = `${directory}.${process.pid}`;
    mkdirSync(making, { recursive: true });
    cpSync(join(folder, 'package.json'), join(making, 'package.json'));
    const args = ['install', '--no-audit', '--no-fund', '--no-package-lock', `--before=${BEFORE}`];
    try {
      await must('npm', args, { timeoutMs: installMs, cwd: making, env, signal });
    } catch (error) {
      rmSync(making, { recursive: true, force: true });
      signal.throwIfAborted();
      throw new NotInstalled(`the packages could not be installed: ${error.message}`);
    }
    renameSync(making, directory);
  }
  for (const name of readdirSync(folder)) {
    if (name.endsWith('.mjs')) cpSync(join(folder, name), join(directory, name));
  }
  const own = join(directory, 'node_modules/node/bin/node');
  const command = existsSync(own) ? own : process.execPath;
  return { command, args: [join(directory, `${program}.mjs`)], env: {}, cwd: directory };
}

/** A build goes on where the last one has ended. */
async function rust(folder, program, { env, signal, log, cache }) {
  const manifest = join(folder, 'Cargo.toml');
  const directory = cacheDirectory('rust', [readFileSync(manifest)], cache);
  if (!existsSync(directory)) log(`building ${manifest} in ${directory}; the first time takes minutes`);
  try {
    await must('cargo', ['build', '--quiet', '--manifest-path', manifest], {
      timeoutMs: BUILD_MS,
      signal,
      env: { ...env, CARGO_TARGET_DIR: directory },
    });
  } catch (error) {
    signal.throwIfAborted();
    if (error.code === 'ENOENT') throw new NotHere('there is no cargo');
    throw new NotInstalled(`it could not be built: ${error.message}`);
  }
  return { command: join(directory, 'debug', program), args: [], env: {} };
}

/** One source file, which Java compiles as it starts; Maven gets the packages. */
async function java(folder, program, { env, signal, log, cache, installMs }) {
  const pom = join(folder, 'pom.xml');
  const directory = cacheDirectory('java', [readFileSync(pom)], cache);
  const classpath = join(directory, 'classpath');
  if (!existsSync(classpath)) {
    log(`getting what ${pom} names, once`);
    mkdirSync(directory, { recursive: true });
    const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath';
    const args = ['--batch-mode', '--quiet', '--file', pom, goal, `-Dmdep.outputFile=${classpath}`];
    try {
      await must('mvn', args, { timeoutMs: installMs, env, signal });
    } catch (error) {
      signal.throwIfAborted();
      if (error.code === 'ENOENT') throw new NotHere('there is no mvn');
      throw new NotInstalled(`the packages could not be installed: ${error.message}`);
    }
  }
  const source = join(folder, `${program[0].toUpperCase()}${program.slice(1)}.java`);
  return { command: 'java', args: ['-cp', readFileSync(classpath, 'utf8').trim(), source], env: {} };
}
