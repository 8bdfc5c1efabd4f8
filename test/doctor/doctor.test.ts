import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engines } from '../../package.json';
import { asText } from '../../src/cli/doctor';
import { createKey } from '../../src/cli/keys';
import { type DoctorOptions, examine } from '../../src/doctor/doctor';
import type { Finding } from '../../src/doctor/finding';
import { checkNode } from '../../src/doctor/machine';
import { clockFinding } from '../../src/doctor/temporal-server';
import { type RawAgent, startRawAgent } from '../remote/raw-agent';
import { buildCli, runCli } from '../support/cli';
import { type Harness, immediate, request, startHarness, taskOf } from '../support/harness';
import { cleanUpAfterAll, eventually, randomTaskQueue } from '../support/temporal';

let directory: string;
let harness: Harness;
let remote: RawAgent;

beforeAll(buildCli, 120_000);
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'doctor-'));
  remote = await startRawAgent();
  harness = await startHarness({ agents: [{ id: 'echo' }, { id: 'missing' }], app: true, push: true });
}, 60_000);

afterAll(() => rm(directory, { recursive: true, force: true }));

const skills = [{ id: 's', name: 'S', description: 's' }];
const entry = (id: string, more: object) => ({ id, name: id, description: id, skills, ...more });

interface Case {
  agents?: object[];
  file?: object | string;
  settings?: Partial<DoctorOptions['settings']>;
  env?: NodeJS.ProcessEnv;
  testedVersion?: string;
}

async function run({
  agents,
  file,
  settings,
  env = {},
  testedVersion = '1.32.0',
}: Case = {}): Promise<Finding[]> {
  const echo = entry('echo', { default: true, workflow: { type: 'echo', taskQueue: harness.taskQueue } });
  const content = file ?? { agents: agents ?? [echo] };
  const agentsFile = join(directory, `${randomUUID()}.yaml`);
  await writeFile(agentsFile, typeof content === 'string' ? content : JSON.stringify(content));
  return examine({
    settings: {
      agentsFile,
      publicUrl: undefined,
      outboundAllow: ['127.0.0.0/8'] as never,
      temporalAddress: harness.temporal.address,
      temporalNamespace: undefined,
      pushSigningKey: undefined,
      encryptionKeys: undefined,
      pushSealingKeys: undefined,
      codecServerKeys: undefined,
      cardSigningKeys: undefined,
      ...settings,
    },
    env,
    pushQueue: `${harness.taskQueue}-push`,
    testedVersion,
  });
}

const about = (findings: Finding[], what: string | RegExp) =>
  findings.filter((finding) =>
    typeof what === 'string' ? finding.about === what : what.test(finding.about),
  );

it('finds nothing wrong where all is well', async () => {
  const findings = await run({ settings: { publicUrl: harness.url } });
  // The test server keeps what has ended for a day.
  // Tasks of other tests on the same server may be stuck, and Node.js may be an older one.
  const others = ['stuck tasks', 'Node.js'];
  expect(findings.filter(({ status, about }) => status !== 'ok' && !others.includes(about))).toEqual([]);
  expect(findings.map(({ about: each }) => each.replace(/\S+\.yaml/, 'file'))).toEqual([
    'Node.js',
    'file',
    `Temporal at ${harness.temporal.address}`,
    'namespace "default"',
    'search attributes',
    `task queue "${harness.taskQueue}"`,
    `task queue "${harness.taskQueue}-push"`,
    'stuck tasks',
    'clock',
    'PUBLIC_URL',
  ]);
  const [attributes] = about(findings, 'search attributes');
  expect(attributes?.text).toMatch(/; \d of the 10 Keyword attributes of the SQL store are left$/);
  expect(about(findings, 'clock')[0]?.text).toBe("is that of Temporal's server");
});

it('is a command, with exit code 1 when something is wrong', async () => {
  const cli = runCli(['doctor', '--json'], { TEMPORAL_ADDRESS: '127.0.0.1:9' });
  await expect(cli.exit).resolves.toBe(1);
  expect(cli.stderr).toBe('');
  const { ok, findings } = JSON.parse(cli.stdout) as { ok: boolean; findings: Finding[] };
  expect(ok).toBe(false);
  expect(about(findings, 'Temporal')).toHaveLength(1);
  expect(about(findings, 'agents.yaml')).toEqual([expect.objectContaining({ status: 'ok' })]);
}, 60_000);

it('tells of an older server', async () => {
  expect(about(await run({ testedVersion: '99.0.0' }), /^Temporal at/)).toEqual([
    expect.objectContaining({ status: 'warning', remedy: 'upgrade the server to 99.0.0 or later' }),
  ]);
});

it('tells of task queues that no worker polls, and for whom', async () => {
  const queue = randomTaskQueue();
  const agents = ['a', 'b'].map((id) => entry(id, { workflow: { type: id, taskQueue: queue } }));
  expect(about(await run({ agents }), `task queue "${queue}"`)).toEqual([
    {
      about: `task queue "${queue}"`,
      status: 'error',
      text: 'No worker polls it. Waiting: a, b',
      remedy: expect.stringContaining('npx temporal-a2a worker'),
    },
  ]);
});

