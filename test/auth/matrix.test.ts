import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatKeyFile, newKey } from '../../src/auth/key-records';
import { closeAll, rawClient } from '../grpc/harness';
import { type Harness, startHarness } from '../support/harness';
import { AUDIENCE, makeKey, TestIssuer } from './issuer';
import {
  type Headers,
  MATRIX_BINDINGS,
  type MatrixCall,
  type Outcome,
  type Target,
  taskIdIn,
} from './matrix-bindings';
import { bearer } from './support';

/*
 * Every operation, of every binding and version, with every kind of credential: what the caller gets. One server and one
 * Temporal for all of it.
 */

process.env.TEST_MATRIX_ANNA = 'key-of-anna-0123456789';
process.env.TEST_MATRIX_BERT = 'key-of-bert-0123456789';
process.env.TEST_MATRIX_CARL = 'key-of-carl-0123456789';

let issuer: TestIssuer;
let harness: Harness;
let target: Target;
let directory: string;
/** The keys of the key file. */
const kept = { good: '', expired: '', revoked: '' };

beforeAll(async () => {
  issuer = await TestIssuer.start();
  directory = await mkdtemp(join(tmpdir(), 'matrix-'));
  const keyFile = join(directory, 'keys.json');
  await writeFile(keyFile, makeKeyFile());
  const main = {
    apiKeys: [
      { owner: 'anna', values: ['env:TEST_MATRIX_ANNA'] },
      { owner: 'bert', values: ['env:TEST_MATRIX_BERT'] },
    ],
    keyFile,
    jwt: [{ issuer: issuer.url, audience: AUDIENCE, scopes: ['a2a'] }],
  };
  const carls = { apiKeys: [{ owner: 'carl', values: ['env:TEST_MATRIX_CARL'] }] };
  harness = await startHarness({
    agents: [
      { id: 'interview', authentication: main, extendedCard: { description: 'Known callers alone' } },
      { id: 'echo', authentication: carls, extendedCard: { description: "Carl's alone" } },
    ],
    app: true,
    grpc: true,
    push: true,
  });
  const card = await fetch(`${harness.url}/a2a/interview/.well-known/agent-card.json`);
  const { supportedInterfaces } = (await card.json()) as { supportedInterfaces: Record<string, string>[] };
  const address = supportedInterfaces.find(({ protocolBinding }) => protocolBinding === 'GRPC')?.url ?? '';
  const grpc = { '1.0': rawClient(address), '0.3': rawClient(address, '0.3') };
  target = { url: harness.url, agentId: 'interview', grpc };
});

afterAll(async () => {
  await closeAll();
  await issuer.close();
  await rm(directory, { recursive: true, force: true });
});

/** Of anna: a key that is good, one whose time is over, and one that is revoked. */
function makeKeyFile(): string {
  const good = newKey('anna');
  const expired = newKey('anna', new Date(Date.now() - 60_000));
  const revoked = newKey('anna');
  Object.assign(kept, { good: good.key, expired: expired.key, revoked: revoked.key });
  const revokedAt = new Date().toISOString();
  return formatKeyFile({ keys: [good.record, expired.record, { ...revoked.record, revokedAt }] });
}

const key = (text: string | undefined): Headers => ({ 'X-Api-Key': text ?? '' });
const token = async (claims: Record<string, unknown>) =>
  bearer(await issuer.token({ scope: 'a2a', ...claims }));
const now = () => Math.floor(Date.now() / 1000);

