import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { hasOpenssl, makeCertificates } from '../support/certificates';
import { cleanUpAfterAll } from '../support/temporal';
import { failureOf, startCaller } from './calls';
import { rawCard, said, task } from './raw-agent';

const directory = mkdtempSync(join(tmpdir(), 'a2a-tls-'));
const path = (name: string) => join(directory, name);

(hasOpenssl ? describe : describe.skip)('An agent that wants a client certificate', () => {
  let url = '';
  let card: () => object;
  const seen: string[] = [];

  beforeAll(async () => {
    makeCertificates(directory);
    const read = (name: string) => readFileSync(path(name));
    const options = { key: read('server.key'), cert: read('server.pem'), ca: read('ca.pem') };
    const server = createServer(
      { ...options, requestCert: true, rejectUnauthorized: true },
      (request, response) => {
        seen.push(String((request.socket as TLSSocket).getPeerCertificate().subject.CN));
        if (request.method === 'GET') {
          response.end(JSON.stringify(card()));
          return;
        }
        let body = '';
        request.on('data', (chunk: Buffer) => {
          body += chunk.toString();
        });
        request.on('end', () => {
          const { id } = JSON.parse(body) as { id: number };
          response.setHeader('content-type', 'application/json');
          response.end(
            JSON.stringify({ jsonrpc: '2.0', id, result: { task: task('COMPLETED', said('a')) } }),
          );
        });
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanUpAfterAll(async () => server.close().closeAllConnections());
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  beforeEach(() => {
    seen.length = 0;
    card = () => rawCard(`${url}/rpc`, { securitySchemes: { cert: { mtlsSecurityScheme: {} } } });
  });

  const identity = () => ({
    certificate: `file:${path('client.pem')}`,
    key: `file:${path('client.key')}`,
    ca: `file:${path('ca.pem')}`,
  });

  it.each<[string, (plain: string) => object]>([
    ['interface', (plain) => rawCard(`${plain}/rpc`)],
    [
      'token URL',
      (plain) => {
        const flows = { clientCredentials: { tokenUrl: ` ${plain}/token`, scopes: {} } };
        return rawCard(`${url}/rpc`, { securitySchemes: { oauth: { type: 'oauth2', flows } } });
      },
    ],
    [
      'discovery URL',
      (plain) => {
        const oidc = { type: 'openIdConnect', openIdConnectUrl: `${plain}/openid` };
        return rawCard(`${url}/rpc`, { securitySchemes: { oidc } });
      },
    ],
  ])('gets no secret sent in the clear, whatever %s its card names', async (what, make) => {
    card = () => make(url.replace('https:', 'http:'));
    writeFileSync(path('secret'), 'a-secret-of-the-call');
    const secret = `file:${path('secret')}`;
    const credentials = [
      {
        ...identity(),
        ...(what === 'interface' ? { value: secret } : { clientId: 'me', clientSecret: secret }),
      },
    ];
    const caller = await startCaller();
    const call = caller.start('hi', {
      url,
      waiting: 'poll',
      maximumAttempts: 1,
      agent: { url, credentials },
    });
    expect(await failureOf(await call)).toMatchObject({
      type: 'A2A_REMOTE_CREDENTIALS',
      message: expect.stringContaining(`the ${what} that it names is not encrypted`),
    });
  });

  it('gets the one that the call names, and is known by the authority that it names', async () => {
    const caller = await startCaller();
    const ca = `file:${path('ca.pem')}`;
    const call = (credentials: object[]) =>
      caller.start('hi', { url, waiting: 'poll', maximumAttempts: 1, agent: { url, credentials } });
    const { answer } = (await (await call([identity()])).result()) as { answer: { task: object } };
    expect(answer.task).toMatchObject({ status: { state: 'TASK_STATE_COMPLETED' } });
    expect(seen).toEqual(['client', 'client']);
    for (const credentials of [[], [{ ca }]]) {
      expect(await failureOf(await call(credentials))).toMatchObject({ type: 'A2A_REMOTE_UNREACHABLE' });
    }
  });
});
