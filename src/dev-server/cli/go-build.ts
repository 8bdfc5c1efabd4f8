import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Waiting } from './download';
import { EXE_SUFFIX, searchPath } from './search-path';
import { GO_VERSION } from './versions';

const MODULE = 'github.com/temporalio/cli';

/** @throws an Error that says what `go` said */
export async function buildWithGo(
  directory: string,
  env: NodeJS.ProcessEnv,
  { onProgress, signal }: Waiting,
): Promise<string> {
  const go = await searchPath(env, 'go');
  if (go === undefined) throw new Error('`go` is not on the PATH');
  const started = Date.now();
  const what = `building the Temporal CLI ${GO_VERSION} with Go, once; about 5 minutes on two cores`;
  onProgress?.(what);
  const timer = setInterval(
    () => onProgress?.(`${what} ... ${Math.round((Date.now() - started) / 1000)} s`),
    10_000,
  );
  try {
    await goInstall(go, { ...env, GOBIN: directory }, signal);
  } finally {
    clearInterval(timer);
  }
  return join(directory, `temporal${EXE_SUFFIX}`);
}

function goInstall(program: string, env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const version = `-X ${MODULE}/temporalcli.Version=${GO_VERSION}`;
    const args = ['install', '-ldflags', version, `${MODULE}/cmd/temporal@v${GO_VERSION}`];
    const go = spawn(program, args, { env, cwd: tmpdir(), stdio: ['ignore', 'ignore', 'pipe'] });
    // A build that goes on after its reader has gone would take both cores for nothing.
    const stop = () => go.kill();
    process.once('exit', stop);
    signal?.addEventListener('abort', stop, { once: true });
    let output = '';
    go.stderr.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-2_000);
    });
    go.on('error', (error) => {
      process.off('exit', stop);
      reject(error);
    });
    go.on('close', (code) => {
      process.off('exit', stop);
      const lines = output.trim().split('\n').slice(-3).join(' | ');
      if (code === 0) resolve();
      else reject(new Error(`go install ended with ${code}: ${lines}`));
    });
  });
}
