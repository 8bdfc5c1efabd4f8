import { generateKeyPairSync } from 'node:crypto';
import { AgentCard, generateAgentCardSignature } from '@a2a-js/sdk';
import { FlattenedSign } from 'jose';
import { CardCache } from '../../src/activities/remote/card/card-cache';
import { chooseInterface, readCard } from '../../src/activities/remote/card/remote-card';
import { OutboundClient } from '../../src/outbound/outbound-client';
import { type RawAgent, rawCard, startRawAgent } from './raw-agent';

let agent: RawAgent;
let http: OutboundClient;
let cards: CardCache;
let fetched: { path: string | undefined; etag: string | undefined }[];

beforeEach(async () => {
  agent = await startRawAgent();
  http = new OutboundClient({ allow: ['127.0.0.1'] });
  cards = new CardCache(http);
  fetched = [];
  agent.serve = (request) => {
    fetched.push({ path: request.url, etag: request.headers['if-none-match'] });
    return false;
  };
});

afterEach(() => http.close());

const serveCard = (headers: Record<string, string>, card = () => agent.card) => {
  agent.serve = (request, response) => {
    fetched.push({ path: request.url, etag: request.headers['if-none-match'] });
    const known = headers.etag !== undefined && request.headers['if-none-match'] === headers.etag;
    response.writeHead(known ? 304 : 200, headers).end(known ? undefined : JSON.stringify(card()));
    return true;
  };
};

describe('A card is found', () => {
  it('below a base URL', async () => {
    await cards.get(`${agent.url}/agents/a/`).catch(() => {});
    expect(fetched[0]?.path).toBe('/agents/a/.well-known/agent-card.json');
  });

  it('at its own URL', async () => {
    expect((await cards.get(`${agent.url}/.well-known/agent-card.json?v=1`)).name).toBe('Raw');
    expect(fetched.map(({ path }) => path)).toEqual(['/.well-known/agent-card.json?v=1']);
    serveCard({});
    await cards.get(`${agent.url}/cards/mine.json`);
    expect(fetched.at(-1)?.path).toBe('/cards/mine.json');
  });

  it('where it was in the years before', async () => {
    const old = { name: 'Old', url: `${agent.url}/rpc`, authentication: { schemes: ['bearer'] } };
    agent.serve = (request, response) => {
      fetched.push({ path: request.url, etag: undefined });
      const found = request.url === '/.well-known/agent.json';
      response.writeHead(found ? 200 : 404).end(JSON.stringify(found ? old : {}));
      return true;
    };
    const card = await cards.get(agent.url);
    expect(card.interfaces).toEqual([{ url: old.url, binding: 'JSONRPC', version: '0.2' }]);
    expect(fetched.map(({ path }) => path)).toEqual([
      '/.well-known/agent-card.json',
      '/.well-known/agent.json',
    ]);
  });
});

describe('A card is kept', () => {
  it('for as long as it says', async () => {
    serveCard({ 'cache-control': 'max-age=60' });
    await Promise.all([cards.get(agent.url), cards.get(agent.url)]);
    await cards.get(agent.url);
    expect(fetched).toHaveLength(1);
  });

  it('not at all when it says so', async () => {
    serveCard({ 'cache-control': 'no-store' });
    await cards.get(agent.url);
    await cards.get(agent.url);
    expect(fetched).toHaveLength(2);
  });

  it('for less when it was in a cache before', async () => {
    serveCard({ 'cache-control': 'max-age=60', age: '60' });
    await cards.get(agent.url);
    await cards.get(agent.url);
    expect(fetched).toHaveLength(2);
  });

  it('when the server says that it has not changed', async () => {
    serveCard({ etag: '"1"', 'cache-control': 'max-age=0' });
    const first = await cards.get(agent.url);
    expect(await cards.get(agent.url)).toBe(first);
    expect(fetched.map(({ etag }) => etag)).toEqual([undefined, '"1"']);
  });
});

describe('A card that cannot be used', () => {
  it.each([
    ['[]', 'not a JSON object'],
    ['<html>', 'not JSON'],
    ['{}', 'name'],
    ['{"name":"x"}', 'url'],
    ['{"name":"x","supportedInterfaces":[{}]}', 'supportedInterfaces.0.url'],
    ['{"name":"x","supportedInterfaces":"x","url":7}', 'url'],
  ])('%s is refused', async (body, words) => {
    agent.serve = (_, response) => {
      response.end(body);
      return true;
    };
    await expect(cards.get(agent.url)).rejects.toMatchObject({
      type: 'A2A_REMOTE_BAD_CARD',
      message: expect.stringContaining(words) as string,
    });
  });

  it('is there, but there is no interface to call', () => {
    const only = (protocolBinding: string, protocolVersion: string) =>
      readCard({ name: 'x', supportedInterfaces: [{ url: 'http://x', protocolBinding, protocolVersion }] });
    expect(() => chooseInterface(only('SMTP', '1.0'))).toThrow('no interface');
    expect(() => chooseInterface(only('JSONRPC', '2.0'))).toThrow('no interface');
    expect(() => chooseInterface(only('JSONRPC', '1.0'), ['GRPC'])).toThrow('over GRPC');
  });
});

