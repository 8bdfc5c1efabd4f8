import { type FlattenedJWSInput, flattenedVerify, type JWK } from 'jose';
import { canonicalJson, withoutEmpty } from '../../../a2a/canonical-json';
import { isObject } from '../../../a2a/is-object';
import type { OutboundClient } from '../../../outbound/outbound-client';
import { assertOk, readJson } from '../wire/http-answer';
import { badCard, type RemoteCard } from './remote-card';

/** Where keys are looked for when a signature does not say. */
const WELL_KNOWN_KEYS = '/.well-known/jwks.json';

const ASYMMETRIC = ['RSA', 'EC', 'OKP'];

/**
 * Checks the signatures of a 1.0 card (specification section 8.4): one of them has to be good. Keys come from
 * the origin of the card only, since whoever could change a card could also make it name keys of its own.
 * The signatures of earlier cards were made over another form and count as none.
 * @returns whether the card, all of it, is signed
 * @throws RemoteFault when it has signatures and none is good
 */
export async function verifySignatures(
  card: RemoteCard,
  cardUrl: string,
  http: OutboundClient,
): Promise<boolean> {
  const { signatures, ...signed } = card.raw;
  if (!Array.isArray(signatures) || signatures.length === 0 || signed.supportedInterfaces === undefined)
    return false;
  let reason = 'no signature matches the card and its key';
  const keys = new Map<string, Promise<JWK>>();
  const keyOf = (kid: string, jku: string): Promise<JWK> => {
    const id = `${jku} ${kid}`;
    const known = keys.get(id);
    if (known !== undefined) return known;
    const key = fetchKey(new URL(jku, cardUrl), new URL(cardUrl), kid, http);
    key.catch((error: Error) => {
      reason = error.message;
    });
    keys.set(id, key);
    return key;
  };
  for (const signature of signatures.filter(isObject)) {
    const isGood = async (payload: unknown): Promise<boolean> => {
      try {
        await verify(signature, canonicalJson(payload), keyOf);
        return true;
      } catch {
        return false;
      }
    };
    // As it is served, or without what is empty, which signers leave out.
    if ((await isGood(signed)) || (await isGood(withoutEmpty(signed)))) return true;
    const { securitySchemes, ...rest } = signed;
    // Up to 1.3.0 the official SDK for JavaScript leaves them out of what it signs.
    if (securitySchemes !== undefined && (await isGood(withoutEmpty(rest)))) return false;
  }
  throw badCard(`its signature is not valid (${reason})`);
}

/** @throws unless this is a signature of the payload */
async function verify(
  { protected: header, signature }: Record<string, unknown>,
  payload: string,
  keyOf: (kid: string, jku: string) => Promise<JWK>,
): Promise<void> {
  const jws = { protected: header, signature, payload: base64url(payload) } as FlattenedJWSInput;
  await flattenedVerify(jws, ({ kid, jku = WELL_KNOWN_KEYS }) => {
    if (typeof kid !== 'string' || typeof jku !== 'string') throw new Error('it names no key');
    return keyOf(kid, jku);
  });
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}

async function fetchKey(url: URL, card: URL, kid: string, http: OutboundClient): Promise<JWK> {
  if (url.origin !== card.origin)
    throw new Error(`its keys are at ${url.origin}, not at the origin of the card`);
  const response = await http.fetch(url, {
    limits: { maxBytes: 256 * 1024, headersMs: 10_000, idleMs: 10_000 },
  });
  await assertOk(response, 'getting the keys of its card');
  const set = await readJson(response);
  const keys = isObject(set) && Array.isArray(set.keys) ? set.keys.filter(isObject) : [];
  const key = keys.find((known) => known.kid === kid && ASYMMETRIC.includes(String(known.kty)));
  if (key === undefined) throw new Error('its key is not among the keys of the origin');
  return key as JWK;
}
