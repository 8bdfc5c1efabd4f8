import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually';

export const ROOT = join(__dirname, '../..');

export interface CliProcess {
  process: ChildProcess;
  /** All that it wrote so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Waits for text on stdout or stderr; fails when the process ends before. Gives the match. */
  printed(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** Sends the signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
  readonly exit: Promise<number | null>;
}

const running: CliProcess[] = [];

afterAll(async () => {
  for (const cli of running.splice(0)) await cli.end('SIGKILL');
});

/** Builds dist/ when its sources have changed. */
export async function buildCli(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/build.mjs')]).catch(
    ({ stdout, stderr }: { stdout: string; stderr: string }) => {
      throw new Error(`the build has failed:\n${stdout}${stderr}`);
    },
  );
}

/** Runs the built command line; ended by force after all tests of the file. */
export function runCli(args: string[], env: Record<string, string> = {}, cwd = ROOT): CliProcess {
  return runNode([join(ROOT, 'dist/cli.js'), ...args], env, cwd);
}

/** Runs a program with Node.js, as `runCli` does. */
export function runNode(args: string[], env: Record<string, string> = {}, cwd = ROOT): CliProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_'));
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...Object.fromEntries(inherited), GRPC_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    output.stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  const exit = once(child, 'close').then(([code]) => code as number | null);
  const cli: CliProcess = {
    process: child,
    get stdout() {
      return output.stdout;
    },
    get stderr() {
      return output.stderr;
    },
    exit,
    printed: async (pattern, timeoutMs = 25_000) => {
      const match = await eventually(
        () => {
          const found = pattern.exec(output.stdout) ?? pattern.exec(output.stderr);
          if (found === null && child.exitCode !== null) return { gone: true as const };
          return found === null ? false : { found };
        },
        { timeoutMs },
      );
      if ('found' in match) return match.found;
      throw new Error(
        `ended with ${child.exitCode} before it printed ${pattern}: ${output.stdout}${output.stderr}`,
      );
    },
    end: async (signal = 'SIGINT') => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return exit;
    },
  };
  running.push(cli);
  return cli;
}
