import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/encoding';
import { temporal } from '@temporalio/proto';
import { decryptAesGcm, encryptAesGcm } from './aes-gcm';
import { EncryptionKeyError, type EncryptionKeys } from '../contract/encryption-keys';
import { ENCRYPTED, KEY_ID_METADATA } from '../contract/payload';

const PayloadType = temporal.api.common.v1.Payload;

/**
 * Encrypts payloads with AES-256-GCM, in the format of Temporal's samples in all languages: encoding
 * `binary/encrypted`, the ID of the key in the metadata field `encryption-key-id`, and as data a nonce of 12 bytes, the
 * encrypted payload (protobuf) and a tag of 16 bytes. What is not encrypted is read as it is, so that encryption can be
 * turned on while tasks run.
 */
export class EncryptionCodec implements PayloadCodec {
  constructor(private readonly keys: EncryptionKeys) {}

  async encode(payloads: Payload[]): Promise<Payload[]> {
    const { currentId } = this.keys;
    const key = this.keys.get(currentId);
    return payloads.map((payload) => ({
      metadata: { encoding: encode(ENCRYPTED), [KEY_ID_METADATA]: encode(currentId) },
      data: encryptAesGcm(key, PayloadType.encode(payload).finish()),
    }));
  }

  /** @throws EncryptionKeyError, which names the key that is not there, or is another key under the same ID */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => this.decodeOne(payload));
  }

  private decodeOne(payload: Payload): Payload {
    const { metadata, data } = payload;
    if (textOf(metadata?.encoding) !== ENCRYPTED) return payload;
    const id = textOf(metadata?.[KEY_ID_METADATA]);
    const key = this.keys.get(id);
    let plain: Buffer;
    try {
      plain = decryptAesGcm(key, data ?? new Uint8Array());
    } catch (cause) {
      throw new EncryptionKeyError(
        id,
        'does not decrypt what was encrypted with a key of that ID: it is another key, or the data was changed',
        { cause },
      );
    }
    const { metadata: inner, data: content } = PayloadType.decode(plain);
    return { metadata: inner, data: content };
  }
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return bytes ? decode(bytes) : '';
}

/**
 * The data converter of a program that encrypts: everything is encrypted last, behind the codecs that there are, and
 * messages and stack traces of failures are encrypted too, unless there is a failure converter that decides on them.
 */
export function encryptedDataConverter(
  keys: EncryptionKeys,
  dataConverter: DataConverter = {},
): DataConverter {
  return {
    failureConverterPath: FAILURE_CONVERTER,
    ...dataConverter,
    payloadCodecs: [...(dataConverter.payloadCodecs ?? []), new EncryptionCodec(keys)],
  };
}

/** Module of the failure converter that puts messages and stack traces of failures through the codecs. */
export const FAILURE_CONVERTER = require.resolve('./failure-converter');
