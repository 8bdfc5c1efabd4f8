import { AgentCard, verifyAgentCardSignature } from '@a2a-js/sdk';
import { isObject } from '../../../a2a/is-object';
import type { OutboundClient } from '../../../outbound/outbound-client';
import { assertOk, readJson } from '../wire/http-answer';
import { badCard, type RemoteCard } from './remote-card';

/** Where keys are looked for when a signature does not say. */
const WELL_KNOWN_KEYS = '/.well-known/jwks.json';

const ASYMMETRIC = ['RSA', 'EC', 'OKP'];

type Jwk = Awaited<ReturnType<Parameters<typeof verifyAgentCardSignature>[0]>>;

/**
 * Checks the signatures of a 1.0 card (specification section 8.4): one of them has to be good. Keys come from
 * the origin of the card only, since whoever could change a card could also make it name keys of its own.
 * The signatures of earlier cards were made over another form and count as none.
 * @returns whether the card is signed
 * @throws RemoteFault when it has signatures and none is good
 */
export async function verifySignatures(
  card: RemoteCard,
  cardUrl: string,
  http: OutboundClient,
): Promise<boolean> {
  const { signatures, supportedInterfaces } = card.raw;
  if (!Array.isArray(signatures) || signatures.length === 0 || supportedInterfaces === undefined)
    return false;
  let reason = 'no signature matches the card and its key';
  const keyOf = async (kid: string, jku?: string): Promise<Jwk> => {
    try {
      return await fetchKey(new URL(jku ?? WELL_KNOWN_KEYS, cardUrl), new URL(cardUrl), kid, http);
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
      throw error;
    }
  };
  try {
    await verifyAgentCardSignature(keyOf)(AgentCard.fromJSON(card.raw));
    return true;
  } catch {
    throw badCard(`its signature is not valid (${reason})`);
  }
}

async function fetchKey(url: URL, card: URL, kid: string, http: OutboundClient): Promise<Jwk> {
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
  return key as Jwk;
}