it('tells of workflows that are stuck', async () => {
  const { id } = taskOf(await harness.bridge.sendMessage(immediate(request()), harness.call('missing')));
  cleanUpAfterAll(() =>
    harness.temporal.client.workflow
      .getHandle(id)
      .terminate()
      .catch(() => {}),
  );
  const [finding] = await eventually(
    async () => {
      const found = about(await run(), 'stuck tasks');
      return found[0]?.text.includes(id) && found;
    },
    { timeoutMs: 100_000, intervalMs: 1_000 },
  );
  expect(finding).toMatchObject({
    status: 'error',
    text: expect.stringContaining(`${id} (missing)`),
    remedy: expect.stringContaining('temporal workflow list --address'),
  });
}, 120_000);

it('tells of a Temporal that is not there, and of a namespace', async () => {
  const away = await run({ settings: { temporalAddress: '127.0.0.1:9' } });
  expect(about(away, 'Temporal')).toEqual([
    expect.objectContaining({ status: 'error', text: expect.stringContaining('127.0.0.1:9') }),
  ]);
  const none = await run({ settings: { temporalNamespace: 'none' } });
  expect(about(none, 'Temporal')).toEqual([
    expect.objectContaining({
      status: 'error',
      text: expect.stringContaining('temporal operator namespace create'),
    }),
  ]);
});

it('tells of search attributes that are missing, and when there is no room for them', async () => {
  const { connection } = harness.temporal;
  const namespace = `doctor-${randomUUID().slice(0, 8)}`;
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 3600 as never },
  });
  const attributes = () =>
    eventually(
      async () => {
        const findings = await run({ settings: { temporalNamespace: namespace } });
        return about(findings, 'Temporal').length === 0 && findings;
      },
      { timeoutMs: 60_000, intervalMs: 500 },
    );
  const before = await attributes();
  expect(about(before, 'search attributes')).toEqual([
    {
      about: 'search attributes',
      status: 'warning',
      text: expect.stringContaining('A2aAgent, A2aContext, A2aOwner, A2aState, A2aUpdatedAt are missing'),
      remedy: expect.stringContaining('--name A2aAgent --type Keyword'),
    },
  ]);
  expect(about(before, /^namespace/)).toEqual([
    expect.objectContaining({ status: 'warning', text: 'ended tasks can be read for 1 hours only' }),
  ]);
  // No task without them is stuck.
  expect(about(before, 'stuck tasks')[0]?.status).toBe('ok');

  const names = Array.from({ length: 8 }, (_, index) => [`Mine${index}`, 2] as const);
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(names) as never,
  });
  await eventually(
    async () => {
      const [found] = about(await attributes(), 'search attributes');
      return (
        found?.status === 'error' &&
        expect(found.text).toContain('2 of the 10 Keyword attributes') === undefined
      );
    },
    { timeoutMs: 60_000, intervalMs: 500 },
  );
}, 150_000);

it('tells of secrets that cannot be read, and shows none', async () => {
  const file = {
    authentication: { apiKeys: [{ owner: 'anna', values: ['env:ANNA_KEY', 'env:NEXT_KEY'] }] },
    agents: [
      entry('proxied', {
        proxy: { url: remote.url, credentials: [{ value: `file:${directory}/none` }] },
      }),
    ],
  };
  const env = { ANNA_KEY: 'not to be seen' };
  const findings = await run({
    file,
    env,
    settings: { pushSigningKey: 'env:PUSH_KEY', encryptionKeys: 'now=env:NOW_KEY' },
  });
  expect(about(findings, /^secret/).map(({ about: each, status }) => [each, status])).toEqual([
    ['secret env:PUSH_KEY', 'error'],
    ['secret env:NOW_KEY', 'error'],
    [`secret file:${directory}/none`, 'error'],
    ['secret env:ANNA_KEY', 'ok'],
    ['secret env:NEXT_KEY', 'error'],
  ]);
  expect(JSON.stringify(findings)).not.toContain('not to be seen');
});

it('tells which keys sign, and of those that cannot', async () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const env = { CARD_KEY: String(privateKey.export({ format: 'pem', type: 'pkcs8' })), WORDS: 'hush hush' };
  const settings = { cardSigningKeys: 'env:CARD_KEY', pushSigningKey: 'env:WORDS' };
  const findings = await run({ env, settings });
  expect(about(findings, /^\w+_KEYS?$/)).toMatchObject([
    { about: 'PUSH_SIGNING_KEY', status: 'error', text: 'env:WORDS holds no private key, as PEM or JWK' },
    {
      about: 'CARD_SIGNING_KEYS',
      status: 'ok',
      text: expect.stringMatching(/^signs with the key [\w-]{43}$/),
    },
  ]);
  expect(JSON.stringify(findings)).not.toContain('hush');
});