describe('The interface to call', () => {
  const known = (...list: [string, string][]) =>
    readCard({
      name: 'x',
      supportedInterfaces: list.map(([protocolBinding, protocolVersion], index) => ({
        url: `http://${index}`,
        protocolBinding,
        protocolVersion,
      })),
    });

  it('has the newest version, then the place in the card', () => {
    const card = known(['JSONRPC', '0.3'], ['GRPC', '1.0.1'], ['HTTP+JSON', '1.0']);
    expect(chooseInterface(card)).toMatchObject({ binding: 'GRPC', version: '1.0' });
  });

  it('has the binding that the call prefers', () => {
    const card = known(['JSONRPC', '1.0'], ['http+json', '0.3.0'], ['HTTP+JSON', '1.0']);
    expect(chooseInterface(card, ['HTTP+JSON', 'JSONRPC'])).toMatchObject({ url: 'http://2' });
  });

  it.each([
    [{ protocolVersion: '0.2.5' }, '0.3'],
    [{ protocolVersion: '0.3.0', preferredTransport: 'GRPC' }, '0.3'],
    [{ protocolVersion: '0.1' }, '0.2'],
    [{ preferredTransport: 'JSONRPC' }, '0.3'],
    [{ securitySchemes: {} }, '0.3'],
    [{ authentication: { schemes: [] } }, '0.2'],
    [{}, '0.2 or 0.3'],
  ])('of an earlier card with %j speaks %s', (more, version) => {
    expect(chooseInterface(readCard({ name: 'x', url: 'http://x', ...more }, 'agent.json')).version).toBe(
      version,
    );
  });
});

describe('A signature', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keys = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256' }] };

  async function serveSigned(change: (card: Record<string, unknown>) => object, jku?: string): Promise<void> {
    const header = { alg: 'ES256', kid: 'k1', typ: 'JOSE', ...(jku !== undefined && { jku }) };
    const sign = generateAgentCardSignature(privateKey, header);
    const card = AgentCard.toJSON(await sign(AgentCard.fromJSON(rawCard(`${agent.url}/rpc`))));
    agent.serve = (request, response) => {
      const isKeys = request.url?.startsWith('/.well-known/jwks.json');
      response.end(JSON.stringify(isKeys ? keys : change(card as Record<string, unknown>)));
      return true;
    };
  }

  beforeEach(() => void jest.spyOn(console, 'debug').mockImplementation(() => {}));
  afterEach(() => jest.restoreAllMocks());

  it('that is good passes', async () => {
    await serveSigned((card) => card);
    expect((await cards.get(agent.url, { requireSignature: true })).name).toBe('Raw');
  });

  it('over another card is refused, asked for or not', async () => {
    await serveSigned((card) => ({ ...card, name: 'Mallory' }));
    await expect(cards.get(agent.url)).rejects.toThrow('its signature is not valid');
  });

  it('by keys from elsewhere is refused', async () => {
    const other = await startRawAgent();
    other.serve = (_, response) => {
      response.end(JSON.stringify(keys));
      return true;
    };
    await serveSigned((card) => card, `${other.url}/keys`);
    await expect(cards.get(agent.url)).rejects.toThrow('not at the origin of the card');
  });

  describe('of a card with security schemes', () => {
    const securitySchemes = { key: { apiKeySecurityScheme: { location: 'header', name: 'X-Key' } } };
    const whole = () => ({ ...rawCard(`${agent.url}/rpc`), securitySchemes });

    /** Signs one card and serves another. */
    async function serve(signed: object, served: object): Promise<void> {
      const header = { alg: 'ES256', kid: 'k1', typ: 'JOSE' };
      const payload = new TextEncoder().encode(sorted(signed));
      const jws = await new FlattenedSign(payload).setProtectedHeader(header).sign(privateKey);
      const { payload: _, ...signature } = jws;
      agent.serve = (request, response) => {
        const isKeys = request.url?.startsWith('/.well-known/jwks.json');
        response.end(JSON.stringify(isKeys ? keys : { ...served, signatures: [signature] }));
        return true;
      };
    }

    it('that covers them passes, with and without what is empty', async () => {
      await serve(whole(), whole());
      expect((await cards.get(agent.url, { requireSignature: true })).name).toBe('Raw');
      await serve(whole(), { ...whole(), iconUrl: '', securityRequirements: [] });
      const again = new CardCache(http);
      expect((await again.get(agent.url, { requireSignature: true })).name).toBe('Raw');
    });

    it('that covers others is refused', async () => {
      const changed = { key: { apiKeySecurityScheme: { location: 'query', name: 'key' } } };
      await serve(whole(), { ...whole(), securitySchemes: changed });
      await expect(cards.get(agent.url)).rejects.toThrow('its signature is not valid');
    });

    it('that leaves them out counts as none', async () => {
      await serve(rawCard(`${agent.url}/rpc`), whole());
      expect((await cards.get(agent.url)).name).toBe('Raw');
      await expect(cards.get(agent.url, { requireSignature: true })).rejects.toThrow('no signature over all');
    });
  });

  it('that is missing is missed only by who asks for it', async () => {
    await serveSigned(({ signatures: _, ...card }) => card);
    expect((await cards.get(agent.url)).name).toBe('Raw');
    await expect(cards.get(agent.url, { requireSignature: true })).rejects.toThrow('no signature');
  });
});

/** JSON with sorted fields. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
