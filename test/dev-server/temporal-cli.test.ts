import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { cachedCliPath, findTemporalCli } from '../../src/dev-server/temporal-cli';

const CLI = '#!/bin/sh\necho temporal version 9.9.9\n';
const BROKEN = '#!/bin/sh\necho cannot run here >&2\nexit 1\n';

/** Like `go install`: puts a binary into GOBIN, and notes that it ran. */
const GO = `#!/bin/sh
echo "$@" >> "$0.calls"
printf '${CLI.replaceAll('\n', '\\n')}' > "$GOBIN/temporal"
`;

let directory: string;
let env: NodeJS.ProcessEnv;
const servers: Server[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'temporal-cli-'));
  await mkdir(join(directory, 'bin'));
  // Nothing else: no real Temporal CLI and no Go.
  env = { PATH: join(directory, 'bin'), XDG_CACHE_HOME: join(directory, 'cache') };
});

afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await rm(directory, { recursive: true, force: true });
});

async function program(path: string, script: string): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, script);
  await chmod(path, 0o755);
  return path;
}

async function serve(answer: Buffer | number): Promise<string> {
  const server = createServer((_request, response) => {
    if (typeof answer === 'number') response.writeHead(answer).end();
    else response.end(answer);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/cli`;
}

async function archive(script: string): Promise<Buffer> {
  await program(join(directory, 'archive/temporal'), script);
  const file = join(directory, 'cli.tar.gz');
  await create({ file, gzip: true, cwd: join(directory, 'archive') }, ['temporal']);
  return readFile(file);
}

const gone = () => serve(404);

describe('findTemporalCli', () => {
  it('takes the one on the PATH before the cached one', async () => {
    const path = await program(join(directory, 'bin/temporal'), CLI);
    await program(cachedCliPath(env), CLI);
    await expect(findTemporalCli({ env })).resolves.toEqual({ path, source: 'PATH' });
  });

  it('takes the cached one when the one on the PATH does not run', async () => {
    await program(join(directory, 'bin/temporal'), BROKEN);
    const path = await program(cachedCliPath(env), CLI);
    await expect(findTemporalCli({ env })).resolves.toEqual({ path, source: 'cache' });
  });

  it('downloads it into the cache, before it asks Go', async () => {
    await program(join(directory, 'bin/go'), GO);
    const downloadUrl = await serve(await archive(CLI));
    const found = await findTemporalCli({ env, downloadUrl });
    expect(found).toEqual({ path: cachedCliPath(env), source: 'download' });
    expect(await readdir(join(found.path, '..'))).toEqual(['temporal']);
    await expect(findTemporalCli({ env })).resolves.toMatchObject({ source: 'cache' });
  });

  it('builds it with Go when what was downloaded does not run, and says so while it does', async () => {
    await program(join(directory, 'bin/go'), GO);
    const lines: string[] = [];
    const downloadUrl = await serve(await archive(BROKEN));
    const found = await findTemporalCli({ env, downloadUrl, onProgress: (line) => lines.push(line) });
    expect(found).toEqual({ path: cachedCliPath(env), source: 'go install' });
    expect(lines).toEqual([
      expect.stringMatching(/^downloading the Temporal CLI/),
      expect.stringMatching(/^building the Temporal CLI with Go, once; about 5 minutes/),
    ]);
    expect(await readFile(join(directory, 'bin/go.calls'), 'utf8')).toMatch(
      /^install github\.com\/temporalio\/cli\/cmd\/temporal@v1\.5\.1\n$/,
    );
  });

  it('builds it once when two ask at the same time', async () => {
    await program(join(directory, 'bin/go'), GO);
    const downloadUrl = await gone();
    const found = await Promise.all([
      findTemporalCli({ env, downloadUrl }),
      findTemporalCli({ env, downloadUrl }),
    ]);
    expect(found.map(({ path }) => path)).toEqual([cachedCliPath(env), cachedCliPath(env)]);
    expect((await readFile(join(directory, 'bin/go.calls'), 'utf8')).match(/install/g)).toHaveLength(1);
  });

  it('gives up a download that stalls', async () => {
    const server = createServer((_request, response) => void response.write('begun'));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const downloadUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await expect(findTemporalCli({ env, downloadUrl, downloadTimeoutMs: 200 })).rejects.toThrow(
      'the official download: nothing came for 0.2 s',
    );
    server.closeAllConnections();
  });

  it('lists what was tried, each with its reason, and the ways out', async () => {
    await program(join(directory, 'bin/temporal'), BROKEN);
    await program(cachedCliPath(env), '#!/bin/sh\necho hello\n');
    const said: string[] = [];
    const onProgress = (text: string) => said.push(text);
    const error = await findTemporalCli({ env, downloadUrl: await gone(), onProgress }).then(
      () => undefined,
      (reason: Error) => reason.message,
    );
    expect(error).toMatch(/bin\/temporal: .*cannot run here/s);
    expect(error).toMatch(/temporal-a2a\/bin\/temporal: it is not the Temporal CLI/);
    expect(error).toMatch(/the official download: .* answered 404/);
    expect(error).toMatch(/building with Go: `go` is not on the PATH/);
    // What cannot even begin is not announced.
    expect(said).toEqual([expect.stringMatching(/^downloading /)]);
    expect(error).toMatch(/TEMPORAL_ADDRESS/);
  });
});
