import type { Payload, PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';

const KEY = 0x5a;
const ENCODING = 'binary/xor';

const PayloadType = temporal.api.common.v1.Payload;

/** Stands for a codec that encrypts: of what it has encoded nothing can be read without it. */
export class XorCodec implements PayloadCodec {
  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => ({
      metadata: { encoding: Buffer.from(ENCODING) },
      data: xor(PayloadType.encode(payload).finish()),
    }));
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => {
      if (!isEncoded(payload)) return payload;
      const { metadata, data } = PayloadType.decode(xor(payload.data ?? new Uint8Array()));
      return { metadata, data };
    });
  }
}

export function isEncoded({ metadata }: Payload): boolean {
  return Buffer.from(metadata?.encoding ?? '').toString() === ENCODING;
}

function xor(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => byte ^ KEY);
}
