import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, type GenerateKeyPairResult, generateKeyPair, SignJWT } from 'jose';

type Key = { kid: string; alg: string; privateKey: GenerateKeyPairResult['privateKey']; publicJwk: object };

export const AUDIENCE = 'https://agents.test';

/** An authorization server on loopback that signs tokens, publishes its keys and can be made to misbehave. */
export class TestIssuer {
  /** Paths that were asked for. */
  readonly asked: string[] = [];
  /** Answers instead, when it does not return false. */
  misbehave: (path: string, res: ServerResponse) => boolean = () => false;
  /** Keys that it publishes. */
  published: Key[] = [];
  url = '';
  private readonly server = createServer((req, res) => this.answer(req, res));

  static async start(): Promise<TestIssuer> {
    const issuer = new TestIssuer();
    await new Promise<void>((resolve) => issuer.server.listen(0, '127.0.0.1', resolve));
    issuer.url = `http://127.0.0.1:${(issuer.server.address() as AddressInfo).port}`;
    await issuer.rotate();
    return issuer;
  }

  /** A new key, published beside the old ones or instead of them. */
  async rotate(alg = 'ES256', keep = false): Promise<Key> {
    const key = await makeKey(alg);
    this.published = keep ? [...this.published, key] : [key];
    return key;
  }

  async token(claims: Record<string, unknown> = {}, key = this.published[0]): Promise<string> {
    if (key === undefined) throw new Error('the issuer has no key');
    const now = Math.floor(Date.now() / 1000);
    const all = { iss: this.url, aud: AUDIENCE, sub: 'anna', iat: now, exp: now + 300, ...claims };
    return new SignJWT(all).setProtectedHeader({ alg: key.alg, kid: key.kid }).sign(key.privateKey);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(req: IncomingMessage, res: ServerResponse): void {
    const path = req.url ?? '';
    this.asked.push(path);
    if (this.misbehave(path, res)) return;
    const json = (body: object) =>
      res.setHeader('Content-Type', 'application/json').end(JSON.stringify(body));
    if (path === '/.well-known/openid-configuration')
      json({ issuer: this.url, jwks_uri: `${this.url}/keys` });
    else if (path === '/keys') json({ keys: this.published.map(({ publicJwk }) => publicJwk) });
    else res.writeHead(404).end();
  }
}

export async function makeKey(alg = 'ES256'): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const kid = Math.random().toString(36).slice(2);
  return { kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}
