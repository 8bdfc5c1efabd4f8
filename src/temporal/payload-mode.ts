import type { DataConverter } from '@temporalio/common';
import type { PayloadMode } from '../contract/payload-mode';
import { EncryptionCodec } from './encryption-codec';

/** Where the payloads of clients and workers with this data converter go. */
export function payloadModeOf({
  externalStorage,
  payloadCodecs = [],
}: Pick<DataConverter, 'externalStorage' | 'payloadCodecs'> = {}): PayloadMode {
  if (externalStorage !== undefined) return 'stored';
  // Encryption adds a few bytes to each payload, for which the limit leaves room.
  return payloadCodecs.every((codec) => codec instanceof EncryptionCodec) ? 'inline' : 'coded';
}
