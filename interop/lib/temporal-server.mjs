// The Temporal server and its schema tool, built with Go, once, and kept in the cache directory.
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory } from './clients.mjs';
import { must, sourceOfModule } from './commands.mjs';

/** The server that the Temporal CLI of src/dev-server/cli/versions.ts holds. */
export const TEMPORAL_SERVER_VERSION = 'v1.32.0';

const MODULE = 'go.temporal.io/server';
const GO_MS = 60_000;
const BUILD_MS = 60 * 60_000;

/**
 * @param onProgress gets a line when something takes long
 * @returns {Promise<{server: string, sql: string}>} paths of the server and of temporal-sql-tool; or `{ missing }`, which
 *   says what is not installed
 */
export async function buildTemporalServer(onProgress) {
  let goVersion;
  try {
    goVersion = await must('go', ['env', 'GOVERSION'], { timeoutMs: GO_MS });
  } catch {
    return { missing: 'no `go` on the PATH, which builds the Temporal server' };
  }
  const directory = cacheDirectory('go', [goVersion, TEMPORAL_SERVER_VERSION], 'temporal-server');
  const programs = { server: join(directory, 'server'), sql: join(directory, 'sql') };
  if (Object.values(programs).every((path) => existsSync(path))) return programs;
  onProgress(
    `building the Temporal server ${TEMPORAL_SERVER_VERSION} with Go, once; about ten minutes on two cores`,
  );
  mkdirSync(directory, { recursive: true });
  const packages = ['cmd/server', 'cmd/tools/sql'].map(
    (path) => `${MODULE}/${path}@${TEMPORAL_SERVER_VERSION}`,
  );
  await must('go', ['install', '-trimpath', ...packages], {
    timeoutMs: BUILD_MS,
    env: { ...process.env, GOBIN: directory },
    cwd: tmpdir(),
  });
  return programs;
}

/** The folder of the server's source, which holds its schemas. */
export function temporalServerSource() {
  return sourceOfModule(`${MODULE}@${TEMPORAL_SERVER_VERSION}`);
}
