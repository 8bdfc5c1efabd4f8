import { readSettings, SETTINGS } from '../../src/config/settings';

describe('readSettings', () => {
  it('has defaults', () => {
    expect(readSettings({})).toEqual({
      port: 4000,
      grpcPort: 4001,
      host: '127.0.0.1',
      dataDir: '.data',
      agentsFile: 'agents.yaml',
      publicUrl: undefined,
      codecServerOrigins: [],
      maxBodyBytes: 10 * 1024 * 1024,
      readCacheBytes: 64 * 1024 * 1024,
      corsOrigins: [],
      quotaRequestsPerSecond: 'off',
      quotaBytesPerMinute: 'off',
      quotaOpenStreams: 1_000,
      quotaOpenTasks: 'off',
      quotaWebhooks: 'off',
      nexus: false,
      allowAnonymous: false,
      logLevel: 'info',
      metricsHost: '127.0.0.1',
      metricsPort: 'off',
      outboundAllow: [],
      payloadStorageThreshold: 65_536,
      pushRetryFor: 86_400_000,
      shutdownGrace: 3_000,
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
        'MAX_BODY_BYTES: expected a number of bytes from 1024 to 1073741824, got "10MB"',
        'ALLOW_ANONYMOUS: expected "true" or "false", got "perhaps"',
        'PUBLIC_URL: expected an http or https URL, such as https://agents.example.com, got "file:///x"',
        '--log-level: expected one of trace, debug, info, warn, error, silent, got "loud"',
        '--temporal-address: expected host:port without http://, such as localhost:7233, got "localhost"',
      ].join('\n'),
    );
  });

  it('shows nothing of what may be a secret', () => {
    const env = {
      CALLBACK_SECRET: 'hunter2',
      PUSH_SIGNING_KEY: '-----BEGIN PRIVATE KEY-----',
      ENCRYPTION_KEYS: 'hunter2',
      PUSH_SEALING_KEYS: 'a=hunter2',
    };
    expect(() => readSettings(env)).toThrow(
      [
        'CALLBACK_SECRET: expected at least 16 characters, got something else',
        'PUSH_SIGNING_KEY: expected file:PATH or env:NAME, got something else',
        'PUSH_SEALING_KEYS: expected ID=file:PATH or ID=env:NAME, several of them separated by commas, got something else',
        'ENCRYPTION_KEYS: expected ID=file:PATH or ID=env:NAME, several of them separated by commas, got something else',
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
