import { ExternalStorage, type Payload, type StorageDriver, StorageDriverClaim } from '@temporalio/common';
import { encodeReferencePayload } from '@temporalio/common/lib/internal-non-workflow';
import type { StoragePlace } from '../config/storage-settings';
import { STORED_FROM_BYTES } from '../contract/payload-mode';
import { DirectoryDriver } from './directory-driver';
import { S3Driver } from './s3-driver';

/** The driver of a place. */
export function driverOf(place: StoragePlace): DirectoryDriver | S3Driver {
  return 'directory' in place ? new DirectoryDriver(place.directory) : new S3Driver(place);
}

/**
 * Keeps payloads out of Temporal that are as large as the threshold, in bytes; 64 KB unless set, and at most, since many
 * that are smaller add up to more than the 4 MB that Temporal takes in one call.
 * @throws Error when references cannot be written here
 */
export function externalStorage(
  driver: StorageDriver,
  payloadSizeThreshold = STORED_FROM_BYTES,
): ExternalStorage {
  assertReferences();
  return new ExternalStorage({ drivers: [driver], payloadSizeThreshold });
}

/**
 * The SDK writes references with protobufjs, which works only when it and its types share one copy of it.
 * @throws Error that says what to do
 */
export function assertReferences(): void {
  let reference: Payload;
  try {
    reference = encodeReferencePayload({
      driverName: 'probe',
      claim: new StorageDriverClaim({ key: 'probe' }),
      sizeBytes: 1,
    });
  } catch (cause) {
    throw new Error(
      "Temporal's SDK cannot write references to external storage here: two copies of protobufjs 8 are installed, or " +
        'another version. Run "npm ls protobufjs", and "npm dedupe" or "npm install protobufjs@8".',
      { cause },
    );
  }
  if (!reference.data?.length)
    throw new Error("Temporal's SDK has written an empty reference to external storage");
}