/** Credentials that are nobody's at the agent, and what each call comes to. */
const REFUSED: [string, Outcome, () => Promise<Headers>][] = [
  ['no credential', 'unauthenticated', async () => ({})],
  ['a wrong key', 'unauthenticated', async () => key('a-wrong-key-0123456789')],
  ['a wrong bearer token', 'unauthenticated', async () => bearer('a-wrong-key-0123456789')],
  ['another scheme', 'unauthenticated', async () => ({ Authorization: 'Basic YW5uYTphbm5h' })],
  ['a key of the file with another secret', 'unauthenticated', async () => key(kept.good.replace(/.$/, '!'))],
  ['an expired key', 'unauthenticated', async () => key(kept.expired)],
  ['a revoked key', 'unauthenticated', async () => key(kept.revoked)],
  ["another agent's key", 'unauthenticated', async () => key(process.env.TEST_MATRIX_CARL)],
  ['an expired token', 'unauthenticated', () => token({ exp: now() - 300 })],
  ['a token for others', 'unauthenticated', () => token({ aud: 'https://others.test' })],
  ['a token of another issuer', 'unauthenticated', () => token({ iss: 'https://others.test' })],
  [
    'a token with a signature of somebody else',
    'unauthenticated',
    async () => {
      const { kid } = issuer.published[0] ?? { kid: '' };
      return bearer(await issuer.token({ scope: 'a2a' }, { ...(await makeKey()), kid }));
    },
  ],
  ['a token without the scope', 'denied', () => token({ scope: 'other' })],
];

/** Callers that are known, to whom tasks of anna do not exist. */
const OTHERS: [string, () => Promise<Headers>][] = [
  ["another owner's key", async () => key(process.env.TEST_MATRIX_BERT)],
  ['a token whose subject is called like the owner', () => token({ sub: 'anna' })],
  ['a token whose subject is called like the key', () => token({ sub: 'key:anna' })],
];

/** The same caller by each of its credentials, and another one by a token. */
const RIGHT: [string, () => Promise<Headers>][] = [
  ['the key', async () => key(process.env.TEST_MATRIX_ANNA)],
  ['the key as bearer token', async () => bearer(process.env.TEST_MATRIX_ANNA ?? '')],
  ['a key of the file', async () => key(kept.good)],
  ['a token', () => token({ sub: 'dora' })],
];

/** Operations that are about no task. */
const WITHOUT_TASK = ['send', 'sendByName', 'stream', 'list', 'card'];

describe.each(MATRIX_BINDINGS)('$name', ({ operations, clientIds }) => {
  const names = Object.keys(operations);
  const expected = (outcome: (name: string) => Outcome) =>
    Object.fromEntries(names.map((name) => [name, outcome(name)]));

  type Tried = { got: object; texts: string[] };

  /** Every operation, all at once. */
  async function tryAll(
    headers: Headers,
    taskFor: (operation: string) => Promise<string>,
    inTurn = false,
  ): Promise<Tried> {
    const answers: Awaited<ReturnType<MatrixCall>>[] = [];
    const tried = Object.entries(operations).map(([name, call]) => async () => {
      // A client of 0.2 that sends under the ID of its own task goes on with it.
      const id = clientIds === true && name === 'send' ? randomUUID() : await taskFor(name);
      return call(target, headers, id);
    });
    if (inTurn) for (const one of tried) answers.push(await one());
    else answers.push(...(await Promise.all(tried.map((one) => one()))));
    const got = Object.fromEntries(names.map((name, index) => [name, answers[index]?.outcome]));
    return { got, texts: answers.map(({ text }) => text) };
  }

  async function begin(headers: Headers): Promise<string> {
    const id = randomUUID();
    const made = await operations.send?.(target, headers, id);
    if (made?.outcome !== 'ok') throw new Error(`no task: ${made?.outcome}`);
    return clientIds === true ? id : taskIdIn(made.text);
  }

  /** A task of anna, with a push notification config. */
  let annas = '';
  beforeAll(async () => {
    const anna = key(process.env.TEST_MATRIX_ANNA);
    annas = await begin(anna);
    await operations.setPush?.(target, anna, annas);
  });

  it.each(REFUSED)('with %s: %s', async (_, outcome, makeHeaders) => {
    const { got, texts } = await tryAll(await makeHeaders(), async () => annas);
    expect(got).toEqual(expected(() => outcome));
    expect(texts.join()).not.toMatch(/a-wrong-key|a2a_[0-9a-f]{12}|key-of-/);
  });

  it.each(OTHERS)('with %s: no task of others', async (_, makeHeaders) => {
    const { got, texts } = await tryAll(await makeHeaders(), async () => annas);
    expect(got).toEqual(expected((name) => (WITHOUT_TASK.includes(name) ? 'ok' : 'not found')));
    const listed = texts[names.indexOf('list')];
    expect(listed ?? '').not.toContain(annas);
  });

  it.each(RIGHT)('with %s: all', async (_, makeHeaders) => {
    const headers = await makeHeaders();
    const own = await begin(headers);
    // What goes on with a task, or ends it, has one to itself.
    const taskFor = async (name: string) => (/^(continue|cancel)/.test(name) ? begin(headers) : own);
    const { got } = await tryAll(headers, taskFor, true);
    expect(got).toEqual(expected(() => 'ok'));
  });

  it('none of that has touched the task', async () => {
    const anna = key(process.env.TEST_MATRIX_ANNA);
    const got = await operations.get?.(target, anna, annas);
    expect(got).toMatchObject({ outcome: 'ok', text: expect.stringMatching(/input[-_]required|"state":6/i) });
    const push = await operations.getPush?.(target, anna, annas);
    expect(push?.outcome ?? 'ok').toBe('ok');
  });
});

