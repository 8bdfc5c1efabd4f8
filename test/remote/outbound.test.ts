import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { readSettings } from '../../src/config/settings';
import { type Lookup, parseAllowList } from '../../src/outbound/address-guard';
import { OutboundClient } from '../../src/outbound/outbound-client';

/** Ways to write a loopback or otherwise private host in a URL. */
const SPELLINGS = [
  'http://127.0.0.1',
  'http://127.1',
  'http://127.0.1',
  'http://127.0.0.1.',
  'http://127.255.255.254',
  'http://localhost',
  'http://LOCALHOST',
  'http://2130706433',
  'http://017700000001',
  'http://0x7f000001',
  'http://0x7f.1',
  'http://0177.0.0.1',
  'http://0177.0.0.01',
  'http://127.0x0.0.1',
  'http://%31%32%37.0.0.1',
  'http://①②⑦.0.0.1',
  'http://0',
  'http://0.0.0.0',
  'http://[::1]',
  'http://[0:0:0:0:0:0:0:1]',
  'http://[::]',
  'http://[::ffff:127.0.0.1]',
  'http://[::ffff:7f00:1]',
  'http://[::127.0.0.1]',
  'http://[64:ff9b::127.0.0.1]',
  'http://[64:ff9b:1::127.0.0.1]',
  'http://[2002:7f00:1::]',
  'http://[2001:0:7f00:1::]',
  'http://[fe80::1]',
  'http://[fec0::1]',
  'http://[fd00::1]',
  'http://[ff02::1]',
  'http://[100::1]',
  'http://10.0.0.1',
  'http://172.16.0.1',
  'http://192.168.0.1',
  'http://169.254.169.254',
  'http://100.64.0.1',
  'http://192.0.0.1',
  'http://198.18.0.1',
  'http://224.0.0.1',
  'http://240.0.0.1',
  'http://255.255.255.255',
  'http://user@127.0.0.1',
  'http://example.com@127.0.0.1',
  'http://user:password@example.com',
  'https://@user:x@example.com',
  'file:///etc/passwd',
  'ftp://example.com',
  'gopher://example.com',
  'data:text/plain,hi',
  '//example.com',
  'http://',
];

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
const servers: Server[] = [];
const clients: OutboundClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(handler: Handler): Promise<string> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function client(options: ConstructorParameters<typeof OutboundClient>[0] = { allow: ['127.0.0.0/8'] }) {
  const made = new OutboundClient(options);
  clients.push(made);
  return made;
}

