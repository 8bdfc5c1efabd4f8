import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import { distinctOwner } from '../bridge/owner';
import { ASYMMETRIC_ALGORITHMS, type JwtConfig } from '../config/authentication';
import { IssuerKeys, type IssuerKeysOptions } from './issuer-keys';

/** What a token says of its bearer, or why it says nothing. */
export type TokenVerdict = { owner: string } | RefusedToken;

export type RefusedToken =
  /** Why it has expired is told to the caller, too. */
  | { refused: 'invalid' | 'expired'; why: string; owner?: undefined }
  | { refused: 'scopes'; why: string; missing: readonly string[]; owner: string };

type KeyTimes = Pick<IssuerKeysOptions, 'maxAgeMs' | 'cooldownMs' | 'timeoutMs' | 'failureMs'>;

/** Access tokens of the issuers that are trusted (RFC 7519, RFC 9068). */
export class TokenVerifier {
  private readonly issuers: ReadonlyMap<string, { config: JwtConfig; keys: IssuerKeys }>;

  constructor(configs: readonly JwtConfig[], times: KeyTimes = {}) {
    this.issuers = new Map(
      configs.map((config) => {
        const { issuer, jwksUrl } = config;
        return [issuer, { config, keys: new IssuerKeys({ ...times, issuer, jwksUrl }) }];
      }),
    );
  }

  get size(): number {
    return this.issuers.size;
  }

  /** @throws BridgeError UNAVAILABLE when the issuer's keys cannot be fetched */
  async verify(token: string): Promise<TokenVerdict> {
    const trusted = this.issuers.get(issuerOf(token) ?? '');
    if (trusted === undefined) return { refused: 'invalid', why: 'no token of a trusted issuer' };
    const { config, keys } = trusted;
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, keys.keyOf, {
        issuer: config.issuer,
        audience: config.audience,
        algorithms: [...(config.algorithms ?? ASYMMETRIC_ALGORITHMS)],
        clockTolerance: config.clockTolerance ?? '30s',
        requiredClaims: ['exp', 'sub'],
      }));
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      if (error instanceof errors.JWTExpired) return { refused: 'expired', why: 'The token has expired' };
      return { refused: 'invalid', why: error.message };
    }
    if (typeof payload.sub !== 'string' || payload.sub === '') {
      return { refused: 'invalid', why: 'the claim "sub" is not a text' };
    }
    // No issuer holds a "#", so no two pairs make the same owner.
    const whole = `jwt:${config.issuer}#${payload.sub}`;
    const distinct = distinctOwner(whole);
    const owner = distinct === whole ? whole : `jwt:${distinct}`;
    const granted = scopesOf(payload);
    const missing = config.scopes.filter((scope) => !granted.includes(scope));
    if (missing.length > 0) {
      return { refused: 'scopes', why: `the token lacks the scopes ${missing.join(' ')}`, missing, owner };
    }
    return { owner };
  }
}

/** What the token claims, unchecked. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

/** `scope` as RFC 9068 has it, or `scp`, a text or a list, as some issuers do. */
function scopesOf({ scope, scp }: JWTPayload): string[] {
  return [scope, scp].flatMap((claim) => {
    if (typeof claim === 'string') return claim.split(' ');
    return Array.isArray(claim) ? claim.filter((entry) => typeof entry === 'string') : [];
  });
}
