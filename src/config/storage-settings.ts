import { text, wholeNumber } from './setting-schemas';

/** Where large payloads are stored. */
export type StoragePlace = { directory: string } | { bucket: string; prefix?: string };

/** What PAYLOAD_STORAGE has to be, for its errors. */
export const STORAGE_FORMAT = '"dir:/PATH" or "s3://BUCKET/PREFIX"';

/** Bytes; more small ones than fit into Temporal's 4 MB for one call would be sent at once. */
const LARGEST_THRESHOLD = 64 * 1024;

/** Undefined when the text has another form. */
export function storagePlace(value: string): StoragePlace | undefined {
  const [, directory] = /^dir:(\S.*)$/.exec(value) ?? [];
  if (directory !== undefined) return { directory };
  const [, bucket, prefix] = /^s3:\/\/([a-z0-9][a-z0-9.-]+)(?:\/(.*?))?\/?$/.exec(value) ?? [];
  if (bucket === undefined) return undefined;
  return { bucket, ...(prefix && { prefix }) };
}

/** Settings of the storage of large payloads, of API nodes and workers alike. */
export const STORAGE_SETTINGS = {
  payloadStorage: {
    env: 'PAYLOAD_STORAGE',
    flag: '--payload-storage',
    argument: 'place',
    description:
      'Where large payloads are stored, which Temporal then gets references to: dir:/PATH (shared by all API nodes and workers) or s3://BUCKET/PREFIX',
    schema: text.refine((value) => storagePlace(value) !== undefined, STORAGE_FORMAT).optional(),
  },
  payloadStorageThreshold: {
    env: 'PAYLOAD_STORAGE_THRESHOLD',
    flag: '--payload-storage-threshold',
    argument: 'bytes',
    default: '65536',
    description: 'Size from which on a payload is stored there, 65536 at most',
    schema: wholeNumber(`a number of bytes from 0 to ${LARGEST_THRESHOLD}`, 0, LARGEST_THRESHOLD),
  },
};
