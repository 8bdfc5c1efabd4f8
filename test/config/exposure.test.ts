import { assertSafeToServe, assertSafeToSign, servedNames } from '../../src/config/exposure';
import { makeAgent } from '../api/harness';

describe('assertSafeToServe', () => {
  const open = { id: 'open' };
  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('serves %s', (host) => {
    expect(() => assertSafeToServe({ host, allowAnonymous: false }, [open])).not.toThrow();
  });

  it.each(['0.0.0.0', '::', '192.168.1.5', '127.evil.example', 'agents.example.com'])(
    'refuses %s unless told otherwise',
    (host) => {
      expect(() => assertSafeToServe({ host, allowAnonymous: false }, [open])).toThrow(/--allow-anonymous/);
      expect(() => assertSafeToServe({ host, allowAnonymous: true }, [open])).not.toThrow();
    },
  );
});

describe('assertSafeToSign', () => {
  const publicUrl = 'https://agents.example.com';
  it('lets callers choose no URL that is signed', () => {
    expect(() => assertSafeToSign({ host: '0.0.0.0', publicUrl: undefined })).toThrow(/set PUBLIC_URL/);
    expect(() => assertSafeToSign({ host: '0.0.0.0', publicUrl })).not.toThrow();
    expect(() => assertSafeToSign({ host: '127.0.0.1', publicUrl: undefined })).not.toThrow();
  });
});

describe('servedNames', () => {
  const open = {};
  const asks = makeAgent({ authentication: { apiKeys: [{ owner: 'a', values: ['env:KEY'] }] } });
  const local = { host: '127.0.0.1', allowAnonymous: false };
  const publicUrl = 'https://agents.example.com:8443/x';

  it.each([
    ['those of this machine, where an agent asks nobody', local, [asks, open], []],
    ['that of PUBLIC_URL too', { ...local, publicUrl }, [open], ['agents.example.com']],
    ['any, where every agent asks who calls', local, [asks], undefined],
    ['any, where everybody may call', { ...local, allowAnonymous: true }, [open], undefined],
    ['any, beyond loopback', { ...local, host: '0.0.0.0' }, [open], undefined],
  ])('are %s', (_what, settings, agents, names) => {
    expect(servedNames(settings, agents)).toEqual(names);
  });
});
