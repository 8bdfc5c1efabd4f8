// The codec of the workers with `codec: true`, for the bridge: DATA_CONVERTER names this module.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { Payload } = require('@temporalio/proto').temporal.api.common.v1;

export const ENCODING = 'binary/shifted';

/** Stands for encryption: each byte of a payload is one more than it was. */
class ShiftCodec {
  async encode(payloads) {
    return payloads.map((payload) => ({
      metadata: { encoding: Buffer.from(ENCODING) },
      data: shifted(Payload.encode(payload).finish(), 1),
    }));
  }

  async decode(payloads) {
    return payloads.map((payload) => {
      const encoding = Buffer.from(payload.metadata?.encoding ?? '').toString();
      return encoding === ENCODING ? Payload.decode(shifted(payload.data, -1)) : payload;
    });
  }
}

function shifted(data, by) {
  return Uint8Array.from(data, (byte) => byte + by);
}

export const dataConverter = { payloadCodecs: [new ShiftCodec()] };
