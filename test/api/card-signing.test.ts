import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { AgentCard, verifyAgentCardSignature } from '@a2a-js/sdk';
import { DefaultAgentCardResolver } from '@a2a-js/sdk/client';
import { createRemoteJWKSet, flattenedVerify, type JWK } from 'jose';
import { canonicalJson } from '../../src/a2a/canonical-json';
import { CardCache } from '../../src/activities/remote/card/card-cache';
import { agentCard } from '../../src/api/agent-card';
import { type AgentCardSignature, CardSigner, createCardSigner } from '../../src/api/card-signer';
import { BridgeRequestHandler } from '../../src/bridge/request-handler';
import { createPushSigner } from '../../src/bridge/push-signer';
import type { AgentInput } from '../../src/config/agents';
import { OutboundClient } from '../../src/outbound/outbound-client';
import { closeAll as closeGrpc, startGrpc } from '../grpc/harness';
import { FakeOperations } from './fake-operations';
import { type Api, closeAll, makeAgent, startApi } from './harness';

const CARD = '/.well-known/agent-card.json';
const KEY = 'a-key-of-sixteen-characters';

function pem(type: 'ec' | 'ed25519' = 'ec'): string {
  const { privateKey } =
    type === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync(type);
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

const env = { NEW: pem(), OLD: pem('ed25519') };

/** What verifiers differ in: empty fields that are REQUIRED, defaults, schemes, letters beyond ASCII. */
const AGENT: Partial<AgentInput> = {
  name: 'Écho 𝕏',
  extensions: [{ uri: 'https://example.com/e', required: false, params: { half: 0.5, none: [], no: false } }],
  extendedCard: { description: 'Says more' },
  authentication: { apiKeys: [{ owner: 'ada', values: ['env:AUDIT_TEST_KEY'] }] } as never,
};

beforeAll(() => {
  process.env.AUDIT_TEST_KEY = KEY;
});

afterEach(async () => {
  await closeAll();
  await closeGrpc();
  jest.restoreAllMocks();
});

const signing = async (references = 'env:NEW, env:OLD') => createCardSigner(references, { env });

async function startSigned(agent = AGENT): Promise<Api> {
  const bare = makeAgent({ id: 'bare', default: false });
  return startApi({ agents: [makeAgent(agent), bare], cardSigner: await signing() });
}

// biome-ignore lint/suspicious/noExplicitAny: cards are read freely in tests
type Card = any;

async function cardAt(url: string, version?: string): Promise<Card> {
  const headers = version === undefined ? undefined : { 'A2A-Version': version };
  return (await fetch(url, { headers: { ...headers, Authorization: `Bearer ${KEY}` } })).json();
}

const headerOf = (signature: AgentCardSignature) =>
  JSON.parse(Buffer.from(signature.protected, 'base64url').toString());

/** As section 8.4.3 says, for a card that has nothing with its default value. */
async function verify({ signatures, ...card }: Card): Promise<void> {
  const payload = Buffer.from(canonicalJson(card)).toString('base64url');
  const keys = createRemoteJWKSet(new URL(headerOf(signatures[0]).jku));
  await flattenedVerify({ ...signatures[0], payload }, keys);
}

/** A key as the SDKs ask for it, from where the signature says. */
async function keyOf(kid: string, jku?: string): Promise<JWK> {
  const { keys } = (await (await fetch(String(jku))).json()) as { keys: JWK[] };
  return keys.find((key) => key.kid === kid) as JWK;
}

describe.each([undefined, '1.0', '0.3'])('A card for clients of version %s', (version) => {
  it('is signed as it is served', async () => {
    const { url } = await startSigned();
    const card = await cardAt(url + CARD, version);
    await verify(card);
    await expect(verify({ ...card, name: 'Mallory' })).rejects.toThrow('signature verification failed');
    const { kid } = await signing();
    for (const signature of card.signatures) {
      expect(headerOf(signature)).toEqual({
        ...{ alg: 'ES256', typ: 'JOSE', kid },
        jku: `${url}/.well-known/jwks.json`,
      });
    }
    const ofAgent = await cardAt(`${url}/a2a/bare${CARD}`, version);
    await verify(ofAgent);
    expect(ofAgent.signatures).not.toEqual(card.signatures);
  });
});

it.each(['1.0', undefined])('passes with the official SDK, for version %s', async (version) => {
  const { url } = await startSigned();
  jest.spyOn(console, 'debug').mockImplementation(() => {});
  const check = verifyAgentCardSignature(keyOf);
  const asked = version === undefined ? url : `${url}${CARD}?A2A-Version=${version}`;
  const resolver = new DefaultAgentCardResolver();
  const card = await (version === undefined ? resolver.resolve(asked) : resolver.resolve(asked, ''));
  expect(Object.keys(card.securitySchemes)).toEqual(['apiKey', 'bearer']);
  await check(card);
  await expect(check({ ...card, description: 'Another' })).rejects.toThrow('No valid signatures');
  // With the schemes, which this SDK loses of a card that it has read itself.
  await check((await cardAt(url + CARD, version)) as AgentCard);
});

it('passes with a bridge that requires a signature', async () => {
  const { url } = await startSigned();
  const http = new OutboundClient({ allow: ['127.0.0.1'] });
  const cards = new CardCache(http);
  expect((await cards.get(url, { requireSignature: true })).name).toBe('Écho 𝕏');
  await http.close();
});

it('the extended card is signed in each binding and version', async () => {
  const { url } = await startSigned();
  const extended = await cardAt(`${url}/extendedAgentCard`, '1.0');
  expect(extended.description).toBe('Says more');
  await verify(extended);
  await verify(await cardAt(`${url}/v1/card`, '0.3'));
  for (const [version, method] of [
    ['1.0', 'GetExtendedAgentCard'],
    ['0.3', 'agent/getAuthenticatedExtendedCard'],
  ] as const) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'A2A-Version': version, 'Content-Type': 'application/json', 'X-Api-Key': KEY },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: {} }),
    });
    const { result } = (await response.json()) as Card;
    expect(result.description).toBe('Says more');
    await verify(result);
  }
});

