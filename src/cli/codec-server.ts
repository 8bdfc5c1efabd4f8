import type { DataConverter } from '@temporalio/common';
import type { CodecServer } from '../api/codec-server';
import { createAuthenticator } from '../auth/authenticator';
import { authentication } from '../config/authentication';
import { ConfigError } from '../config/config-error';
import type { ServeContext } from './serve-context';

/** Owner of the keys, who is told in the log when one is no longer accepted. */
const OPERATOR = 'operator';

/**
 * The codec server of the settings; undefined unless they say who may use it.
 * @throws ConfigError that names the setting
 */
export function codecServerOf(
  { settings, env, logger }: ServeContext,
  dataConverter: DataConverter | undefined,
): CodecServer | undefined {
  const { codecServerKeys, codecServerIssuer: issuer, codecServerAudience: audience } = settings;
  if ((issuer === undefined) !== (audience === undefined)) {
    throw new ConfigError(['CODEC_SERVER_ISSUER and CODEC_SERVER_AUDIENCE: expected both or neither']);
  }
  if (codecServerKeys === undefined && issuer === undefined) {
    if (settings.codecServerOrigins.length === 0) return undefined;
    throw new ConfigError(['CODEC_SERVER_ORIGINS: expected CODEC_SERVER_KEYS or CODEC_SERVER_ISSUER, too']);
  }
  const values = codecServerKeys?.split(',').map((each) => each.trim());
  const asked = authentication.parse({
    ...(values !== undefined && { apiKeys: [{ owner: OPERATOR, values }] }),
    ...(issuer !== undefined && { jwt: [{ issuer, audience }] }),
  });
  try {
    const authenticate = createAuthenticator([{ authentication: asked }], {
      env,
      warn: (message) => logger.warn(`CODEC_SERVER_KEYS: ${message}`),
    });
    const { payloadCodecs = [] } = dataConverter ?? {};
    return { codecs: payloadCodecs, authenticate, origins: settings.codecServerOrigins };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(
      error.faults.map((fault) => fault.replace(/^authentication:/, 'CODEC_SERVER_KEYS:')),
    );
  }
}