const resolvesTo =
  (...addresses: string[]): Lookup =>
  (_host, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

describe('Where a request may go', () => {
  it.each(SPELLINGS)('refuses %s', async (url) => {
    await expect(client({}).fetch(url)).rejects.toMatchObject({ name: 'OutboundError', failure: 'refused' });
  });

  it.each([
    ['127.0.0.1'],
    ['::1'],
    ['::ffff:10.0.0.1'],
    ['93.184.216.34', '127.0.0.1'],
    ['2606:2800:220:1::1', 'fd00::1'],
  ])('refuses a name that resolves to %s %s', async (...addresses) => {
    for (const host of ['innocent.example', 'localhost.']) {
      await expect(
        client({ lookup: resolvesTo(...addresses) }).fetch(`http://${host}/`),
      ).rejects.toMatchObject({
        failure: 'refused',
        message: expect.stringContaining(host) as string,
      });
    }
  });

  it('does not tell which inner address a name has', async () => {
    const lookup = resolvesTo('10.1.2.3');
    await expect(client({ lookup }).guard.addresses('db.internal.example')).rejects.toMatchObject({
      message:
        'db.internal.example resolves to a private address, which OUTBOUND_ALLOW does not include; no connection was made',
    });
  });

  it.each(['app.localhost', 'app.localhost.', 'LOCALHOST'])(
    'a name of this machine that no resolver knows is loopback: %s',
    async (host) => {
      const lookup: Lookup = (_host, _options, callback) =>
        callback(Object.assign(new Error('unknown'), { code: 'ENOTFOUND' }), []);
      await expect(client({ lookup }).guard.addresses(host)).rejects.toMatchObject({ failure: 'refused' });
      await expect(client({ allow: ['127.0.0.0/8'], lookup }).guard.addresses(host)).resolves.toEqual([
        { address: '127.0.0.1', family: 4 },
      ]);
    },
  );

  it('lets public addresses pass', async () => {
    const { guard } = client({});
    for (const address of ['93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946', '::ffff:93.184.216.34']) {
      expect(() => guard.check(address)).not.toThrow();
    }
    const lookup = resolvesTo('93.184.216.34', '2606:2800:220:1::1');
    await expect(client({ lookup }).guard.addresses('innocent.example')).resolves.toHaveLength(2);
  });

  it('connects to the address that was checked, whatever the name says next', async () => {
    const url = await serve((_, response) => response.end('here'));
    let asked = 0;
    const lookup: Lookup = (_host, _options, callback) => {
      asked += 1;
      callback(null, [{ address: asked === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }]);
    };
    const { port } = new URL(url);
    const response = await client({ allow: ['127.0.0.0/8'], lookup }).fetch(
      `http://rebinds.example:${port}/`,
    );
    expect(await response.text()).toBe('here');
    expect(asked).toBe(1);
  });

  it('opens what OUTBOUND_ALLOW names, and nothing else', async () => {
    const { outboundAllow } = readSettings({ OUTBOUND_ALLOW: '127.0.0.0/8, fd00::/8' });
    const { guard } = client({ allow: outboundAllow });
    for (const address of ['127.9.9.9', '::ffff:127.0.0.1', 'fd12::1']) {
      expect(() => guard.check(address)).not.toThrow();
    }
    expect(() => guard.check('10.0.0.1')).toThrow('10.0.0.1 is a private address');
    expect(() => guard.check('::1')).toThrow('loopback');
  });

  it.each(['localhost', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/x', '::1/129', '0x7f.1/8'])(
    'does not take %s for a CIDR',
    (entry) => {
      expect(() => parseAllowList(`127.0.0.1,${entry}`)).toThrow(entry);
      expect(() => readSettings({ OUTBOUND_ALLOW: entry })).toThrow('OUTBOUND_ALLOW: expected CIDRs');
    },
  );
});

describe('Redirects', () => {
  const redirect = (location: string, status = 302): Promise<string> =>
    serve((_, response) => response.writeHead(status, { location }).end());

  it('are checked as the first URL was', async () => {
    const url = await redirect('http://10.0.0.1/');
    await expect(client().fetch(url)).rejects.toMatchObject({ failure: 'refused' });
    const resolved = await redirect('http://inside.example/');
    const lookup = resolvesTo('192.168.0.1');
    await expect(client({ allow: ['127.0.0.0/8'], lookup }).fetch(resolved)).rejects.toMatchObject({
      failure: 'refused',
    });
    await expect(client().fetch(await redirect('file:///etc/passwd'))).rejects.toThrow('scheme file:');
  });

  it('end after a few', async () => {
    const url = await serve((request, response) =>
      response.writeHead(302, { location: `${request.url}x` }).end(),
    );
    await expect(client().fetch(url)).rejects.toThrow('more than 3 times');
  });

  it('do not carry credentials to another origin', async () => {
    const seen: IncomingMessage['headers'][] = [];
    const other = await serve((request, response) => {
      seen.push(request.headers);
      response.end('other');
    });
    const url = await serve((request, response) => {
      seen.push(request.headers);
      response.writeHead(307, { location: request.url === '/near' ? '/far' : other }).end();
    });
    const headers = { authorization: 'Bearer s', cookie: 'k=s', 'x-api-key': 's', accept: 'text/plain' };
    await client().fetch(`${url}/near`, { headers });
    expect(seen[1]).toMatchObject(headers);
    expect(seen[2]).toMatchObject({ accept: 'text/plain' });
    for (const name of ['authorization', 'cookie', 'x-api-key']) expect(seen[2]).not.toHaveProperty(name);
  });

  it('repeat a POST only where the status says so', async () => {
    const bodies: string[] = [];
    const target = await serve((request, response) => {
      request.on('data', (chunk: Buffer) => bodies.push(`${request.method} ${chunk}`));
      request.on('end', () => response.end());
    });
    await client().fetch(await redirect(target, 308), { method: 'POST', body: 'hi' });
    expect(bodies).toEqual(['POST hi']);
    const turned = client().fetch(await redirect(target, 302), { method: 'POST', body: 'hi' });
    await expect(turned).rejects.toMatchObject({ failure: 'redirect' });
    expect(bodies).toHaveLength(1);
  });
});

describe('Limits', () => {
  it('end a wait for the head of an answer', async () => {
    const url = await serve(() => {});
    await expect(client().fetch(url, { limits: { headersMs: 100 } })).rejects.toMatchObject({
      failure: 'timeout',
      message: `${url} did not answer within 100 ms`,
    });
  });

  it('end a wait for the next byte', async () => {
    const url = await serve((_, response) => void response.write('half'));
    const response = await client().fetch(url, { limits: { idleMs: 100 } });
    await expect(response.text()).rejects.toMatchObject({ failure: 'timeout' });
  });

  it('end an answer that is too large, also one that was small before it was decompressed', async () => {
    const limits = { maxBytes: 100_000 };
    const large = await serve((_, response) => response.end('x'.repeat(100_001)));
    await expect((await client().fetch(large, { limits })).text()).rejects.toMatchObject({
      failure: 'too-large',
    });
    const bomb = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(10_000_000))),
    );
    await expect((await client().fetch(bomb, { limits })).text()).rejects.toMatchObject({
      failure: 'too-large',
    });
    const fits = await serve((_, response) => response.end('x'.repeat(100_000)));
    expect(await (await client().fetch(fits, { limits })).text()).toHaveLength(100_000);
  });

  it('let the caller end it at any moment, and free the connection', async () => {
    let closed = 0;
    const url = await serve((request, response) => {
      request.on('close', () => {
        closed += 1;
      });
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    });
    const abort = new AbortController();
    const response = await client().fetch(url, { signal: abort.signal });
    const body = response.text();
    abort.abort(new Error('enough'));
    await expect(body).rejects.toThrow();
    expect(closed).toBeLessThanOrEqual(1);
    await expect(client().fetch(url, { signal: abort.signal })).rejects.toThrow('enough');
  });

  it('tell a broken connection from others', async () => {
    const url = await serve((request) => request.socket.destroy());
    await expect(client().fetch(`${url}/path?key=secret`)).rejects.toMatchObject({
      failure: 'network',
      message: expect.not.stringContaining('secret') as string,
    });
  });
});