it('the card over gRPC is signed in 1.0, and not where the SDK makes another of it', async () => {
  const { url } = await startSigned();
  const agents = [makeAgent(AGENT)];
  const { v1, v03 } = await startGrpc({ agents, cardSigner: await signing(), url: () => url });
  jest.spyOn(console, 'debug').mockImplementation(() => {});
  const card = await v1.call('getExtendedAgentCard', {}, { 'x-api-key': KEY });
  expect(card.signatures.length).toBeGreaterThan(0);
  await verifyAgentCardSignature(keyOf)(AgentCard.toJSON(card) as AgentCard);
  expect((await v03.call('getAgentCard', {}, { 'x-api-key': KEY })).signatures).toEqual([]);
});

it('the card of a server of the official SDK is signed', async () => {
  const { url } = await startSigned();
  const signer = await signing();
  const agent = makeAgent(AGENT);
  const card = agentCard(agent, 'https://agents.example.com');
  const signCard = (each: object) => signer.sign(each, `${url}/.well-known/jwks.json`);
  const operations = new FakeOperations();
  const handler = new BridgeRequestHandler({ operations, agent, card, signCard });
  jest.spyOn(console, 'debug').mockImplementation(() => {});
  await verifyAgentCardSignature(keyOf)(await handler.getAgentCard());
  await verify(AgentCard.toJSON(await handler.getAgentCard()));
});

it('has the same ETag on each node, and another with another key', async () => {
  const etags: (string | null)[] = [];
  for (const references of ['env:NEW', 'env:NEW, env:OLD', 'env:OLD']) {
    const { url } = await startApi({
      cardSigner: await signing(references),
      publicUrl: 'https://a.example.com',
    });
    const first = await fetch(url + CARD);
    etags.push(first.headers.get('etag'));
    expect(await (await fetch(url + CARD)).text()).toBe(await first.text());
    const again = await fetch(url + CARD, { headers: { 'If-None-Match': String(etags.at(-1)) } });
    expect(again.status).toBe(304);
  }
  const [one, two, other] = etags;
  expect(two).toBe(one);
  expect(other).not.toBe(one);
});

it('keys are published once, with those of push notifications, and none is private', async () => {
  const push = await createPushSigner('env:NEW', { issuer: 'https://a.example.com', env });
  const { url } = await startApi({ jwks: push.jwks, cardSigner: await signing() });
  const { keys } = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as { keys: JWK[] };
  expect(keys.map(({ alg }) => alg)).toEqual(['ES256', 'EdDSA']);
  expect(keys.every((key) => key.d === undefined)).toBe(true);
});

it('the signatures of a card are made once, and no number of hosts fills the memory', async () => {
  const signer = await signing();
  const sign = jest.spyOn(CardSigner.prototype as never, 'signForms' as never);
  const card = agentCard(makeAgent(), 'https://agents.example.com');
  expect(await signer.sign(card)).toEqual(await signer.sign({ ...card }));
  expect(sign).toHaveBeenCalledTimes(1);
  for (let host = 0; host < 600; host += 1) await signer.sign({ name: `${host}` });
  expect((signer as unknown as { known: Map<string, unknown> }).known.size).toBe(500);
});

it('a card without a signer, and one of 0.2, have no signatures', async () => {
  const { url } = await startApi();
  expect(await cardAt(url + CARD)).not.toHaveProperty('signatures');
  const signed = await startSigned();
  expect(await cardAt(`${signed.url}/.well-known/agent.json`)).not.toHaveProperty('signatures');
});

/** Says "good" when the official SDK for Python takes the signature of a card on standard input. */
const PYTHON = `
import json, sys
import jwt
from a2a.utils import signing
from a2a.types import AgentCard

given = json.load(sys.stdin)
if hasattr(AgentCard, 'model_validate'):
    card = AgentCard.model_validate(given['card'])
else:
    from google.protobuf.json_format import ParseDict
    card = ParseDict(given['card'], AgentCard(), ignore_unknown_fields=True)
key = lambda kid, jku: jwt.PyJWK([each for each in given['keys'] if each['kid'] == kid][0])
signing.create_signature_verifier(key, ['ES256'])(card)
print('good')
`;

const python = spawnSync('python3', [
  '-c',
  'import a2a.utils.signing as s; from a2a.types import AgentCard as c; print(hasattr(c, "model_validate"))',
]);
if (python.status !== 0) process.stderr.write('Skipped: python3 has no a2a-sdk[signing].\n');

(python.status === 0 ? it : it.skip)('passes with the official SDK for Python', async () => {
  const isV03 = python.stdout.toString().trim() === 'True';
  const { url } = await startSigned();
  const { keys } = (await signing()).jwks;
  for (const version of [undefined, isV03 ? '0.3' : '1.0']) {
    const card = await cardAt(url + CARD, version);
    const check = (given: object) =>
      spawnSync('python3', ['-c', PYTHON], { input: JSON.stringify({ card: given, keys }) });
    expect(check(card).stdout.toString()).toBe('good\n');
    expect(check({ ...card, description: 'Another' }).stderr.toString()).toContain('No valid signature');
  }
});