it('tells of key files that cannot be used, and of keys that expire soon', async () => {
  const keyFile = join(directory, 'keys.json');
  const look = async () =>
    about(
      await run({
        file: { authentication: { keyFile }, agents: [entry('plain', { workflow: { type: 'echo' } })] },
      }),
      /^key file/,
    );
  expect(await look()).toMatchObject([{ status: 'error', text: 'cannot be used: there is no such file' }]);
  await createKey('anna', { file: keyFile });
  expect(await look()).toMatchObject([{ status: 'ok', text: '1 active key' }]);
  await createKey('bert', { file: keyFile, expires: '2d' });
  expect(await look()).toMatchObject([{ status: 'warning', text: expect.stringContaining('of bert') }]);
  // What a rotation leaves: the old key expires, and its owner has another one.
  await createKey('bert', { file: keyFile });
  expect(await look()).toMatchObject([{ status: 'ok', text: '3 active keys' }]);
});

it('looks at the card of each remote agent', async () => {
  const chain = {
    steps: [
      { name: 'one', url: remote.url, message: { url: 'https://example.com/is-no-agent' } },
      { name: 'two', url: 'http://127.0.0.1:9/', onError: 'http://10.0.0.1/agent' },
    ],
  };
  const agents = [entry('chained', { chain }), entry('again', { proxy: { url: 'http://10.0.0.1/agent' } })];
  const findings = about(await run({ agents }), /^remote agent/);
  expect(findings).toEqual([
    expect.objectContaining({ about: `remote agent ${remote.url}/`, status: 'ok' }),
    expect.objectContaining({
      about: 'remote agent http://127.0.0.1:9/',
      status: 'error',
      text: expect.stringMatching(/; it is called by "chained"$/),
      remedy: 'start the agent, or correct the URL',
    }),
    expect.objectContaining({
      about: 'remote agent http://10.0.0.1/agent',
      status: 'warning',
      text: expect.stringMatching(/; it is called by "chained", "again"$/),
      remedy: 'set OUTBOUND_ALLOW=10.0.0.1 where the workers run, or correct the URL',
    }),
  ]);
});

it('tells whether the public URL is that of the card', async () => {
  const at = async (publicUrl: string) => about(await run({ settings: { publicUrl } }), 'PUBLIC_URL');
  expect(await at(harness.url)).toEqual([expect.objectContaining({ status: 'ok' })]);
  expect(await at(`${harness.url}/below`)).toEqual([
    expect.objectContaining({ status: 'error', text: expect.stringContaining('status 404') }),
  ]);
  // As behind a proxy whose API nodes do not know of it.
  const proxy = remote.url.replace('127.0.0.1', 'localhost');
  expect(await at(proxy)).toEqual([
    expect.objectContaining({
      status: 'warning',
      text: expect.stringContaining(`names ${remote.url}`),
      remedy: 'run all API nodes with the same PUBLIC_URL',
    }),
  ]);
  expect((await at('http://127.0.0.1:10080'))[0]).toMatchObject({
    status: 'error',
    remedy: 'start the API, or correct PUBLIC_URL',
  });
});

it('tells of each fault of agents.yaml, and goes on', async () => {
  const findings = await run({ file: 'agents:\n  - id: a\n    nmae: b\n' });
  const faults = about(findings, /\.yaml$/);
  expect(faults.map(({ status }) => status)).toEqual(faults.map(() => 'error'));
  expect(faults.some(({ text }) => text.endsWith('unknown key; did you mean "name"?'))).toBe(true);
  expect(about(findings, 'clock')).toHaveLength(1);
});

describe('what it makes of', () => {
  it.each([
    ['v20.18.9', 'error'],
    ['v20.19.0', 'warning'],
    ['v22.23.1', 'warning'],
    ['v24.0.0', 'ok'],
    ['v26.0.0', 'ok'],
  ])('Node.js %s', (version, status) => {
    expect(checkNode(version).status).toBe(status);
    expect(engines.node).toBe('>=20.19');
  });

  it.each([
    [1_000, 900, 1_100, 'ok', "is that of Temporal's server"],
    [10_000, 900, 1_100, 'warning', "8.9 s behind Temporal's server"],
    [0, 5_000, 5_100, 'warning', "5.0 s ahead of Temporal's server"],
    [100_000, 900, 1_100, 'error', "98.9 s behind Temporal's server"],
  ])('a server at %s ms, asked from %s to %s', (server, begun, seen, status, text) => {
    expect(clockFinding('clock', server, begun, seen)).toMatchObject({ status, text });
  });

  it('findings, as text', () => {
    const findings: Finding[] = [
      { about: 'a', status: 'ok', text: 'is well' },
      { about: 'b', status: 'error', text: 'is not', remedy: 'mend it' },
    ];
    expect(asText(findings)).toBe(
      'ok       a: is well\nERROR    b: is not\n         -> mend it\n\n1 error, 0 warnings\n',
    );
  });
});