it.each([
  ['/a2a/interview/.well-known/agent-card.json', 200],
  ['/.well-known/interview/agent-card.json', 200],
  ['/a2a/interview/.well-known/agent.json', 200],
  ['/.well-known/agent-card.json', 200],
  ['/.well-known/jwks.json', 200],
  ['/healthz', 200],
  ['/readyz', 200],
  ['/a2a', 200],
])('GET %s is public', async (path, status) => {
  for (const makeHeaders of [...REFUSED.map(([, , make]) => make), ...RIGHT.map(([, make]) => make)]) {
    const response = await fetch(harness.url + path, { headers: await makeHeaders() });
    const text = await response.text();
    expect([path, response.status]).toEqual([path, status]);
    expect(text).not.toMatch(/Known callers alone|Carl's alone/);
  }
});

it('a tenant leads to no other agent than that of the path', async () => {
  const anna = key(process.env.TEST_MATRIX_ANNA);
  const carl = key(process.env.TEST_MATRIX_CARL);
  const statusOf = async (path: string, headers: Headers) =>
    (await fetch(harness.url + path, { headers: { 'A2A-Version': '1.0', ...headers } })).status;
  expect(await statusOf('/a2a/interview/tasks', anna)).toBe(200);
  expect(await statusOf('/interview/tasks', anna)).toBe(200);
  for (const path of [
    '/a2a/echo/interview/tasks',
    '/a2a/interview/echo/tasks',
    '/interview/tasks',
    '/nobody/tasks',
  ]) {
    expect([path, await statusOf(path, carl)]).toEqual([path, 401]);
  }
  expect(await statusOf('/a2a/echo/tasks?tenant=interview', carl)).toBe(400);
  expect(await statusOf('/tasks?tenant=interview', carl)).toBe(401);
});

it.each([
  ['no credential', async () => ({}), []],
  ["another agent's key", async () => key(process.env.TEST_MATRIX_CARL), ['echo']],
  ['the key', async () => key(process.env.TEST_MATRIX_ANNA), ['interview']],
] as [string, () => Promise<Headers>, string[]][])(
  'GET /a2a lists with %s what it is good for',
  async (_, makeHeaders, ids) => {
    const response = await fetch(`${harness.url}/a2a`, { headers: await makeHeaders() });
    const { agents } = (await response.json()) as { agents: { id: string }[] };
    expect(agents.map(({ id }) => id)).toEqual(ids);
  },
);
