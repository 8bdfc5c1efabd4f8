import { setTimeout as sleep } from 'node:timers/promises';
import { type Payload, type PayloadCodec, ValueError } from '@temporalio/common';
import { BridgeError } from '../a2a/errors';
import { EncryptionKeyError } from '../contract/encryption-keys';

/** Time in ms that a codec has: most are quick, some ask a key service. */
const CODEC_TIMEOUT_MS = 3_000;

/** A codec has failed, and may work again in a moment. */
export class CodecUnavailable extends BridgeError {
  constructor(message: string, cause: unknown) {
    super('UNAVAILABLE', message, { cause, headers: { 'Retry-After': '2' } });
  }
}

/**
 * Codecs whose failures are {@link CodecUnavailable}: a key service that is away comes back, and until then nobody may
 * take what could not be decoded for what is there. A ValueError of Temporal's stays as it is: by it a codec says that
 * this payload can never be decoded.
 *
 * @param onFailure is told what a codec threw
 */
export function guardCodecs(
  codecs: readonly PayloadCodec[],
  onFailure: (error: unknown) => void = () => {},
): PayloadCodec[] {
  const guard = async (what: string, run: () => Promise<Payload[]>): Promise<Payload[]> => {
    const late = new AbortController();
    try {
      return await Promise.race([run(), timeout(late.signal)]);
    } catch (error) {
      if (error instanceof ValueError) throw error;
      onFailure(error);
      throw new CodecUnavailable(`What ${what} Temporal cannot be ${whyNot(error)}`, error);
    } finally {
      late.abort();
    }
  };
  return codecs.map((codec) => ({
    encode: (payloads, context) => guard('goes to', () => codec.encode(payloads, context)),
    decode: (payloads, context) => guard('comes from', () => codec.decode(payloads, context)),
  }));
}

/** Callers may know which key it is, and not which there are. */
function whyNot(error: unknown): string {
  if (!(error instanceof EncryptionKeyError)) return 'put through its codec now; try again in a moment';
  const key = JSON.stringify(error.keyId.slice(0, 100));
  return `decrypted: this server has no key ${key}, or another key under that ID`;
}

async function timeout(signal: AbortSignal): Promise<never> {
  await sleep(CODEC_TIMEOUT_MS, undefined, { signal }).catch(() => {});
  throw new Error(`the codec did not answer within ${CODEC_TIMEOUT_MS / 1_000} s`);
}
