import { type ExternalStorage, type Payload, StorageDriverClaim } from '@temporalio/common';
import { decodeReferencePayload, ExternalStorageRunner } from '@temporalio/common/lib/internal-non-workflow';
import { BridgeError } from '../a2a/errors';
import { isStorageReference } from '../contract/payload';
import { StoredPayloadError } from './stored-payload';

/** Time in ms that a storage has for one payload. */
const TIMEOUT_MS = 30_000;

/** The payload, or a reference to it when it is large enough for the storage that there may be. */
export async function toStorage(
  storage: ExternalStorage | undefined,
  payload: Payload,
  { namespace, workflowId }: { namespace: string; workflowId?: string | undefined },
): Promise<Payload> {
  if (storage === undefined) return payload;
  const target = {
    kind: 'workflow',
    namespace,
    ...(workflowId !== undefined && { id: workflowId }),
  } as const;
  const options = { target, abortSignal: AbortSignal.timeout(TIMEOUT_MS) };
  const [stored] = await guard(() => new ExternalStorageRunner(storage).store([payload], options));
  return stored ?? payload;
}

/**
 * What a payload refers to; itself when it is no reference, and when there is no storage with the driver that it names.
 * @throws StoredPayloadError when it is gone for good
 * @throws BridgeError UNAVAILABLE when the storage cannot be read now
 */
export async function fromStorage(storage: ExternalStorage | undefined, payload: Payload): Promise<Payload> {
  if (storage === undefined || !isStorageReference(payload)) return payload;
  const { driverName, claimData } = referenceIn(payload);
  const driver = storage.getDriver(driverName);
  if (driver === null) return payload;
  const context = { abortSignal: AbortSignal.timeout(TIMEOUT_MS) };
  const [found] = await guard(() => driver.retrieve(context, [new StorageDriverClaim(claimData)]));
  return found ?? payload;
}

function referenceIn(payload: Payload) {
  try {
    return decodeReferencePayload(payload);
  } catch (cause) {
    throw new StoredPayloadError('the reference to external storage is malformed', { cause });
  }
}

async function guard<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof StoredPayloadError) throw error;
    throw new BridgeError(
      'UNAVAILABLE',
      'The storage of large payloads cannot be reached; try again in a moment',
      {
        cause: error,
        headers: { 'Retry-After': '2' },
      },
    );
  }
}
