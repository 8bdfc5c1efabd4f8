import { assertSafeToServe, readSettings, SETTINGS, servedNames } from '../../src/config/settings';
import { makeAgent } from '../api/harness';

describe('readSettings', () => {
  it('has defaults', () => {
    expect(readSettings({})).toEqual({
      port: 4000,
      grpcPort: 4001,
      host: '127.0.0.1',
      dataDir: '.data',
      agentsFile: 'agents.yaml',
      publicUrl: undefined,
      maxBodyBytes: 10 * 1024 * 1024,
      readCacheBytes: 64 * 1024 * 1024,
      nexus: false,
      allowAnonymous: false,
      logLevel: 'info',
      metricsHost: '127.0.0.1',
      metricsPort: 'off',
      outboundAllow: [],
      pushRetryFor: 86_400_000,
      taskQueue: 'temporal-a2a',
      temporalAddress: undefined,
      temporalNamespace: undefined,
      versioningBehavior: 'AUTO_UPGRADE',
      workerHeartbeat: 1_000,
    });
  });

  it('takes a flag before the environment, and the environment before the default; empty is unset', () => {
    const env = { PORT: '4100', HOST: '', ALLOW_ANONYMOUS: 'TRUE', TEMPORAL_ADDRESS: '' };
    expect(readSettings(env)).toMatchObject({ port: 4100, host: '127.0.0.1', allowAnonymous: true });
    expect(readSettings(env, { port: '0' })).toMatchObject({ port: 0 });
  });

  it('names every wrong setting, its value and what is expected', () => {
    const env = {
      PORT: '99999',
      MAX_BODY_BYTES: '10MB',
      ALLOW_ANONYMOUS: 'perhaps',
      PUBLIC_URL: 'file:///x',
    };
    expect(() => readSettings(env, { logLevel: 'loud', temporalAddress: 'localhost' })).toThrow(
      [
        'PORT: expected a port from 0 to 65535, got "99999"',
        'PUBLIC_URL: expected an http or https URL, such as https://agents.example.com, got "file:///x"',
        'MAX_BODY_BYTES: expected a number of bytes from 1024 to 1073741824, got "10MB"',
        'ALLOW_ANONYMOUS: expected "true" or "false", got "perhaps"',
        '--log-level: expected one of trace, debug, info, warn, error, silent, got "loud"',
        '--temporal-address: expected host:port without http://, such as localhost:7233, got "localhost"',
      ].join('\n'),
    );
  });

  it('shows nothing of what may be a secret', () => {
    const env = { CALLBACK_SECRET: 'hunter2', PUSH_SIGNING_KEY: '-----BEGIN PRIVATE KEY-----' };
    expect(() => readSettings(env)).toThrow(
      [
        'CALLBACK_SECRET: expected at least 16 characters, got something else',
        'PUSH_SIGNING_KEY: expected file:PATH or env:NAME, got something else',
      ].join('\n'),
    );
  });

  it('describes every setting once', () => {
    const all = Object.values(SETTINGS);
    expect(new Set(all.map(({ env }) => env)).size).toBe(all.length);
    const flags = all.flatMap((setting) => ('flag' in setting ? [setting.flag] : []));
    expect(new Set(flags).size).toBe(flags.length);
  });
});

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
